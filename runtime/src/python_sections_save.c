/* python_sections_save.c: all sections into one piece of memory, or one after the other through the same piece. It is kept
 * for the next save, as fresh memory costs more than what is written to it; but not more than KEPT of it. */
#include "python_sections.h"

enum { ROOM = 4096, PIECE = 1 << 20, KEPT = 4 << 20 };

typedef struct room {
    vms_writer w;
    Sections *owner;
    PyObject *put;              /* what takes pieces of about PIECE bytes meanwhile; NULL: nothing does */
    Py_ssize_t gone;            /* bytes that it has taken */
} room;

static void look_at_store(Sections *self)
{
    self->room = (uint8_t *)PyByteArray_AsString(self->store);
    self->room_size = (size_t)PyByteArray_Size(self->store);
}

static void drop_store(Sections *self)
{
    Py_CLEAR(self->store);
    self->room = NULL;
    self->room_size = 0;
}

static int grow(vms_writer *w, size_t need)
{
    room *out = (room *)w;
    Sections *self = out->owner;
    size_t used = (size_t)(w->p - self->room), size = 2 * self->room_size;
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    if (size < used + need)
        size = used + need;
    if (PyByteArray_Resize(self->store, (Py_ssize_t)size)) {
        PyErr_Clear();      /* whoever asked for room says that there is none */
        return -1;
    }
    look_at_store(self);
    w->p = self->room + used;
    w->end = self->room + self->room_size;
    return 0;
}

static int begin_room(room *out)
{
    Sections *self = out->owner;
    if (!self->store && !(self->store = PyByteArray_FromStringAndSize(NULL, ROOM)))
        return -1;
    look_at_store(self);
    out->w.p = self->room;
    out->w.end = self->room + self->room_size;
    return 0;
}

static Py_ssize_t position(const room *out)
{
    return out->gone + (out->w.p - out->owner->room);
}

/* Gives away what is there, for ever. What `put` returned, or NULL with an exception. */
static PyObject *hand_on(room *out)
{
    Sections *self = out->owner;
    Py_ssize_t size = out->w.p - self->room;
    PyObject *whole = PyMemoryView_FromObject(self->store);
    PyObject *view = whole ? PySequence_GetSlice(whole, 0, size) : NULL;
    PyObject *done = view ? PyObject_CallFunctionObjArgs(out->put, view, NULL) : NULL;
    Py_XDECREF(view);
    Py_XDECREF(whole);
    /* A view that somebody kept holds the bytearray: it is theirs now. */
    if (Py_REFCNT(self->store) > 1)
        drop_store(self);
    out->gone += size;
    return done;
}

static int hand_on_piece(room *out)
{
    PyObject *done = hand_on(out);
    Py_XDECREF(done);
    return done ? begin_room(out) : -1;
}

/* Most headers, and all footers, are short: a copy of a certain length is two instructions, and no call. */
static inline int put(vms_writer *w, const uint8_t *bytes, size_t size)
{
    if (size <= VMS_SECTION_SHORT && w->end - w->p >= VMS_SECTION_SHORT) {
        memcpy(w->p, bytes, VMS_SECTION_SHORT);
        w->p += size;
        return 0;
    }
    uint8_t *p = vms_room(w, size);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(p, bytes, size);
    return 0;
}

static int save_section(Section *section, room *out)
{
    int needed = section->optional ? vms_state_is_needed(section->state) : 1;
    if (needed < 0)
        return -1;
    section->start = -1;
    if (!needed)
        return 0;
    Py_ssize_t start = position(out);
    if (put(&out->w, section->header, section->header_size) || vms_state_save_newest(section->state, &out->w))
        return -1;
    section->end = position(out);
    section->start = start;
    return put(&out->w, section->header + section->header_size, section->footer_size);
}

/* States lie anywhere: where one begins is asked for some states before; what follows, the processor fetches by itself. */
enum { AHEAD = 3 };

static void fetch(const Section *section)
{
    __builtin_prefetch(section->state);
    __builtin_prefetch(section->data);
}

/* Bytes that are there in the end, or -1 with an exception. */
static Py_ssize_t save_all(room *out)
{
    Sections *self = out->owner;
    vms_writer_init(&out->w, NULL, 0);
    out->w.flush = grow;
    if (begin_room(out))
        return -1;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + AHEAD < self->count)
            fetch(&self->items[i + AHEAD]);
        if (save_section(&self->items[i], out)) {
            self->failed = i;
            return -1;
        }
        if (out->put && out->w.p - self->room >= PIECE && hand_on_piece(out))
            return -1;
    }
    return out->w.p - self->room;
}

static void end_save(Sections *self)
{
    if (self->room_size > KEPT)
        drop_store(self);
    self->busy = false;
}

PyObject *vms_sections_save(PyObject *op, PyObject *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    if (vms_sections_begin(self))
        return NULL;
    room out = {.owner = self};
    Py_ssize_t size = save_all(&out);
    PyObject *bytes = size < 0 ? NULL : PyBytes_FromStringAndSize((const char *)self->room, size);
    end_save(self);
    return bytes;
}

PyObject *vms_sections_save_to(PyObject *op, PyObject *put_all)
{
    Sections *self = (Sections *)op;
    if (vms_sections_begin(self))
        return NULL;
    room out = {.owner = self, .put = put_all};
    PyObject *done = save_all(&out) < 0 ? NULL : hand_on(&out);
    end_save(self);
    return done;
}
