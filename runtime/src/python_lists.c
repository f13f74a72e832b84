/* python_lists.c: what is in blocks gets longer and shorter. */
#include "python_types.h"

static const vms_element *element_of(const Elements *self)
{
    return self->binding->layout->device->element;
}

static int too_many(const Field *field, size_t count)
{
    PyObject *subject = vms_subject(field, (vms_place){0, NULL});
    if (subject)
        PyErr_Format(PyExc_ValueError, "%U takes at most %zu elements, not %zu", subject, field->member->shape[0], count);
    Py_XDECREF(subject);
    return -1;
}

/* Puts `count` in place of `removed` elements at `at`; `from`, a block of them or NULL, is taken over whatever happens. */
static int splice(const Field *field, uint8_t *owner, const vms_element *element, size_t at, size_t removed, void *from,
                  size_t count)
{
    const vms_python_member *member = field->member;
    vms_extent extent = vms_extent_of(field, owner);
    size_t inner = field->item / member->item_size;
    uint32_t number = (uint32_t)(extent.count * inner);
    void *items = extent.items;
    if (vms_splice(&items, &number, member->item_size, element, (uint32_t)(at * inner), (uint32_t)(removed * inner), from,
                   (uint32_t)(count * inner))) {
        PyErr_NoMemory();
        return -1;
    }
    number /= (uint32_t)inner;
    memcpy(owner + member->offset, &items, sizeof items);
    memcpy(owner + member->owned, &number, sizeof number);
    return 0;
}

/* The block's views go where its elements went. Those of removed elements stay at the old block, which they keep. */
static void move_views(Elements *self, size_t at, size_t removed, size_t added)
{
    vms_extent extent = vms_extent_of(self->field, self->owner);
    PyObject **old = self->cache;
    size_t room = self->cached;
    Memory *before = self->block, *now = NULL;
    self->cache = NULL;
    self->cached = 0;
    self->block = NULL;
    PyObject **cache = extent.count ? PyMem_Calloc(extent.count, sizeof cache[0]) : NULL;
    if (cache)
        now = vms_memory_of_block(self->memory, extent.items);
    if (!now) {
        /* Without memory for it, the views stay behind. */
        PyErr_Clear();
        PyMem_Free(cache);
        cache = NULL;
    }
    bool rows = self->field->member->rank > 1;
    for (size_t i = 0; i < room; i++) {
        bool stays = cache && !rows && (i < at || i >= at + removed) && i - (i < at ? 0 : removed) + (i < at ? 0 : added) < extent.count;
        if (!stays || !old[i])
            continue;
        size_t place = i < at ? i : i - removed + added;
        State *view = (State *)old[i];
        Memory *had = view->memory;
        view->memory = (Memory *)Py_NewRef((PyObject *)now);
        view->data = extent.items + place * self->item;
        Py_DECREF((PyObject *)had);             /* not the last one: `before` is */
        cache[place] = old[i];
        old[i] = NULL;
    }
    self->cache = cache;
    self->cached = cache ? extent.count : 0;
    self->block = now;
    /* From here on anything can run. What views had cached of their own looks at the old block. */
    for (size_t i = 0; cache && self->cache == cache && i < self->cached; i++)
        if (cache[i]) {
            PyObject *view = Py_NewRef(cache[i]);
            vms_state_forget_cached((State *)view);
            Py_DECREF(view);
        }
    for (size_t i = 0; i < room; i++)
        Py_XDECREF(old[i]);
    PyMem_Free(old);
    Py_XDECREF((PyObject *)before);
}

/* A new block of elements from a tuple, which come to stand at `at`: 0 and the block, NULL if there are none; or -1. */
static int make_block(Elements *self, PyObject *values, size_t at, void **made)
{
    size_t count = (size_t)PyTuple_Size(values), inner = self->item / self->field->member->item_size;
    const vms_device *device = self->binding->layout->device;
    *made = NULL;
    if (!count)
        return 0;
    void *items = vms_allocate(count * inner, self->field->member->item_size, device->element);
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count * inner; i++)
        device->init((uint8_t *)items + i * self->field->member->item_size);
    Memory *memory = vms_memory_of_block(NULL, items);
    vms_release(items);
    int failed = memory ? 0 : -1;
    for (size_t i = 0; !failed && i < count; i++) {
        size_t index = at + i;
        vms_place place = {1, &index};
        PyObject *value = PyTuple_GetItem(values, (Py_ssize_t)i);
        PyObject *view = vms_elements_over(self, memory, (uint8_t *)items + i * self->item), *pair = NULL;
        if (view && self->field->keyed && PyTuple_Check(value) && PyTuple_Size(value) == 2)
            value = pair = Py_BuildValue("{sOsO}", "key", PyTuple_GetItem(value, 0), "value", PyTuple_GetItem(value, 1));
        if (!view || !value)
            failed = -1;
        else if (self->field->member->rank > 1)
            failed = vms_elements_assign((Elements *)view, value, self->field, place);
        else
            failed = vms_struct_assign((State *)view, value, self->field, place);
        Py_XDECREF(view);
        Py_XDECREF(pair);
    }
    if (!failed)
        *made = vms_share(items);
    Py_XDECREF((PyObject *)memory);
    return failed;
}

static int put_in(Elements *self, size_t at, size_t removed, PyObject *values)
{
    size_t before = vms_extent_of(self->field, self->owner).count, count = (size_t)PyTuple_Size(values);
    if (before - removed + count > self->field->member->shape[0])
        return too_many(self->field, before - removed + count);
    void *from;
    if (make_block(self, values, at, &from))
        return -1;
    if (vms_extent_of(self->field, self->owner).count != before) {
        vms_release(from);
        PyErr_SetString(PyExc_RuntimeError, "the list changed its length while elements were put into it");
        return -1;
    }
    if (!vms_may_move(self->memory, self->owner)) {
        vms_release(from);
        return -1;
    }
    if (self->block && self->block->block != vms_extent_of(self->field, self->owner).items)
        vms_elements_drop(self);
    bool views = false;
    for (size_t i = 0; !views && i < self->cached; i++)
        views = self->cache[i] && Py_REFCNT(self->cache[i]) > 1;
    Memory *memory = (Memory *)Py_NewRef((PyObject *)self->memory);
    if (!views) {
        /* Nobody looks: the block can be enlarged where it is. */
        vms_elements_drop(self);
        views = self->block != NULL;
    }
    int failed = -1;
    if (vms_extent_of(self->field, self->owner).count != before) {
        vms_release(from);
        PyErr_SetString(PyExc_RuntimeError, "the list changed its length while elements were put into it");
    } else {
        failed = splice(self->field, self->owner, element_of(self), at, removed, from, count);
        if (!failed && views)
            move_views(self, at, removed, count);
    }
    Py_DECREF((PyObject *)memory);
    return failed;
}

/* __splice__(at, removed, values): the tuple's elements in place of some others. */
PyObject *vms_elements_splice(PyObject *op, PyObject *args)
{
    Elements *self = (Elements *)op;
    Py_ssize_t at, removed, length = vms_elements_length(op);
    PyObject *values;
    if (!PyArg_ParseTuple(args, "nnO!:__splice__", &at, &removed, &PyTuple_Type, &values))
        return NULL;
    if (self->field->member->storage == VMS_PYTHON_INLINE || self->depth || !self->binding)
        return PyErr_Format(PyExc_TypeError, "the length of an array does not change");
    if (at < 0 || at > length || removed < 0 || removed > length - at)
        return PyErr_Format(PyExc_IndexError, "no %zd elements at %zd", removed, at);
    if (put_in(self, (size_t)at, (size_t)removed, values))
        return NULL;
    Py_RETURN_NONE;
}

int vms_list_assign(Elements *self, PyObject *value)
{
    PyObject *values = PyUnicode_Check(value) || PyDict_Check(value) ? NULL : PySequence_Tuple(value);
    if (!values) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s: %s takes a sequence of %s or of mappings of its fields",
                     self->field->layout->table->name, self->field->member->name, self->binding->layout->table->name);
        return -1;
    }
    int failed = put_in(self, 0, (size_t)vms_elements_length((PyObject *)self), values);
    Py_DECREF(values);
    return failed;
}

/* Numbers in a block: all of them, as they are in memory. */
int vms_block_assign(Field *field, State *state, const uint8_t *items, size_t count)
{
    const vms_python_member *member = field->member;
    if (count > member->shape[0])
        return too_many(field, count);
    if (!vms_may_move(state->memory, state->data))
        return -1;
    void *from = count ? vms_allocate(count * (field->item / member->item_size), member->item_size, NULL) : NULL;
    if (count && !from) {
        PyErr_NoMemory();
        return -1;
    }
    if (count)
        memcpy(from, items, count * field->item);
    return splice(field, state->data, NULL, 0, vms_extent_of(field, state->data).count, from, count);
}

/* For annotations: Elements[Fifo]. */
static PyObject *class_getitem(PyObject *cls, PyObject *item)
{
    (void)item;
    return Py_NewRef(cls);
}

PyMethodDef vms_elements_methods[] = {
    {"__class_getitem__", class_getitem, METH_O | METH_CLASS, NULL},
    {"__splice__", vms_elements_splice, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
