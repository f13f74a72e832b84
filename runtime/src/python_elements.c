/* python_elements.c: arrays of structs as sequences of views, and copying structs into them. */
#include "python_types.h"

static Py_ssize_t length(const Elements *self)
{
    if (!self->count)
        return (Py_ssize_t)self->shape[0];
    int64_t used = self->count(self->owner);
    return used < 0 || (uint64_t)used > self->shape[0] ? (Py_ssize_t)self->shape[0] : (Py_ssize_t)used;
}

static Elements *elements_alloc(Binding *binding, Memory *memory, uint8_t *data, size_t rank, const size_t *shape)
{
    Elements *self = (Elements *)((allocfunc)PyType_GetSlot(vms_elements_type, Py_tp_alloc))(vms_elements_type, 0);
    if (!self)
        return NULL;
    self->binding = (Binding *)Py_NewRef((PyObject *)binding);
    self->memory = (Memory *)Py_NewRef((PyObject *)memory);
    self->data = data;
    self->rank = rank;
    self->shape = shape;
    self->item = binding->layout->device->state_size;
    for (size_t i = 1; i < rank; i++)
        self->item *= shape[i];
    return self;
}

PyObject *vms_elements_new(State *state, const Field *field, Binding *binding)
{
    const vms_python_member *member = field->member;
    Elements *self = elements_alloc(binding, state->memory, state->data + member->offset, member->rank, member->shape);
    if (self) {
        self->count = member->count;
        self->owner = state->data;
    }
    return (PyObject *)self;
}

static PyObject *elements_item(PyObject *op, Py_ssize_t index)
{
    Elements *self = (Elements *)op;
    if (index < 0 || index >= length(self)) {
        PyErr_Format(PyExc_IndexError, "index %zd is outside the %zd elements in use", index, length(self));
        return NULL;
    }
    if (!self->cache) {
        self->cache = PyMem_Calloc(self->shape[0], sizeof self->cache[0]);
        if (!self->cache)
            return PyErr_NoMemory();
    }
    if (!self->cache[index]) {
        uint8_t *at = self->data + (size_t)index * self->item;
        PyObject *made = self->rank > 1
                             ? (PyObject *)elements_alloc(self->binding, self->memory, at, self->rank - 1, self->shape + 1)
                             : (PyObject *)vms_state_at(self->binding, self->memory, at);
        if (!made)
            return NULL;
        if (!self->cache)       /* a collection ran */
            return made;
        vms_replace(&self->cache[index], made);
    }
    return Py_NewRef(self->cache[index]);
}

static Py_ssize_t elements_length(PyObject *op)
{
    return length((Elements *)op);
}

static PyObject *elements_subscript(PyObject *op, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred())
            return NULL;
        return elements_item(op, index < 0 ? index + elements_length(op) : index);
    }
    if (!PySlice_Check(key))
        return PyErr_Format(PyExc_TypeError, "an index or a slice, not %R", key);
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step))
        return NULL;
    Py_ssize_t count = PySlice_AdjustIndices(elements_length(op), &start, &stop, step);
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = elements_item(op, start + i * step);
        if (!item || PyList_Append(list, item))
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static int no_struct(const Field *field, vms_place place, const Layout *layout, PyObject *value)
{
    PyObject *subject = field ? vms_subject(field, place) : PyUnicode_FromString("an element");
    PyObject *type = PyType_GetName(Py_TYPE(value));
    if (subject && type)
        PyErr_Format(PyExc_TypeError, "%U takes %s%s%s, not %U", subject,
                     place.rank < (field ? field->member->rank : 0) ? "a sequence of " : "a ", layout->table->name,
                     " or a mapping of its fields", type);
    Py_XDECREF(subject);
    Py_XDECREF(type);
    return -1;
}

/* Copies a struct of the same layout, or sets the fields that a mapping names. */
int vms_struct_assign(State *state, PyObject *value, const Field *field, vms_place place)
{
    if (PyType_IsSubtype(Py_TYPE(value), vms_state_type) && ((State *)value)->layout == state->layout) {
        memmove(state->data, ((State *)value)->data, state->layout->device->state_size);
        return 0;
    }
    if (PyDict_Check(value))
        return vms_assign(state, value);
    if (PyMapping_Check(value) && PyObject_HasAttrString(value, "keys")) {
        PyObject *dict = PyDict_New();
        int failed = !dict || PyDict_Update(dict, value) || vms_assign(state, dict) ? -1 : 0;
        Py_XDECREF(dict);
        return failed;
    }
    return no_struct(field, place, state->layout, value);
}

static int assign_item(Elements *self, Py_ssize_t index, PyObject *value, const Field *field, vms_place place)
{
    PyObject *item = elements_item((PyObject *)self, index);
    if (!item)
        return -1;
    int failed = self->rank > 1 ? vms_elements_assign((Elements *)item, value, field, place)
                                : vms_struct_assign((State *)item, value, field, place);
    Py_DECREF(item);
    return failed;
}

/* All elements in use, from a sequence; as a whole or not at all. */
int vms_elements_assign(Elements *self, PyObject *value, const Field *field, vms_place place)
{
    PyObject *items = PyUnicode_Check(value) || PyDict_Check(value) ? NULL : PySequence_Tuple(value);
    if (!items) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return no_struct(field, place, self->binding->layout, value);
    }
    Py_ssize_t used = length(self);
    if (PyTuple_Size(items) != used) {
        PyObject *subject = field ? vms_subject(field, place) : PyUnicode_FromString("an array");
        if (subject)
            PyErr_Format(PyExc_ValueError, "%U takes %zd elements, not %zd", subject, used, PyTuple_Size(items));
        Py_XDECREF(subject);
        Py_DECREF(items);
        return -1;
    }
    size_t size = self->shape[0] * self->item;
    uint8_t *undo = PyMem_Malloc(size);
    size_t *index = PyMem_Calloc(place.rank + 1, sizeof *index);
    int failed = 0;
    if (!undo || !index) {
        PyErr_NoMemory();
        failed = -1;
    } else {
        memcpy(undo, self->data, size);
        if (place.rank)
            memcpy(index, place.index, place.rank * sizeof *index);
        for (Py_ssize_t i = 0; !failed && i < used; i++) {
            PyObject *item = PyTuple_GetItem(items, i);
            const State *source = (const State *)item;
            index[place.rank] = (size_t)i;
            if (self->rank == 1 && PyType_IsSubtype(Py_TYPE(item), vms_state_type) &&
                source->layout == self->binding->layout && source->memory == self->memory &&
                source->data >= self->data && source->data < self->data + size)
                /* One of our own, which may have been overwritten already. */
                memcpy(self->data + (size_t)i * self->item, undo + (source->data - self->data), self->item);
            else
                failed = assign_item(self, i, item, field, (vms_place){place.rank + 1, index});
        }
        if (failed)
            memcpy(self->data, undo, size);
    }
    PyMem_Free(undo);
    PyMem_Free(index);
    Py_DECREF(items);
    return failed;
}

static int elements_set(PyObject *op, PyObject *key, PyObject *value)
{
    if (!PyIndex_Check(key) || !value) {
        PyErr_SetString(PyExc_TypeError, "elements are set one at a time, by an index, and cannot be deleted");
        return -1;
    }
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred())
        return -1;
    return assign_item((Elements *)op, index < 0 ? index + elements_length(op) : index, value, NULL, (vms_place){0, NULL});
}

static PyObject *elements_compare(PyObject *op, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || !PySequence_Check(other) || PyUnicode_Check(other))
        Py_RETURN_NOTIMPLEMENTED;
    PyObject *a = PySequence_List(op), *b = PySequence_List(other);
    PyObject *answer = a && b ? PyObject_RichCompare(a, b, operation) : NULL;
    Py_XDECREF(a);
    Py_XDECREF(b);
    return answer;
}

static PyObject *elements_repr(PyObject *op)
{
    PyObject *list = PySequence_List(op);
    PyObject *text = list ? PyObject_Repr(list) : NULL;
    Py_XDECREF(list);
    return text;
}

static int elements_traverse(PyObject *op, visitproc visit, void *arg)
{
    Elements *self = (Elements *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->binding);
    if (self->cache)
        for (size_t i = 0; i < self->shape[0]; i++)
            Py_VISIT(self->cache[i]);
    return 0;
}

static int elements_clear(PyObject *op)
{
    Elements *self = (Elements *)op;
    PyObject **cache = self->cache;
    self->cache = NULL;
    if (cache)
        for (size_t i = 0; i < self->shape[0]; i++)
            Py_XDECREF(cache[i]);
    PyMem_Free(cache);
    return 0;
}

static void elements_dealloc(PyObject *op)
{
    Elements *self = (Elements *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    elements_clear(op);
    Py_XDECREF((PyObject *)self->memory);
    Py_XDECREF((PyObject *)self->binding);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

static PyType_Slot elements_slots[] = {
    {Py_tp_doc, (void *)"An array of structs: a sequence of views of the elements in use."},
    {Py_tp_dealloc, (void *)elements_dealloc},
    {Py_tp_traverse, (void *)elements_traverse},
    {Py_tp_clear, (void *)elements_clear},
    {Py_tp_richcompare, (void *)elements_compare},
    {Py_tp_hash, (void *)PyObject_HashNotImplemented},
    {Py_tp_repr, (void *)elements_repr},
    {Py_sq_length, (void *)elements_length},
    {Py_sq_item, (void *)elements_item},
    {Py_mp_length, (void *)elements_length},
    {Py_mp_subscript, (void *)elements_subscript},
    {Py_mp_ass_subscript, (void *)elements_set},
    {0, NULL},
};

PyType_Spec vms_elements_spec = {
    .name = "vmstate._native.Elements",
    .basicsize = sizeof(Elements),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = elements_slots,
};
