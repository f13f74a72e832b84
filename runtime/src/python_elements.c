/* python_elements.c: arrays and lists as sequences of views of their elements, or of numbers that may be missing. */
#include "python_types.h"

static Elements *elements_alloc(PyTypeObject *type, Elements *outer, State *state, Field *field, Binding *binding)
{
    Elements *self = (Elements *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self)
        return NULL;
    self->field = (Field *)Py_NewRef((PyObject *)field);
    self->binding = (Binding *)Py_XNewRef((PyObject *)binding);
    self->around = (Binding *)Py_NewRef((PyObject *)(outer ? outer->around : state->binding));
    return self;
}

static PyTypeObject *type_for(const Field *field)
{
    const vms_python_member *member = field->member;
    PyObject *found = member->there                                            ? vms_python_part("optional")
                      : member->storage == VMS_PYTHON_LIST && field->keyed     ? vms_python_part("entries")
                      : member->storage != VMS_PYTHON_INLINE                   ? vms_python_part("list")
                                                                               : (PyObject *)vms_elements_type;
    if (found && !PyType_IsSubtype((PyTypeObject *)found, vms_elements_type)) {
        PyErr_SetString(PyExc_TypeError, "no kind of Elements");
        return NULL;
    }
    return (PyTypeObject *)found;
}

PyObject *vms_elements_new(State *state, Field *field, Binding *binding)
{
    const vms_python_member *member = field->member;
    PyTypeObject *type = type_for(field);
    Py_INCREF((PyObject *)state->memory);
    Memory *memory = state->memory;
    uint8_t *owner = state->data;
    Elements *self = type ? elements_alloc(type, NULL, state, field, binding) : NULL;
    if (!self) {
        Py_DECREF((PyObject *)memory);
        return NULL;
    }
    self->memory = memory;
    self->owner = owner;
    self->item = field->item;
    if (member->storage == VMS_PYTHON_INLINE)
        self->data = owner + member->offset;
    if (member->there)
        self->there = owner + member->there;
    return (PyObject *)self;
}

/* A row of an array with several dimensions. `memory` is what `data` lies in. */
static PyObject *row(Elements *outer, Memory *memory, uint8_t *data, Py_ssize_t index)
{
    const vms_python_member *member = outer->field->member;
    PyTypeObject *type = member->there ? type_for(outer->field) : vms_elements_type;
    Elements *self = type ? elements_alloc(type, outer, NULL, outer->field, outer->binding) : NULL;
    if (!self)
        return NULL;
    self->memory = (Memory *)Py_NewRef((PyObject *)memory);
    self->owner = outer->owner;
    self->depth = outer->depth + 1;
    self->number = (outer->depth ? outer->number * member->shape[outer->depth] : 0) + (size_t)index;
    self->item = outer->item / member->shape[self->depth];
    self->data = data;
    if (outer->there)
        self->there = outer->there + (size_t)index * (outer->item / member->item_size);
    return (PyObject *)self;
}

PyObject *vms_elements_over(Elements *self, Memory *memory, uint8_t *at)
{
    return self->depth + 1 < self->field->member->rank ? row(self, memory, at, 0)
                                                       : (PyObject *)vms_state_at(self->binding, memory, at);
}

/* Where they are now. The cached views are dropped if they look at another block. */
static vms_extent extent_of(Elements *self)
{
    vms_extent extent = {self->data, self->field->member->shape[self->depth]};
    if (self->depth)
        return extent;
    extent = vms_extent_of(self->field, self->owner);
    if (self->block && self->block->block != extent.items) {
        vms_elements_drop(self);
        extent = vms_extent_of(self->field, self->owner);
    }
    return extent;
}

Py_ssize_t vms_elements_length(PyObject *op)
{
    return (Py_ssize_t)extent_of((Elements *)op).count;
}

void vms_elements_drop(Elements *self)
{
    PyObject **cache = self->cache;
    size_t count = self->cached;
    Memory *block = self->block;
    self->cache = NULL;
    self->cached = 0;
    self->block = NULL;
    for (size_t i = 0; i < count; i++)
        Py_XDECREF(cache[i]);
    PyMem_Free(cache);
    Py_XDECREF((PyObject *)block);
}

static int make_room(Elements *self, vms_extent extent)
{
    if (self->field->member->storage != VMS_PYTHON_INLINE && !self->depth && !self->block) {
        Memory *block = vms_memory_of_block(self->memory, extent.items);
        if (!block)
            return -1;
        self->block = block;
    }
    if (self->cached >= extent.count)
        return 0;
    PyObject **cache = PyMem_Realloc(self->cache, extent.count * sizeof cache[0]);
    if (!cache) {
        PyErr_NoMemory();
        return -1;
    }
    memset(cache + self->cached, 0, (extent.count - self->cached) * sizeof cache[0]);
    self->cache = cache;
    self->cached = extent.count;
    return 0;
}

PyObject *vms_elements_item(PyObject *op, Py_ssize_t index)
{
    Elements *self = (Elements *)op;
    vms_extent extent = extent_of(self);
    if (index < 0 || (size_t)index >= extent.count) {
        PyErr_Format(PyExc_IndexError, "index %zd is outside the %zu elements in use", index, extent.count);
        return NULL;
    }
    bool rows = self->depth + 1 < self->field->member->rank;
    uint8_t *at = extent.items + (size_t)index * self->item;
    if (!rows && self->there && !self->there[index])
        Py_RETURN_NONE;
    if (!rows && !self->binding)
        return vms_integer_value(self->field, at);
    if (make_room(self, extent))
        return NULL;
    if (self->cache[index])
        return Py_NewRef(self->cache[index]);
    Memory *memory = (Memory *)Py_NewRef((PyObject *)(self->block ? self->block : self->memory));
    PyObject *made = rows ? row(self, memory, at, index) : (PyObject *)vms_state_at(self->binding, memory, at);
    /* Making it may have run a collection, and with it anything. */
    if (made && self->cached > (size_t)index && memory == (self->block ? self->block : self->memory))
        vms_replace(&self->cache[index], Py_NewRef(made));
    Py_DECREF((PyObject *)memory);
    return made;
}

static PyObject *elements_subscript(PyObject *op, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred())
            return NULL;
        return vms_elements_item(op, index < 0 ? index + vms_elements_length(op) : index);
    }
    if (!PySlice_Check(key))
        return PyErr_Format(PyExc_TypeError, "an index or a slice, not %R", key);
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step))
        return NULL;
    Py_ssize_t count = PySlice_AdjustIndices(vms_elements_length(op), &start, &stop, step);
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = vms_elements_item(op, start + i * step);
        if (!item || PyList_Append(list, item))
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *elements_compare(PyObject *op, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || !PySequence_Check(other) || PyUnicode_Check(other))
        Py_RETURN_NOTIMPLEMENTED;
    PyObject *a = PySequence_List(op), *b = a ? PySequence_List(other) : NULL;
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
    Py_VISIT(self->around);
    Py_VISIT(self->field);
    for (size_t i = 0; i < self->cached; i++)
        Py_VISIT(self->cache[i]);
    return 0;
}

static int elements_clear(PyObject *op)
{
    vms_elements_drop((Elements *)op);
    return 0;
}

static void elements_dealloc(PyObject *op)
{
    Elements *self = (Elements *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    elements_clear(op);
    Py_XDECREF((PyObject *)self->memory);
    Py_XDECREF((PyObject *)self->field);
    Py_XDECREF((PyObject *)self->binding);
    Py_XDECREF((PyObject *)self->around);
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
    {Py_tp_methods, (void *)vms_elements_methods},
    {Py_sq_length, (void *)vms_elements_length},
    {Py_sq_item, (void *)vms_elements_item},
    {Py_mp_length, (void *)vms_elements_length},
    {Py_mp_subscript, (void *)elements_subscript},
    {Py_mp_ass_subscript, (void *)vms_elements_set},
    {0, NULL},
};

PyType_Spec vms_elements_spec = {
    .name = "vmstate._native.Elements",
    .basicsize = sizeof(Elements),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = elements_slots,
};
