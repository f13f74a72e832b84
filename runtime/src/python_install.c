/* python_install.c: the native types, made once and put into the namespace of vmstate._types. */
#include "python_types.h"

PyTypeObject *vms_memory_type, *vms_window_type, *vms_layout_type, *vms_binding_type, *vms_state_type, *vms_elements_type,
    *vms_integer_type, *vms_array_type, *vms_struct_type, *vms_reader_type, *vms_writer_type,
    *vms_sections_type, *vms_texts_type;
PyObject *vms_str_binding, *vms_refusal, *vms_parts;

static int add_type(PyObject *namespace, const char *name, PyType_Spec *spec, PyTypeObject **type)
{
    if (!*type)
        *type = (PyTypeObject *)PyType_FromSpec(spec);
    return !*type || PyDict_SetItemString(namespace, name, (PyObject *)*type);
}

/* `namespace` is the address of a dict with `refusal`, which makes exceptions, and `parts`, a dict of what is written in
 * Python. Non-zero: it failed, with a Python
 * exception printed, for there is no way to raise one through here. */
int vms_python_install(void *address)
{
    PyObject *namespace = (PyObject *)address;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *refusal = PyDict_GetItemString(namespace, "refusal");
    vms_replace(&vms_refusal, Py_XNewRef(refusal));
    PyObject *parts = PyDict_GetItemString(namespace, "parts");
    vms_replace(&vms_parts, Py_XNewRef(parts));
    if (!vms_str_binding)
        vms_str_binding = PyUnicode_InternFromString("__binding__");
    int failed = !refusal || !parts || !vms_str_binding
                 || add_type(namespace, "Memory", &vms_memory_spec, &vms_memory_type)
                 || add_type(namespace, "Window", &vms_window_spec, &vms_window_type)
                 || add_type(namespace, "Layout", &vms_layout_spec, &vms_layout_type)
                 || add_type(namespace, "Binding", &vms_binding_spec, &vms_binding_type)
                 || add_type(namespace, "State", &vms_state_spec, &vms_state_type)
                 || add_type(namespace, "Elements", &vms_elements_spec, &vms_elements_type)
                 || add_type(namespace, "integer", &vms_integer_spec, &vms_integer_type)
                 || add_type(namespace, "array", &vms_array_spec, &vms_array_type)
                 || add_type(namespace, "struct", &vms_struct_spec, &vms_struct_type)
                 || add_type(namespace, "Reader", &vms_reader_spec, &vms_reader_type)
                 || add_type(namespace, "Writer", &vms_writer_spec, &vms_writer_type)
                 || add_type(namespace, "Sections", &vms_sections_spec, &vms_sections_type)
                 || add_type(namespace, "Texts", &vms_texts_spec, &vms_texts_type);
    if (PyErr_Occurred())
        PyErr_Print();
    PyGILState_Release(gil);
    return failed;
}
