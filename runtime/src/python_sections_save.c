/* python_sections_save.c: all sections into one piece of memory, which is kept for the next save: fresh memory costs more
 * than what is written to it. */
#include "python_sections.h"

enum { ROOM = 4096 };

typedef struct room {
    vms_writer w;
    Sections *owner;
} room;

static int grow(vms_writer *w, size_t need)
{
    room *out = (room *)w;
    Sections *self = out->owner;
    size_t used = (size_t)(w->p - self->room), size = 2 * self->room_size;
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    if (size < used + need)
        size = used + need;
    uint8_t *larger = PyMem_Realloc(self->room, size);
    if (!larger)
        return -1;
    self->room = larger;
    self->room_size = size;
    w->p = larger + used;
    w->end = larger + size;
    return 0;
}

static int put(vms_writer *w, const uint8_t *bytes, size_t size)
{
    uint8_t *room = vms_room(w, size);
    if (!room) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(room, bytes, size);
    return 0;
}

static int save_section(Section *section, room *out)
{
    State *state = section->state;
    int needed = vms_state_is_needed(state);
    if (needed < 0)
        return -1;
    section->start = -1;
    if (!needed)
        return 0;
    Py_ssize_t start = out->w.p - out->owner->room;
    if (put(&out->w, section->header, section->header_size))
        return -1;
    section->body = out->w.p - out->owner->room;
    out->w.opaque = NULL;
    out->w.error.code = VMS_OK;
    out->w.error.hook_count = 0;
    if (vms_state_save_to(state, &out->w, state->layout->device->version))
        return -1;
    section->end = out->w.p - out->owner->room;
    section->start = start;
    return put(&out->w, section->footer, section->footer_size);
}

/* States lie anywhere: the next one is asked for while this one is written. */
static void fetch(const State *state)
{
    size_t size = state->layout->device->state_size;
    for (size_t at = 0; at < size && at < 2048; at += 64)
        __builtin_prefetch(state->data + at);
}

/* Bytes written, or -1 with an exception. */
static Py_ssize_t save_all(Sections *self)
{
    room out = {.owner = self};
    if (!self->room && !(self->room = PyMem_Malloc(ROOM))) {
        PyErr_NoMemory();
        return -1;
    }
    if (!self->room_size)
        self->room_size = ROOM;
    vms_writer_init(&out.w, self->room, self->room_size);
    out.w.flush = grow;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + 1 < self->count)
            fetch(self->items[i + 1].state);
        if (save_section(&self->items[i], &out)) {
            self->failed = i;
            return -1;
        }
    }
    return out.w.p - self->room;
}

PyObject *vms_sections_save(PyObject *op, PyObject *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    if (vms_sections_begin(self))
        return NULL;
    Py_ssize_t size = save_all(self);
    PyObject *bytes = size < 0 ? NULL : PyBytes_FromStringAndSize((const char *)self->room, size);
    self->busy = false;
    return bytes;
}

PyObject *vms_sections_save_to(PyObject *op, PyObject *put_all)
{
    Sections *self = (Sections *)op;
    if (vms_sections_begin(self))
        return NULL;
    Py_ssize_t size = save_all(self);
    PyObject *view = size < 0 ? NULL : PyMemoryView_FromMemory((char *)self->room, size, PyBUF_READ);
    PyObject *done = view ? PyObject_CallFunctionObjArgs(put_all, view, NULL) : NULL;
    if (view) {
        PyObject *type, *raised, *trace;
        PyErr_Fetch(&type, &raised, &trace);
        PyObject *released = PyObject_CallMethod(view, "release", NULL);
        if (!released) {
            /* Somebody still looks at it: it is theirs now, for ever. */
            PyErr_Clear();
            self->room = NULL;
            self->room_size = 0;
        }
        Py_XDECREF(released);
        PyErr_Restore(type, raised, trace);
        Py_DECREF(view);
    }
    self->busy = false;
    return done;
}
