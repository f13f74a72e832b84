/* python_sections_save.c: all sections into one piece of memory, or into a channel.
 *
 * What is certain to find room in the channel's own buffer is written there, where it stays near the processor. All else is
 * written to a store first. That is kept for the next save, as fresh memory costs more than what is written to it; but not
 * more than KEPT of it. Whoever waits for a channel does so between two sections, without the GIL: no state changes while it
 * is saved. */
#include "python_sections.h"

enum { ROOM = 4096, PIECE = 1 << 20, KEPT = 4 << 20 };

typedef struct output {
    vms_writer w;               /* into the store; first: its flush finds the rest behind it */
    Sections *owner;
    PyObject *put;              /* what takes pieces of the store meanwhile; NULL: nothing does */
    vms_writer *channel;        /* of the file that `put` puts to; NULL: of none */
    bool failed;                /* the channel did, and knows why */
    Py_ssize_t gone;            /* bytes that are in the store no more, or never were */
} output;

/* The store ------------------------------------------------------------------------------------------------------- */

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
    Sections *self = ((output *)w)->owner;
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

static int begin_store(output *out)
{
    Sections *self = out->owner;
    if (!self->store && !(self->store = PyByteArray_FromStringAndSize(NULL, ROOM)))
        return -1;
    look_at_store(self);
    out->w.p = self->room;
    out->w.end = self->room + self->room_size;
    return 0;
}

static Py_ssize_t stored(const output *out)
{
    return out->w.p - out->owner->room;
}

/* Handing on ------------------------------------------------------------------------------------------------------- */

/* Gives away what is in the store, for ever. */
static int put_stored(output *out)
{
    Sections *self = out->owner;
    Py_ssize_t size = stored(out);
    PyObject *whole = PyMemoryView_FromObject(self->store);
    PyObject *view = whole ? PySequence_GetSlice(whole, 0, size) : NULL;
    PyObject *done = view ? PyObject_CallFunctionObjArgs(out->put, view, NULL) : NULL;
    Py_XDECREF(view);
    Py_XDECREF(whole);
    /* A view that somebody kept holds the bytearray: it is theirs now. */
    if (Py_REFCNT(self->store) > 1)
        drop_store(self);
    out->gone += size;
    Py_XDECREF(done);
    return done ? begin_store(out) : -1;
}

/* Makes the channel have `need` bytes of room. Non-zero if it failed. */
static int make_room(output *out, size_t need)
{
    vms_writer *channel = out->channel;
    if ((size_t)(channel->end - channel->p) >= need)
        return 0;
    PyThreadState *thread = PyEval_SaveThread();
    out->failed = channel->flush(channel, need) != 0;
    PyEval_RestoreThread(thread);
    return out->failed ? -1 : 0;
}

static int hand_on(output *out)
{
    size_t size = (size_t)stored(out);
    if (!out->channel)
        return out->put && size >= PIECE ? put_stored(out) : 0;
    if (size > VMS_SECTION_DIRECT)
        return put_stored(out);
    if (make_room(out, size))
        return -1;
    memcpy(out->channel->p, out->owner->room, size);
    out->channel->p += size;
    out->gone += (Py_ssize_t)size;
    out->w.p = out->owner->room;
    return 0;
}

/* Sections --------------------------------------------------------------------------------------------------------- */

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

/* It is this state's fault that nothing more is saved. */
static int refused(output *out, const Section *section)
{
    out->owner->failed = section - out->owner->items;
    return -1;
}

static int save_stored(output *out, Section *section)
{
    vms_writer *w = &out->w;
    State *state = section->state;
    if (put(w, section->header, section->header_size))
        return -1;
    if (vms_state_save_to(state, w, state->layout->device->version))
        return refused(out, section);
    section->end = out->gone + stored(out);
    return put(w, section->header + section->header_size, section->footer_size) || hand_on(out) ? -1 : 0;
}

/* Into the room that there is: nothing waits from the first byte to the last, nor is the buffer moved. Whoever writes more
 * than the most is refused. */
static int save_directly(output *out, Section *section)
{
    vms_writer *w = out->channel;
    uint8_t *start = w->p;
    int (*flush)(vms_writer *w, size_t need) = w->flush;
    put(w, section->header, section->header_size);
    w->flush = NULL;
    int failed = section->save(section->data, w, NULL);
    w->flush = flush;
    if (failed) {
        w->p = start;
        vms_refused(section->state, NULL, &w->error, "save");
        return refused(out, section);
    }
    section->end = out->gone + (w->p - start);
    put(w, section->header + section->header_size, section->footer_size);
    out->gone += w->p - start;
    return 0;
}

static int save_section(output *out, Section *section)
{
    int needed = section->optional ? vms_state_is_needed(section->state) : 1;
    section->end = -1;
    if (needed <= 0)
        return needed ? refused(out, section) : 0;
    /* What is left is not handed on for the most that may come: mostly it is less. The store tells how much it is. */
    bool direct = out->channel && section->save && (size_t)(out->channel->end - out->channel->p) >= section->most;
    return direct ? save_directly(out, section) : save_stored(out, section);
}

/* States lie anywhere: where one begins is asked for some states before; what follows, the processor fetches by itself. */
enum { AHEAD = 3 };

/* Non-zero with an exception, unless it is the channel that failed. */
static int save_all(output *out)
{
    Sections *self = out->owner;
    vms_writer_init(&out->w, NULL, 0);
    out->w.flush = grow;
    if (begin_store(out))
        return -1;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (i + AHEAD < self->count)
            __builtin_prefetch(self->items[i + AHEAD].data);
        if (save_section(out, &self->items[i]))
            return -1;
    }
    return 0;
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
    output out = {.owner = self};
    int failed = save_all(&out);
    PyObject *bytes = failed ? NULL : PyBytes_FromStringAndSize((const char *)self->room, stored(&out));
    end_save(self);
    return bytes;
}

PyObject *vms_sections_save_to(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    Sections *self = (Sections *)op;
    if (count < 1 || count > 2) {
        PyErr_Format(PyExc_TypeError, "save_to() takes put and writer, not %zd arguments", count);
        return NULL;
    }
    output out = {.owner = self, .put = args[0]};
    if (count == 2 && args[1] != Py_None && !(out.channel = (vms_writer *)PyLong_AsVoidPtr(args[1]))) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "no cursor has the address 0");
        return NULL;
    }
    if (vms_sections_begin(self))
        return NULL;
    int failed = save_all(&out) || (stored(&out) && put_stored(&out));
    end_save(self);
    return failed && !out.failed ? NULL : PyBool_FromLong(!failed);
}
