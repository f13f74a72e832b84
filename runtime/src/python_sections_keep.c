/* python_sections_keep.c: the states of Sections as they are now, kept in memory, and put back. No hook is called.
 *
 * What states own is copied, not shared: whoever emulates the device writes into it in place. */
#include "python_sections.h"

#define NAME "vmstate.kept"

/* Behind it are all states, each at a multiple of 16. */
typedef struct kept {
    PyObject *sections;         /* the ones that they are of */
} kept;

static size_t place_of(const State *state)
{
    return (state->layout->device->state_size + 15) / 16 * 16;
}

static size_t start_of(void)
{
    return (sizeof(kept) + 15) / 16 * 16;
}

/* Gives up what the first `count` kept states own. */
static void clear_kept(const Sections *sections, uint8_t *at, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        const State *state = sections->items[i].state;
        if (state->layout->device->element)
            state->layout->device->element->clear(at);
        at += place_of(state);
    }
}

static void forget(PyObject *capsule)
{
    kept *self = PyCapsule_GetPointer(capsule, NAME);
    if (!self)
        return;
    const Sections *sections = (const Sections *)self->sections;
    clear_kept(sections, (uint8_t *)self + start_of(), sections->count);
    PyObject *owner = self->sections;
    PyMem_Free(self);
    Py_DECREF(owner);
}

/* keep(): a capsule. */
PyObject *vms_sections_keep(PyObject *op, PyObject *unused)
{
    (void)unused;
    Sections *sections = (Sections *)op;
    size_t size = start_of();
    for (Py_ssize_t i = 0; i < sections->count; i++)
        size += place_of(sections->items[i].state);
    kept *self = PyMem_Malloc(size);
    if (!self)
        return PyErr_NoMemory();
    uint8_t *start = (uint8_t *)self + start_of(), *at = start;
    for (Py_ssize_t i = 0; i < sections->count; i++) {
        const State *state = sections->items[i].state;
        const vms_device *device = state->layout->device;
        memcpy(at, state->data, device->state_size);
        if (device->element && device->element->part(at)) {
            /* What could not be copied is empty by now, or still the state's own: `part` leaves nothing half. */
            device->element->clear(at);
            clear_kept(sections, start, i);
            PyMem_Free(self);
            return PyErr_NoMemory();
        }
        at += place_of(state);
    }
    self->sections = Py_NewRef(op);
    PyObject *capsule = PyCapsule_New(self, NAME, forget);
    if (!capsule) {
        clear_kept(sections, start, sections->count);
        Py_DECREF(op);
        PyMem_Free(self);
    }
    return capsule;
}

/* Copies of what kept states own, for the states to take over: all of them before any state is changed. */
static uint8_t *copy_owned(const Sections *sections, uint8_t *at, size_t size)
{
    uint8_t *copies = PyMem_Malloc(size ? size : 1), *to = copies;
    for (Py_ssize_t i = 0; copies && i < sections->count; i++) {
        const State *state = sections->items[i].state;
        const vms_device *device = state->layout->device;
        memcpy(to, at, device->state_size);
        if (device->element && device->element->part(to)) {
            device->element->clear(to);
            clear_kept(sections, copies, i);
            PyMem_Free(copies);
            copies = NULL;
        }
        at += place_of(state);
        to += place_of(state);
    }
    return copies ? copies : (uint8_t *)PyErr_NoMemory();
}

/* put_back(capsule): all states, or none with an exception. */
PyObject *vms_sections_put_back(PyObject *op, PyObject *capsule)
{
    Sections *sections = (Sections *)op;
    kept *self = PyCapsule_GetPointer(capsule, NAME);
    if (!self)
        return NULL;
    if (self->sections != op) {
        PyErr_SetString(PyExc_ValueError, "these states were kept by others");
        return NULL;
    }
    if (vms_sections_begin(sections))
        return NULL;
    sections->busy = false;
    size_t size = 0;
    bool own = false;
    for (Py_ssize_t i = 0; i < sections->count; i++) {
        const State *state = sections->items[i].state;
        size += place_of(state);
        if (!state->layout->device->element)
            continue;
        own = true;
        if (!vms_may_move(state->memory, state->data))
            return NULL;
    }
    uint8_t *from = (uint8_t *)self + start_of(), *copies = own ? copy_owned(sections, from, size) : NULL;
    if (own && !copies)
        return NULL;
    uint8_t *at = own ? copies : from;
    for (Py_ssize_t i = 0; i < sections->count; i++) {
        const State *state = sections->items[i].state;
        const vms_device *device = state->layout->device;
        if (device->element)
            device->element->clear(state->data);
        memcpy(state->data, at, device->state_size);
        at += place_of(state);
    }
    PyMem_Free(copies);
    Py_RETURN_NONE;
}
