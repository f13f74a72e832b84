/* python_growing.c: bytes of a length that is not known before they are written, made where they stay.
 *
 * They get a little more room than the last ones needed, which mostly is enough. Then the rest is cut off and nothing
 * copied: what is written here may be hundreds of kilobytes, and fresh memory costs more than what comes into it. Long ones get
 * whole pages: what one gives back then fits the next, which is a few bytes longer. */
#include "python_growing.h"

enum { FIRST = 1024, MORE = 32, LONG = 128 << 10, PAGE = 4 << 10 };

static int take_room(vms_growing *self, size_t size, size_t used)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (!bytes)
        return -1;
    uint8_t *room = (uint8_t *)PyBytes_AsString(bytes);
    if (self->bytes) {
        memcpy(room, self->room, used);
        Py_DECREF(self->bytes);
    }
    self->bytes = bytes;
    self->room = room;
    self->w.p = room + used;
    self->w.end = room + size;
    return 0;
}

static int grow(vms_writer *w, size_t need)
{
    vms_growing *self = (vms_growing *)w;
    size_t used = (size_t)(w->p - self->room), size = (size_t)(w->end - self->room);
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    size = 2 * size < used + need ? used + need : 2 * size;
    if (!take_room(self, size, used))
        return 0;
    PyErr_Clear();              /* whoever asked for room says that there is none */
    return -1;
}

int vms_growing_begin(vms_growing *self, size_t last)
{
    vms_writer_init(&self->w, NULL, 0);
    self->w.flush = grow;
    self->bytes = NULL;
    size_t size = last ? last + last / 16 + MORE : FIRST;
    if (size > LONG)
        size = (size + PAGE - 1) / PAGE * PAGE;
    return take_room(self, size, 0);
}

void vms_growing_drop(vms_growing *self)
{
    Py_CLEAR(self->bytes);
}

/* What is cut off stays allocated as long as the bytes live. Nobody has seen them yet. */
static PyObject *cut(PyObject *bytes, uint8_t *end, Py_ssize_t size)
{
    *end = 0;
    Py_SET_SIZE((PyVarObject *)bytes, size);
    return bytes;
}

PyObject *vms_growing_end(vms_growing *self, size_t *size)
{
    Py_ssize_t used = self->w.p - self->room, left = self->w.end - self->w.p;
    *size = (size_t)used;
    if (left <= used / 8)
        return cut(self->bytes, self->w.p, used);
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)self->room, used);
    Py_DECREF(self->bytes);
    return bytes;
}
