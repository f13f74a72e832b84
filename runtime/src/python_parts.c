/* python_parts.c: what is written in Python: bitmaps, and the outside of maps. */
#include "python_types.h"

PyObject *vms_python_part(const char *name)
{
    PyObject *part = PyDict_GetItemString(vms_parts, name);
    if (!part)
        PyErr_Format(PyExc_SystemError, "vmstate has no %s", name);
    return part;
}

/* Of each bitmap. There need not be memory for them all where it is in a block. */
static size_t bits_in_use(const Field *field, const State *state)
{
    const vms_python_member *member = field->member;
    if (!member->count || member->rank > 1)
        return member->bits;
    int64_t used = member->count(state->data);
    return used < 0 || (uint64_t)used > member->bits ? member->bits : (size_t)used;
}

/* Of a single bitmap in a block, no more than it has words for. */
static size_t bits_there(const Field *field, const State *state, vms_extent extent)
{
    const vms_python_member *member = field->member;
    size_t used = bits_in_use(field, state), most = 64 * extent.count;
    return member->storage == VMS_PYTHON_INLINE || member->rank > 1 || used < most ? used : most;
}

/* Lengths of the arrays around the bitmaps, without the words; `outermost` is that of the outermost one. */
static PyObject *shape_of(const Field *field, size_t outermost)
{
    const vms_python_member *member = field->member;
    PyObject *shape = PyTuple_New((Py_ssize_t)member->rank - 1);
    for (size_t i = 0; shape && i + 1 < member->rank; i++) {
        PyObject *length = PyLong_FromSize_t(i ? member->shape[i] : outermost);
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
    vms_extent extent = vms_extent_of(field, state->data);
    bool owned = member->storage != VMS_PYTHON_INLINE;
    /* A block is looked at with a share of it, taken before anything can run Python: that may put another one there. */
    Memory *memory = owned ? vms_memory_of_block(state->memory, extent.items)
                           : (Memory *)Py_NewRef((PyObject *)state->memory);
    size_t words = (owned || member->rank > 1 ? extent.count * field->item : field->size) / 8;
    PyObject *make = memory ? vms_python_part("bitmap") : NULL, *bitmap = NULL;
    PyObject *shape = make ? shape_of(field, extent.count) : NULL;
    PyObject *view = shape ? vms_window(memory, extent.items, "Q", 8, 1, &words, -1) : NULL;
    if (view)
        bitmap = PyObject_CallFunction(make, "OnO", view, (Py_ssize_t)bits_there(field, state, extent), shape);
    Py_XDECREF(view);
    Py_XDECREF((PyObject *)memory);
    Py_XDECREF(shape);
    return bitmap;
}

int vms_bitmap_assign(Field *field, State *state, PyObject *value)
{
    const vms_python_member *member = field->member;
    bool owned = member->storage != VMS_PYTHON_INLINE;
    PyObject *convert = vms_python_part(owned ? "bitmap_block" : "bitmap_bytes");
    size_t outermost = owned ? member->shape[0] : vms_extent_of(field, state->data).count;
    PyObject *shape = convert ? shape_of(field, outermost) : NULL;
    PyObject *subject = shape ? vms_subject(field, (vms_place){0, NULL}) : NULL, *bytes = NULL;
    Py_ssize_t bits = (Py_ssize_t)bits_in_use(field, state);
    if (subject && owned)
        bytes = PyObject_CallFunction(convert, "OnnOO", value, bits, (Py_ssize_t)member->bits, shape, subject);
    else if (subject)
        bytes = PyObject_CallFunction(convert, "OnOO", value, bits, shape, subject);
    int failed = -1;
    if (bytes && PyBytes_Check(bytes) && owned) {
        const uint8_t *words = (const uint8_t *)PyBytes_AsString(bytes);
        failed = vms_block_assign(field, state, words, (size_t)PyBytes_Size(bytes) / field->item);
    } else if (bytes && PyBytes_Check(bytes) && (size_t)PyBytes_Size(bytes) <= field->size) {
        memcpy(state->data + member->offset, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
        failed = 0;
    } else if (bytes) {
        PyErr_SetString(PyExc_SystemError, "a bitmap of another length");
    }
    Py_XDECREF(bytes);
    Py_XDECREF(subject);
    Py_XDECREF(shape);
    return failed;
}
