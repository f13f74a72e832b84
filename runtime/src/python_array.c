/* python_array.c: arrays of integers and buffers: memoryviews, and assignment of all their elements in use. */
#include "python_types.h"

static const char *const formats[] = {
    [VMS_PYTHON_U8] = "B", [VMS_PYTHON_U16] = "H", [VMS_PYTHON_U32] = "I", [VMS_PYTHON_U64] = "Q",
    [VMS_PYTHON_I8] = "b", [VMS_PYTHON_I16] = "h", [VMS_PYTHON_I32] = "i", [VMS_PYTHON_I64] = "q",
    [VMS_PYTHON_BOOL] = "?", [VMS_PYTHON_TIMER] = "q", [VMS_PYTHON_BUFFER] = "B",
    [VMS_PYTHON_F64] = "d",
};

/* Numbers in a block: a memoryview with a share of it. Another block may be there the next time. */
static PyObject *block_value(Field *field, State *state)
{
    const vms_python_member *member = field->member;
    vms_extent extent = vms_extent_of(field, state->data);
    Memory *block = vms_memory_of_block(state->memory, extent.items);
    PyObject *view = block ? vms_window(block, extent.items, formats[member->kind], member->item_size, member->rank,
                                        member->shape, (Py_ssize_t)extent.count)
                           : NULL;
    Py_XDECREF((PyObject *)block);
    return view;
}

PyObject *vms_array_value(Field *field, State *state)
{
    const vms_python_member *member = field->member;
    if (member->storage != VMS_PYTHON_INLINE)
        return block_value(field, state);
    Py_ssize_t used = (Py_ssize_t)vms_extent_of(field, state->data).count;
    PyObject **slot = vms_state_cached(state, field);
    if (!slot)
        return NULL;
    if (*slot) {
        /* Kept, unless it has another length by now, or was released. */
        if (PyObject_Size(*slot) == used)
            return Py_NewRef(*slot);
        PyErr_Clear();
    }
    PyObject *view = vms_window(state->memory, state->data + member->offset, formats[member->kind], member->item_size,
                                member->rank, member->shape, used);
    if (!view)
        return NULL;
    slot = vms_state_cached(state, field);
    if (!slot) {
        Py_DECREF(view);
        return NULL;
    }
    vms_replace(slot, Py_NewRef(view));
    return view;
}

/* Is every element of a buffer in this native format one of the field's, bit for bit? */
static bool same_format(const Field *field, const Py_buffer *buffer)
{
    const char *format = buffer->format ? buffer->format : "B";
    if (*format == '@' || *format == '=')
        format++;
    if (!format[0] || format[1] || (size_t)buffer->itemsize != field->member->item_size)
        return false;
    switch (field->member->kind) {
    case VMS_PYTHON_BOOL: return *format == '?';
    case VMS_PYTHON_F64: return *format == 'd';
    case VMS_PYTHON_U8:
    case VMS_PYTHON_U16:
    case VMS_PYTHON_U32:
    case VMS_PYTHON_U64:
    case VMS_PYTHON_BUFFER: return strchr("BHILQN", *format) != NULL;
    default: return strchr("bhilqn", *format) != NULL;
    }
}

/* How many elements one of the outermost dimension has. */
static Py_ssize_t row_length(const Field *field)
{
    return (Py_ssize_t)(field->item / field->member->item_size);
}

static int wrong_length(const Field *field, vms_place place, Py_ssize_t wanted, Py_ssize_t found)
{
    PyObject *subject = vms_subject(field, place);
    if (subject)
        PyErr_Format(PyExc_ValueError, "%U takes %s%zd elements%s, not %zd", subject,
                     field->member->storage != VMS_PYTHON_INLINE && place.rank == 0 ? "at most " : "", wanted,
                     field->member->count && place.rank == 0 ? " at the moment" : "", found);
    Py_XDECREF(subject);
    return -1;
}

/* "2 x 3", new. */
static PyObject *shape_text(size_t rank, Py_ssize_t first, const Py_ssize_t *shape, const size_t *own)
{
    PyObject *text = PyUnicode_FromFormat("%zd", first);
    for (size_t i = 1; text && i < rank; i++) {
        PyObject *longer = PyUnicode_FromFormat("%U x %zd", text, own ? (Py_ssize_t)own[i] : shape[i]);
        Py_DECREF(text);
        text = longer;
    }
    return text;
}

static int wrong_shape(const Field *field, Py_ssize_t outermost, const Py_buffer *buffer)
{
    const vms_python_member *member = field->member;
    PyObject *subject = vms_subject(field, (vms_place){0, NULL});
    PyObject *own = shape_text(member->rank, outermost, NULL, member->shape);
    PyObject *found = shape_text((size_t)buffer->ndim, buffer->shape[0], buffer->shape, NULL);
    if (subject && own && found)
        PyErr_Format(PyExc_ValueError, "%U takes %U elements, not %U", subject, own, found);
    Py_XDECREF(subject);
    Py_XDECREF(own);
    Py_XDECREF(found);
    return -1;
}

/* 1: converted; 0: it is no buffer of the right kind; -1: refused. */
static int convert_buffer(const Field *field, PyObject *value, uint8_t *to, Py_ssize_t used)
{
    if (!PyObject_CheckBuffer(value))
        return 0;
    Py_buffer buffer;
    if (PyObject_GetBuffer(value, &buffer, PyBUF_FULL_RO)) {
        PyErr_Clear();
        return 0;
    }
    int done = 0;
    const vms_python_member *member = field->member;
    Py_ssize_t wanted = (Py_ssize_t)field->item * used;
    if (same_format(field, &buffer) && !field->narrow && (buffer.ndim == 1 || (size_t)buffer.ndim == member->rank)) {
        bool fits = buffer.len == wanted, alike = true;
        for (int i = 0; buffer.ndim > 1 && i < buffer.ndim; i++)
            alike = alike && buffer.shape[i] == (i ? (Py_ssize_t)member->shape[i] : used);
        if (!alike)
            done = wrong_shape(field, used, &buffer);
        else if (!fits)
            done = wrong_length(field, (vms_place){0, NULL}, wanted / (Py_ssize_t)member->item_size,
                                buffer.len / buffer.itemsize);
        else
            done = PyBuffer_ToContiguous(to, &buffer, buffer.len, 'C') ? -1 : 1;
    }
    PyBuffer_Release(&buffer);
    if (done == 1 && member->kind == VMS_PYTHON_BOOL)
        for (Py_ssize_t i = 0; i < wanted; i++)
            to[i] = to[i] != 0;
    return done;
}

/* Elements one by one, from anything iterable; nested ones for nested arrays. */
static int convert_items(const Field *field, PyObject *value, uint8_t *to, Py_ssize_t used, size_t item, size_t *index,
                         size_t depth)
{
    vms_place place = {depth, index};
    size_t rank = field->member->rank;
    PyObject *items = PyUnicode_Check(value) ? NULL : PySequence_Tuple(value);
    if (!items) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        PyObject *subject = vms_subject(field, place);
        PyObject *type = PyType_GetName(Py_TYPE(value));
        bool owned = field->member->storage != VMS_PYTHON_INLINE && depth == 0;
        if (subject && type)
            PyErr_Format(PyExc_TypeError, "%U takes %s%zd %s, or a buffer of them, not %U", subject,
                         owned ? "at most " : "", owned ? (Py_ssize_t)field->member->shape[0] : used,
                         field->member->kind == VMS_PYTHON_F64 ? "floats" : "integers", type);
        Py_XDECREF(subject);
        Py_XDECREF(type);
        return -1;
    }
    int failed = 0;
    if (PyTuple_Size(items) != used)
        failed = wrong_length(field, place, used, PyTuple_Size(items));
    for (Py_ssize_t i = 0; !failed && i < used; i++) {
        index[depth] = (size_t)i;
        PyObject *element = PyTuple_GetItem(items, i);
        uint8_t *at = to + (size_t)i * item;
        if (depth + 1 < rank) {
            size_t length = field->member->shape[depth + 1];
            failed = convert_items(field, element, at, (Py_ssize_t)length, item / length, index, depth + 1);
        } else {
            failed = vms_integer_convert(field, element, at, (vms_place){depth + 1, index});
        }
    }
    Py_DECREF(items);
    return failed;
}

/* Of the outermost dimension. A flat buffer may have the elements of rows; what is none is refused by who converts it. */
static Py_ssize_t count_of_buffer(const Field *field, const Py_buffer *buffer)
{
    if (buffer->ndim == 0)
        return 0;
    Py_ssize_t row = buffer->ndim == 1 && same_format(field, buffer) ? row_length(field) : 1;
    if (buffer->shape[0] % row == 0)
        return buffer->shape[0] / row;
    PyObject *subject = vms_subject(field, (vms_place){0, NULL});
    if (subject)
        PyErr_Format(PyExc_ValueError, "%U takes rows of %zd elements, which %zd elements are not", subject, row,
                     buffer->shape[0]);
    Py_XDECREF(subject);
    return -1;
}

/* How many elements a value for a block has: of the outermost dimension. -1 with an exception. */
static Py_ssize_t given_count(const Field *field, PyObject **value)
{
    Py_buffer buffer;
    if (PyObject_CheckBuffer(*value) && !PyObject_GetBuffer(*value, &buffer, PyBUF_FULL_RO)) {
        Py_ssize_t count = count_of_buffer(field, &buffer);
        PyBuffer_Release(&buffer);
        if (count >= 0)
            Py_INCREF(*value);
        return count;
    }
    PyErr_Clear();
    /* Once and for all: a generator can be asked only once. What is no sequence is refused by who converts it. */
    PyObject *items = PyUnicode_Check(*value) ? NULL : PySequence_Tuple(*value);
    if (!items && PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
        return -1;
    PyErr_Clear();
    *value = items ? items : Py_NewRef(*value);
    return items ? PyTuple_Size(items) : 0;
}

int vms_array_assign(Field *field, State *state, PyObject *value)
{
    bool owned = field->member->storage != VMS_PYTHON_INLINE;
    Py_ssize_t used = owned ? given_count(field, &value) : (Py_ssize_t)vms_extent_of(field, state->data).count;
    if (used < 0)
        return -1;
    size_t most = field->member->shape[0];
    if (owned && (size_t)used > most) {
        wrong_length(field, (vms_place){0, NULL}, (Py_ssize_t)most, used);
        Py_DECREF(value);
        return -1;
    }
    /* Converted beside the state: it changes as a whole or not at all, and what converting runs may look at it. */
    uint8_t *copy = PyMem_Malloc(owned ? (size_t)used * field->item : field->size);
    int done = -1;
    if (copy)
        done = convert_buffer(field, value, copy, used);
    else
        PyErr_NoMemory();
    if (!done) {
        size_t *index = PyMem_Calloc(field->member->rank, sizeof *index);
        if (!index)
            PyErr_NoMemory();
        /* A memoryview has no views of its rows. */
        PyObject *items = PyMemoryView_Check(value) ? PyObject_CallMethod(value, "tolist", NULL) : Py_NewRef(value);
        done = index && items && !convert_items(field, items, copy, used, field->item, index, 0) ? 1 : -1;
        Py_XDECREF(items);
        PyMem_Free(index);
    }
    if (done == 1 && owned)
        done = vms_block_assign(field, state, copy, (size_t)used) ? -1 : 1;
    else if (done == 1)
        memcpy(state->data + field->member->offset, copy, (size_t)used * field->item);
    PyMem_Free(copy);
    if (owned)
        Py_DECREF(value);
    return done == 1 ? 0 : -1;
}
