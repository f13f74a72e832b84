/* python_layout.c: what an extension says of one struct, checked against the class that is made for it. */
#include "python_types.h"

static int layout_bind_field(Layout *self, PyObject *namespace, size_t index)
{
    const vms_python_member *member = &self->table->members[index];
    PyObject *found = Py_XNewRef(PyDict_GetItemString(namespace, member->name));
    PyTypeObject *wanted = member->kind == VMS_PYTHON_STRUCT ? vms_struct_type
                           : member->rank                    ? vms_array_type
                                                             : vms_integer_type;
    Field *field = (Field *)found;
    if (!found || !Py_IS_TYPE(found, wanted) || field->layout) {
        PyErr_Format(PyExc_ImportError, "%s.%s is not a field of its own: module and extension come from different schemas; "
                     "build both again", self->table->name, member->name);
        Py_XDECREF(found);
        return -1;
    }
    PyObject *name = PyUnicode_InternFromString(member->name);
    if (!name || PyDict_SetItem(self->by_name, name, found)) {
        Py_XDECREF(name);
        Py_DECREF(found);
        return -1;
    }
    size_t total = member->item_size;
    for (size_t i = 0; i < member->rank; i++)
        total *= member->shape[i];
    vms_replace(&field->name, name);
    field->layout = self;
    field->member = member;
    field->index = index;
    field->size = total;
    field->item = member->rank ? total / member->shape[0] : total;
    PyTuple_SetItem(self->fields, (Py_ssize_t)index, found);    /* takes the reference */

    static const struct { int64_t low; uint64_t high; } bounds[] = {
        [VMS_PYTHON_U8] = {0, UINT8_MAX}, [VMS_PYTHON_U16] = {0, UINT16_MAX}, [VMS_PYTHON_U32] = {0, UINT32_MAX},
        [VMS_PYTHON_U64] = {0, UINT64_MAX}, [VMS_PYTHON_I8] = {INT8_MIN, INT8_MAX},
        [VMS_PYTHON_I16] = {INT16_MIN, INT16_MAX}, [VMS_PYTHON_I32] = {INT32_MIN, INT32_MAX},
        [VMS_PYTHON_I64] = {INT64_MIN, INT64_MAX}, [VMS_PYTHON_BOOL] = {0, 1},
        [VMS_PYTHON_TIMER] = {INT64_MIN, INT64_MAX}, [VMS_PYTHON_F64] = {0, 0}, [VMS_PYTHON_BUFFER] = {0, UINT8_MAX},
        [VMS_PYTHON_BITMAP] = {0, 0}, [VMS_PYTHON_STRUCT] = {0, 0},
    };
    int64_t low = bounds[member->kind].low;
    uint64_t high = bounds[member->kind].high;
    if (member->kind == VMS_PYTHON_U64) {
        field->unsigned_low = field->low ? PyLong_AsUnsignedLongLong(field->low) : 0;
        field->unsigned_high = field->high ? PyLong_AsUnsignedLongLong(field->high) : high;
        field->narrow = field->unsigned_low > 0 || field->unsigned_high < high;
    } else {
        int64_t type_high = (int64_t)high;
        field->signed_low = field->low ? PyLong_AsLongLong(field->low) : low;
        field->signed_high = field->high ? PyLong_AsLongLong(field->high) : type_high;
        field->narrow = field->signed_low > low || field->signed_high < type_high;
        if (field->signed_low < low || field->signed_high > type_high)
            PyErr_Format(PyExc_ValueError, "%s.%s: its range is wider than its type", self->table->name, member->name);
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *layout_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    unsigned long long address;
    PyObject *namespace;
    static char *names[] = {"address", "namespace", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KO!:Layout", names, &address, &PyDict_Type, &namespace))
        return NULL;
    const vms_python_class *table = (const vms_python_class *)(uintptr_t)address;
    /* One after the other: of a table of another age only the first number stands where we look. */
    if (table->abi != VMS_PYTHON_ABI || table->cursors != VMS_PYTHON_CURSORS || table->device->abi != VMS_ABI) {
        PyErr_Format(PyExc_ImportError, "this extension was built for another vmstate (interface %u, installed is %u); "
                     "build it again with `vmsgen build`", (unsigned)table->abi, VMS_PYTHON_ABI);
        return NULL;
    }
    Layout *self = (Layout *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self)
        return NULL;
    self->table = table;
    self->device = table->device;
    self->grows = table->device->element != NULL;
    for (size_t i = 0; i < table->hook_count; i++)
        self->grows = self->grows || table->hooks[i].cursor;
    self->by_name = PyDict_New();
    self->fields = PyTuple_New((Py_ssize_t)table->member_count);
    if (!self->by_name || !self->fields)
        goto failed;
    for (size_t i = 0; i < table->member_count; i++)
        if (layout_bind_field(self, namespace, i))
            goto failed;
    return (PyObject *)self;
failed:
    Py_DECREF((PyObject *)self);
    return NULL;
}

static int layout_traverse(PyObject *op, visitproc visit, void *arg)
{
    Layout *self = (Layout *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->fields);
    Py_VISIT(self->by_name);
    return 0;
}

static void layout_dealloc(PyObject *op)
{
    Layout *self = (Layout *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->fields)
        for (Py_ssize_t i = 0; i < PyTuple_Size(self->fields); i++) {
            Field *field = (Field *)PyTuple_GetItem(self->fields, i);
            if (field)
                field->layout = NULL;       /* it may live on in the class's namespace, and refuses from now on */
        }
    Py_CLEAR(self->fields);
    Py_CLEAR(self->by_name);
    Py_CLEAR(self->description);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

static PyObject *layout_get(PyObject *op, void *which)
{
    const vms_python_class *table = ((Layout *)op)->table;
    const vms_device *device = table->device;
    switch (*(const char *)which) {
    case 'n': return PyUnicode_FromString(table->name);
    case 'w': return PyUnicode_FromString(device->name);
    case 'm': return PyLong_FromUnsignedLongLong(device->size_max);
    case 's': return PyLong_FromSize_t(device->state_size);
    case 'v': return Py_BuildValue("(II)", (unsigned)device->minimum_version, (unsigned)device->version);
    case 'd': return PyUnicode_FromString(table->digest);
    case 'c': return PyBool_FromLong(device->save != NULL);
    case 'a': return PyBool_FromLong(device->described_alike);
    case 'f': return Py_NewRef(((Layout *)op)->fields);
    }
    if (*(const char *)which == 'u') {
        PyObject *names = PyTuple_New((Py_ssize_t)table->subsection_count);
        for (size_t i = 0; names && i < table->subsection_count; i++) {
            PyObject *name = PyUnicode_FromString(table->subsections[i]);
            if (!name)
                Py_CLEAR(names);
            else
                PyTuple_SetItem(names, (Py_ssize_t)i, name);
        }
        return names;
    }
    PyObject *hooks = PyTuple_New((Py_ssize_t)table->hook_count);
    for (size_t i = 0; hooks && i < table->hook_count; i++) {
        PyObject *hook = Py_BuildValue("(ss)", table->hooks[i].owner, table->hooks[i].method);
        if (!hook)
            Py_CLEAR(hooks);
        else
            PyTuple_SetItem(hooks, (Py_ssize_t)i, hook);
    }
    return hooks;
}

static PyGetSetDef layout_getset[] = {
    {"name", layout_get, NULL, "in the schema", "n"},
    {"wire_name", layout_get, NULL, "on the wire", "w"},
    {"size_max", layout_get, NULL, "the most bytes that a save makes", "m"},
    {"state_size", layout_get, NULL, "bytes in memory", "s"},
    {"versions", layout_get, NULL, "(oldest, newest) that can be read", "v"},
    {"digest", layout_get, NULL, "16 hex digits of the schema's", "d"},
    {"has_format", layout_get, NULL, "false for a struct without a name: the one around it codes its fields", "c"},
    {"described_alike", layout_get, NULL, "is the description the same whatever the state?", "a"},
    {"fields", layout_get, NULL, "descriptors in schema order", "f"},
    {"subsections", layout_get, NULL, "names by number; nested ones outer/inner", "u"},
    {"hooks", layout_get, NULL, "(chain of element classes, method) of each hook", "h"},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot layout_slots[] = {
    {Py_tp_doc, (void *)"What an extension says of one struct, and the fields of its class."},
    {Py_tp_new, (void *)layout_new},
    {Py_tp_dealloc, (void *)layout_dealloc},
    {Py_tp_traverse, (void *)layout_traverse},
    {Py_tp_getset, (void *)layout_getset},
    {0, NULL},
};

PyType_Spec vms_layout_spec = {
    .name = "vmstate._native.Layout",
    .basicsize = sizeof(Layout),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = layout_slots,
};
