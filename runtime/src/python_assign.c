/* python_assign.c: assignment of structs, and of the elements of arrays. */
#include "python_types.h"

static int no_struct(const Field *field, vms_place place, const Layout *layout, PyObject *value)
{
    PyObject *subject = vms_subject(field, place);
    PyObject *type = PyType_GetName(Py_TYPE(value));
    if (subject && type)
        PyErr_Format(PyExc_TypeError, "%U takes %s%s%s, not %U", subject,
                     place.rank < field->member->rank ? "a sequence of " : "a ",
                     layout ? layout->table->name : "number, or None where it is missing",
                     layout ? " or a mapping of its fields" : "", type);
    Py_XDECREF(subject);
    Py_XDECREF(type);
    return -1;
}

/* Copies a struct of the same layout, or sets the fields that a mapping names. */
int vms_struct_assign(State *state, PyObject *value, const Field *field, vms_place place)
{
    if (PyType_IsSubtype(Py_TYPE(value), vms_state_type) && ((State *)value)->layout == state->layout) {
        if (state->layout->device->element && !vms_may_move(state->memory, state->data))
            return -1;
        return vms_copy_states(state->layout, state->data, ((State *)value)->data);
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

/* Of an element that may be missing: None says that it is. One that was missing begins at its values at reset. */
static int assign_optional(Elements *self, Py_ssize_t index, PyObject *value, const Field *field, vms_place place)
{
    uint8_t *at = self->data + (size_t)index * self->item;
    if (index < 0 || index >= vms_elements_length((PyObject *)self)) {
        PyErr_Format(PyExc_IndexError, "index %zd is outside the %zd elements", index, vms_elements_length((PyObject *)self));
        return -1;
    }
    if (value == Py_None) {
        self->there[index] = 0;
        return 0;
    }
    if (!self->binding) {
        uint8_t number[8];
        if (vms_integer_convert(self->field, value, number, place))
            return -1;
        memcpy(at, number, self->item);
        self->there[index] = 1;
        return 0;
    }
    const vms_device *device = self->binding->layout->device;
    bool was = self->there[index];
    if (!was && device->element) {
        if (!vms_may_move(self->memory, self->data))
            return -1;
        device->element->clear(at);
    }
    if (!was)
        device->init(at);
    self->there[index] = 1;
    PyObject *item = vms_elements_item((PyObject *)self, index);
    int failed = item && Py_IS_TYPE(item, self->binding->cls) ? vms_struct_assign((State *)item, value, field, place) : -1;
    Py_XDECREF(item);
    if (failed)
        self->there[index] = was;
    return failed;
}

static int assign_item(Elements *self, Py_ssize_t index, PyObject *value, const Field *field, vms_place place)
{
    bool rows = self->depth + 1 < self->field->member->rank;
    if (self->there && !rows)
        return assign_optional(self, index, value, field, place);
    PyObject *item = vms_elements_item((PyObject *)self, index);
    if (!item)
        return -1;
    int failed = rows ? vms_elements_assign((Elements *)item, value, field, place)
                      : vms_struct_assign((State *)item, value, field, place);
    Py_DECREF(item);
    return failed;
}

/* What assignment may change, to be put back if it fails: the elements, and what tells which of them are there. */
typedef struct undo {
    uint8_t *states, *there;
    size_t count, there_count;
} undo;

static int undo_keep(Elements *self, undo *kept)
{
    size_t total = self->item * self->field->member->shape[self->depth], size = self->field->member->item_size;
    *kept = (undo){NULL, NULL, total / size, self->there ? total / size : 0};
    kept->states = self->binding ? vms_keep(self->binding->layout, self->data, kept->count) : PyMem_Malloc(total);
    kept->there = PyMem_Malloc(kept->there_count);
    if (kept->states && !self->binding)
        memcpy(kept->states, self->data, total);
    if (kept->there && self->there)
        memcpy(kept->there, self->there, kept->there_count);
    if (kept->states && kept->there)
        return 0;
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    if (kept->states && self->binding)
        vms_forget(self->binding->layout, kept->states, kept->count);
    else
        PyMem_Free(kept->states);
    PyMem_Free(kept->there);
    return -1;
}

static void undo_finish(Elements *self, undo *kept, bool failed)
{
    if (failed && self->there)
        memcpy(self->there, kept->there, kept->there_count);
    PyMem_Free(kept->there);
    if (self->binding && failed) {
        vms_put_back(self->binding->layout, self->data, kept->states, kept->count);
    } else if (self->binding) {
        vms_forget(self->binding->layout, kept->states, kept->count);
    } else {
        if (failed)
            memcpy(self->data, kept->states, kept->count * self->field->member->item_size);
        PyMem_Free(kept->states);
    }
}

/* Element `index` from one of the array's own, which may have been overwritten already; 0 if it is none of them. */
static int take_own(Elements *self, const undo *kept, size_t index, PyObject *item)
{
    const State *source = (const State *)item;
    size_t total = self->item * self->field->member->shape[self->depth];
    if (!self->binding || self->depth + 1 < self->field->member->rank ||
        !PyType_IsSubtype(Py_TYPE(item), vms_state_type) || source->layout != self->binding->layout ||
        source->data < self->data || source->data >= self->data + total)
        return 0;
    if (vms_copy_states(self->binding->layout, self->data + index * self->item, kept->states + (source->data - self->data)))
        return -1;
    if (self->there)
        self->there[index] = 1;
    return 1;
}

/* All elements in use, from a sequence; as a whole or not at all. */
int vms_elements_assign(Elements *self, PyObject *value, const Field *field, vms_place place)
{
    if (self->field->member->storage != VMS_PYTHON_INLINE && !self->depth)
        return vms_list_assign(self, value);
    const Layout *layout = self->binding ? self->binding->layout : NULL;
    PyObject *items = PyUnicode_Check(value) || PyDict_Check(value) ? NULL : PySequence_Tuple(value);
    if (!items) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return no_struct(field, place, layout, value);
    }
    Py_ssize_t used = vms_elements_length((PyObject *)self);
    if (PyTuple_Size(items) != used) {
        PyObject *subject = vms_subject(field, place);
        if (subject)
            PyErr_Format(PyExc_ValueError, "%U takes %zd elements, not %zd", subject, used, PyTuple_Size(items));
        Py_XDECREF(subject);
        Py_DECREF(items);
        return -1;
    }
    undo kept;
    size_t *index = PyMem_Calloc(place.rank + 1, sizeof *index);
    int failed = -1;
    if (!index) {
        PyErr_NoMemory();
    } else if ((!layout || !layout->device->element || vms_may_move(self->memory, self->data)) && !undo_keep(self, &kept)) {
        failed = 0;
        if (place.rank)
            memcpy(index, place.index, place.rank * sizeof *index);
        for (Py_ssize_t i = 0; failed >= 0 && i < used; i++) {
            PyObject *item = PyTuple_GetItem(items, i);
            index[place.rank] = (size_t)i;
            failed = take_own(self, &kept, (size_t)i, item);
            if (!failed)
                failed = assign_item(self, i, item, field, (vms_place){place.rank + 1, index});
        }
        undo_finish(self, &kept, failed < 0);
    }
    PyMem_Free(index);
    Py_DECREF(items);
    return failed < 0 ? -1 : 0;
}

int vms_elements_set(PyObject *op, PyObject *key, PyObject *value)
{
    if (!PyIndex_Check(key) || !value) {
        PyErr_SetString(PyExc_TypeError, "elements are set one at a time, by an index, and cannot be deleted");
        return -1;
    }
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred())
        return -1;
    Elements *self = (Elements *)op;
    size_t *place = PyMem_Malloc((self->depth + 1) * sizeof *place);
    if (!place) {
        PyErr_NoMemory();
        return -1;
    }
    if (index < 0)
        index += vms_elements_length(op);
    place[self->depth] = (size_t)index;
    for (size_t depth = self->depth, number = self->number; depth--; number /= self->field->member->shape[depth])
        place[depth] = depth ? number % self->field->member->shape[depth] : number;
    int failed = assign_item(self, index, value, self->field, (vms_place){self->depth + 1, place});
    PyMem_Free(place);
    return failed;
}
