/* python_sections_describe.c: what a description says of all sections that were written, as one text.
 *
 * It is long, and mostly what it was: so what was said of each is kept, and all of it in one piece. */
#include "python_sections.h"

enum { KEPT = 16 << 20 };

/* What is said of one, new. `how`: what is always said (bytes); the section's name and instance id (a tuple), by which
 * the state is asked; or whatever else says it, given the size of the body. */
static PyObject *text_of(const Section *section, PyObject *how)
{
    if (PyBytes_Check(how))
        return Py_NewRef(how);
    if (!PyTuple_Check(how))
        return PyObject_CallFunction(how, "n", section->end - section->start - section->header_size);
    PyObject *name;
    unsigned int instance_id;
    if (!PyArg_ParseTuple(how, "UI", &name, &instance_id))
        return NULL;
    return vms_state_text(section->state, name, instance_id);
}

static bool same(PyObject *a, PyObject *b)
{
    if (a == b || !a || !b)
        return a == b;
    Py_ssize_t size = PyBytes_Size(a);
    return size == PyBytes_Size(b) && !memcmp(PyBytes_AsString(a), PyBytes_AsString(b), (size_t)size);
}

/* Asks for what is said of one, and keeps that. Does it differ from the last time? -1 with an exception. */
static int ask(Section *section, PyObject *how)
{
    PyObject *text = NULL;
    if (section->start >= 0) {
        text = text_of(section, how);
        if (text && !PyBytes_Check(text)) {
            PyErr_SetString(PyExc_TypeError, "a description is bytes");
            Py_CLEAR(text);
        }
        if (!text)
            return -1;
    }
    if (same(section->text, text)) {
        Py_XDECREF(text);
        return 0;
    }
    vms_replace(&section->text, text);
    return 1;
}

static PyObject *join(const Sections *self)
{
    Py_ssize_t total = 0, texts = 0;
    PyObject *last = NULL;
    for (Py_ssize_t i = 0; i < self->count; i++)
        if (self->items[i].text) {
            last = self->items[i].text;
            total += PyBytes_Size(last) + 2 * (texts++ > 0);
        }
    if (texts == 1)
        return Py_NewRef(last);
    PyObject *joined = PyBytes_FromStringAndSize(NULL, total);
    if (!joined)
        return NULL;
    char *start = PyBytes_AsString(joined), *at = start;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *text = self->items[i].text;
        if (!text)
            continue;
        if (at > start) {
            memcpy(at, ", ", 2);
            at += 2;
        }
        size_t size = (size_t)PyBytes_Size(text);
        memcpy(at, PyBytes_AsString(text), size);
        at += size;
    }
    return joined;
}

static PyObject *describe_all(Sections *self, PyObject *how)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        int differs = ask(&self->items[i], PyTuple_GetItem(how, i));
        if (differs)
            Py_CLEAR(self->joined);
        if (differs < 0) {
            self->failed = i;
            return NULL;
        }
    }
    if (self->joined)
        return Py_NewRef(self->joined);
    PyObject *joined = join(self);
    if (joined && PyBytes_Size(joined) <= KEPT)
        self->joined = Py_NewRef(joined);
    return joined;
}

PyObject *vms_sections_describe(PyObject *op, PyObject *how)
{
    Sections *self = (Sections *)op;
    if (!PyTuple_Check(how) || PyTuple_Size(how) != self->count) {
        PyErr_SetString(PyExc_TypeError, "a tuple that says of each section how it is described");
        return NULL;
    }
    if (vms_sections_begin(self))
        return NULL;
    PyObject *described = describe_all(self, how);
    self->busy = false;
    return described;
}
