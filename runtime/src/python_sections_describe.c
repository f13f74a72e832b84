/* python_sections_describe.c: what a description says of the sections that were written, a text for each.
 *
 * They are long, and mostly what they were: the states keep them, and nothing here joins or copies them. */
#include "python_sections.h"
#include "python_texts.h"

/* Its name and instance id, by which the state is asked. */
static PyObject *ask_state(State *state, PyObject *section)
{
    PyObject *name = PyTuple_Size(section) == 2 ? PyTuple_GetItem(section, 0) : NULL;
    if (!name || !PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "a section is described by its name and its instance id");
        return NULL;
    }
    unsigned long instance_id = PyLong_AsUnsignedLong(PyTuple_GetItem(section, 1));
    if (instance_id == (unsigned long)-1 && PyErr_Occurred())
        return NULL;
    return vms_state_text(state, name, instance_id, state->layout->device->version);
}

/* What is said of one. `how`: what is always said (bytes); the section's name and instance id (a tuple); or whatever else
 * says it, given the size of the body. */
static PyObject *text_of(const Section *section, PyObject *how, Py_ssize_t size)
{
    if (PyBytes_Check(how))
        return Py_NewRef(how);
    return PyTuple_Check(how) ? ask_state(section->state, how) : PyObject_CallFunction(how, "n", size);
}

static int describe_all(Sections *self, PyObject *how, Texts *texts)
{
    Py_ssize_t start = 0;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        const Section *section = &self->items[i];
        Py_ssize_t end = section->end;
        if (end < 0)
            continue;
        self->failed = i;
        PyObject *text = text_of(section, PyTuple_GetItem(how, i), end - start - section->header_size);
        int failed = !text || vms_texts_append(texts, text);
        Py_XDECREF(text);
        if (failed)
            return -1;
        start = end + section->footer_size;
    }
    self->failed = -1;
    return 0;
}

PyObject *vms_sections_describe(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    Sections *self = (Sections *)op;
    if (count != 2 || !PyTuple_Check(args[0]) || PyTuple_Size(args[0]) != self->count || Py_TYPE(args[1]) != vms_texts_type) {
        PyErr_SetString(PyExc_TypeError, "a tuple that says of each section how it is described, and Texts");
        return NULL;
    }
    if (vms_sections_begin(self))
        return NULL;
    int failed = describe_all(self, args[0], (Texts *)args[1]);
    self->busy = false;
    return failed ? NULL : Py_NewRef(Py_None);
}
