/* python_parts.c: what is written in Python: bitmaps, and the outside of maps. */
#include "python_types.h"

PyObject *vms_python_part(const char *name)
{
    PyObject *part = PyDict_GetItemString(vms_parts, name);
    if (!part)
        PyErr_Format(PyExc_SystemError, "vmstate has no %s", name);
    return part;
}

static size_t bits_in_use(const Field *field, const State *state)
{
    const vms_python_member *member = field->member;
    if (!member->count || member->rank > 1)
        return member->bits;
    int64_t used = member->count(state->data);
    return used < 0 || (uint64_t)used > member->bits ? member->bits : (size_t)used;
}

/* Of arrays of bitmaps, how many of the outermost are in use. */
static size_t rows_in_use(const Field *field, const State *state)
{
    return field->member->rank > 1 ? vms_extent_of(field, state->data).count : 1;
}

/* Lengths of the arrays around the bitmaps, without the words. */
static PyObject *shape_of(const Field *field, const State *state)
{
    const vms_python_member *member = field->member;
    PyObject *shape = PyTuple_New((Py_ssize_t)member->rank - 1);
    for (size_t i = 0; shape && i + 1 < member->rank; i++) {
        PyObject *length = PyLong_FromSize_t(i ? member->shape[i] : rows_in_use(field, state));
        if (!length)
            Py_CLEAR(shape);
        else
            PyTuple_SetItem(shape, (Py_ssize_t)i, length);
    }
    return shape;
}

PyObject *vms_bitmap_value(Field *field, State *state)
{
    const vms_python_member *member = field->member;
    PyObject *make = vms_python_part("bitmap"), *shape = make ? shape_of(field, state) : NULL, *bitmap = NULL;
    size_t words = (member->rank > 1 ? rows_in_use(field, state) * field->item : field->size) / 8;
    PyObject *view = shape ? vms_window(state->memory, state->data + member->offset, "Q", 8, 1, &words, -1) : NULL;
    if (view)
        bitmap = PyObject_CallFunction(make, "OnO", view, (Py_ssize_t)bits_in_use(field, state), shape);
    Py_XDECREF(view);
    Py_XDECREF(shape);
    return bitmap;
}

int vms_bitmap_assign(Field *field, State *state, PyObject *value)
{
    PyObject *convert = vms_python_part("bitmap_bytes"), *shape = convert ? shape_of(field, state) : NULL;
    PyObject *subject = shape ? vms_subject(field, (vms_place){0, NULL}) : NULL, *bytes = NULL;
    if (subject)
        bytes = PyObject_CallFunction(convert, "OnOO", value, (Py_ssize_t)bits_in_use(field, state), shape, subject);
    int failed = -1;
    if (bytes && PyBytes_Check(bytes) && (size_t)PyBytes_Size(bytes) <= field->size) {
        memcpy(state->data + field->member->offset, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
        failed = 0;
    } else if (bytes) {
        PyErr_SetString(PyExc_SystemError, "a bitmap of another length");
    }
    Py_XDECREF(bytes);
    Py_XDECREF(subject);
    Py_XDECREF(shape);
    return failed;
}
