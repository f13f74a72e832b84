/* python_owned.c: copies of states with what they own, and when what they own may be moved. */
#include "python_types.h"

/* Makes `to` equal to `from`, with blocks of its own. Both are states of the layout. */
int vms_copy_states(const Layout *layout, uint8_t *to, const uint8_t *from)
{
    size_t size = layout->device->state_size;
    const vms_element *element = layout->device->element;
    if (!element || to == from) {
        memmove(to, from, size);
        return 0;
    }
    /* Beside it: `from` may lie in what `to` owns. */
    uint8_t *copy = PyMem_Malloc(size);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, from, size);
    int failed = element->part(copy);
    if (failed) {
        element->clear(copy);
        PyErr_NoMemory();
    } else {
        element->clear(to);
        memcpy(to, copy, size);
    }
    PyMem_Free(copy);
    return failed ? -1 : 0;
}

/* A copy of states that lie one after the other, with a share of what they own. */
uint8_t *vms_keep(const Layout *layout, uint8_t *states, size_t count)
{
    size_t size = layout->device->state_size;
    uint8_t *kept = PyMem_Malloc(size * count);
    if (!kept) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(kept, states, size * count);
    if (layout->device->element)
        for (size_t i = 0; i < count; i++)
            layout->device->element->share(kept + i * size);
    return kept;
}

void vms_forget(const Layout *layout, uint8_t *kept, size_t count)
{
    if (layout->device->element)
        for (size_t i = 0; i < count; i++)
            layout->device->element->clear(kept + i * layout->device->state_size);
    PyMem_Free(kept);
}

void vms_put_back(const Layout *layout, uint8_t *states, uint8_t *kept, size_t count)
{
    size_t size = layout->device->state_size;
    if (layout->device->element)
        for (size_t i = 0; i < count; i++)
            layout->device->element->clear(states + i * size);
    memcpy(states, kept, size * count);
    PyMem_Free(kept);
}

static bool overlap(const void *one, size_t size, const void *other, size_t other_size)
{
    uintptr_t start = (uintptr_t)one, other_start = (uintptr_t)other;
    return size && other_size && start < other_start + other_size && other_start < start + size;
}

static bool blocks_have(const Binding *binding, const uint8_t *state, const void *from, size_t size)
{
    const vms_python_class *table = binding->layout->table;
    if (!binding->layout->device->element)
        return false;
    for (size_t i = 0; i < table->member_count; i++) {
        const Field *field = (const Field *)PyTuple_GetItem(binding->layout->fields, (Py_ssize_t)i);
        const vms_python_member *member = field->member;
        vms_extent extent = vms_extent_of(field, state);
        bool in_block = member->storage != VMS_PYTHON_INLINE;
        size_t bytes = in_block ? extent.count * field->item : field->size;
        if (in_block && overlap(extent.items, bytes, from, size))
            return true;
        if (member->kind != VMS_PYTHON_STRUCT)
            continue;
        const Binding *element = (const Binding *)PyTuple_GetItem(binding->elements, (Py_ssize_t)i);
        for (size_t at = 0; at < bytes && element->layout->device->element; at += member->item_size)
            if (blocks_have(element, extent.items + at, from, size))
                return true;
    }
    return false;
}

/* Does the memory belong to the object that gives it out, or to the one behind memoryviews? Then it is no state's. */
static bool is_its_own(const Py_buffer *buffer)
{
    PyObject *object = Py_XNewRef(buffer->obj), *containers = vms_python_part("containers");
    while (object && PyMemoryView_Check(object)) {
        PyObject *behind = PyObject_GetAttrString(object, "obj");
        Py_DECREF(object);
        object = behind;
    }
    bool own = false;
    for (Py_ssize_t i = 0; object && containers && !own && i < PyTuple_Size(containers); i++)
        own = Py_IS_TYPE(object, (PyTypeObject *)PyTuple_GetItem(containers, i));
    Py_XDECREF(object);
    PyErr_Clear();
    return own;
}

/* C copies between state and bytes as between two things. A view of the state, as data or as a buffer, is none. Blocks
 * may be many: they are looked through only for a buffer that may be one of them. */
bool vms_state_has(const State *self, const Py_buffer *buffer, size_t offset)
{
    const uint8_t *from = (const uint8_t *)buffer->buf + offset;
    size_t size = (size_t)buffer->len - offset;
    return overlap(self->data, self->layout->device->state_size, from, size)
        || (self->layout->device->element && !is_its_own(buffer) && blocks_have(self->binding, self->data, from, size));
}

/* May blocks of the state at `owner` be moved, or given up? Not while C walks through them. */
int vms_may_move(const Memory *memory, const uint8_t *owner)
{
    while (memory->around)
        memory = memory->around;
    if (!memory->walked || (owner >= memory->free_from && owner < memory->free_to))
        return 1;
    PyErr_SetString(PyExc_RuntimeError, "a hook of an element, or one that answers a question, cannot change the length of "
                    "what is being saved or loaded; only its own object's");
    return 0;
}

PyObject *vms_state_overwrite(PyObject *op, PyObject *other)
{
    State *self = (State *)op;
    if (!PyType_IsSubtype(Py_TYPE(other), vms_state_type) || ((State *)other)->layout != self->layout) {
        PyErr_Format(PyExc_TypeError, "not a %s", self->layout->table->name);
        return NULL;
    }
    if ((self->layout->device->element && !vms_may_move(self->memory, self->data)) ||
        vms_copy_states(self->layout, self->data, ((State *)other)->data))
        return NULL;
    Py_RETURN_NONE;
}

/* What of a state is not on the wire ------------------------------------------------------------------------------- */

/* Calls `visit` for every member of the state, those of embedded structs included, but for what is in blocks. */
static int each_member(const Binding *binding, uint8_t *state, uint8_t *other,
                       int (*visit)(const Field *field, uint8_t *state, uint8_t *other, void *opaque), void *opaque)
{
    const vms_python_class *table = binding->layout->table;
    for (size_t i = 0; i < table->member_count; i++) {
        const Field *field = (const Field *)PyTuple_GetItem(binding->layout->fields, (Py_ssize_t)i);
        const vms_python_member *member = field->member;
        int stop = visit(field, state, other, opaque);
        if (stop < 0)
            return -1;
        if (stop || member->kind != VMS_PYTHON_STRUCT || member->storage != VMS_PYTHON_INLINE)
            continue;
        const Binding *element = (const Binding *)PyTuple_GetItem(binding->elements, (Py_ssize_t)i);
        for (size_t at = member->offset; at < member->offset + field->size; at += member->item_size)
            if (each_member(element, state + at, other ? other + at : NULL, visit, opaque))
                return -1;
    }
    return 0;
}

/* Takes over what is missing, and what is `local`. */
static int take_over(const Field *field, uint8_t *state, uint8_t *other, void *opaque)
{
    (void)opaque;
    const vms_python_member *member = field->member;
    if (member->there)
        memcpy(state + member->there, other + member->there, field->size / member->item_size);
    if (!member->local)
        return 0;
    memcpy(state + member->offset, other + member->offset, field->size);
    return 1;
}

/* __reset_like__: the state at reset, but for elements that are missing in the other one and for local members. */
PyObject *vms_state_reset_like(PyObject *op, PyObject *other)
{
    State *self = (State *)op;
    if (!PyType_IsSubtype(Py_TYPE(other), vms_state_type) || ((State *)other)->layout != self->layout || op == other) {
        PyErr_Format(PyExc_TypeError, "not another %s", self->layout->table->name);
        return NULL;
    }
    const vms_device *device = self->layout->device;
    if (device->element) {
        if (!vms_may_move(self->memory, self->data))
            return NULL;
        device->element->clear(self->data);
    }
    device->init(self->data);
    if (each_member(self->binding, self->data, ((State *)other)->data, take_over, NULL))
        return NULL;
    Py_RETURN_NONE;
}

typedef struct pattern {
    uint8_t *bytes;
    size_t size, room;
    bool set;
} pattern;

static int pattern_visit(const Field *field, uint8_t *state, uint8_t *other, void *opaque)
{
    (void)other;
    pattern *found = (pattern *)opaque;
    if (!field->member->there)
        return 0;
    size_t count = field->size / field->member->item_size;
    uint8_t *there = state + field->member->there;
    for (size_t i = 0; i < count; i++, found->size++) {
        if (found->size >= found->room)
            continue;
        if (found->set)
            there[i] = found->bytes[found->size] != 0;
        else
            found->bytes[found->size] = there[i] != 0;
    }
    return 0;
}

/* __pattern__(None): a byte for each element that may be missing, 0 if it is. __pattern__(bytes): makes it so. */
PyObject *vms_state_pattern(PyObject *op, PyObject *given)
{
    State *self = (State *)op;
    pattern found = {NULL, 0, 0, given != Py_None};
    each_member(self->binding, self->data, NULL, pattern_visit, &found);
    PyObject *bytes = given == Py_None ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)found.size) : Py_NewRef(given);
    if (!bytes)
        return NULL;
    if (!PyBytes_Check(bytes) || (size_t)PyBytes_Size(bytes) != found.size) {
        Py_DECREF(bytes);
        return PyErr_Format(PyExc_ValueError, "%s takes a byte for each of the %zu elements that may be missing",
                            self->layout->table->name, found.size);
    }
    found.bytes = (uint8_t *)PyBytes_AsString(bytes);
    found.room = found.size;
    found.size = 0;
    each_member(self->binding, self->data, NULL, pattern_visit, &found);
    return bytes;
}
