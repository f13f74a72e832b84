/* python_save.c: save and save_into. The GIL is held: they are short, and nothing else can change the state meanwhile. */
#include "python_arguments.h"
#include "python_types.h"

enum { SCRATCH = 1024 };

static int has_format(const State *self)
{
    if (self->layout->device->save)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no wire format of its own; save the object around it",
                 self->layout->table->name);
    return 0;
}

/* Non-zero with an exception. Bytes written: w->p - room. */
static int save_to(State *self, vms_writer *w, void *room, size_t size)
{
    const Binding *binding = self->binding;
    vms_writer_init(w, room, size);
    if (!binding->table) {
        if (!self->layout->device->save(self->data, w, NULL))
            return 0;
        vms_refused(self, NULL, &w->error, "save");
        return -1;
    }
    vms_python_call call;
    vms_python_call_init(&call, self);
    w->opaque = &call;
    int failed = self->layout->device->save(self->data, w, binding->table);
    if (failed)
        vms_refused(self, &call, &w->error, "save");
    Py_XDECREF(call.view);
    return failed;
}

PyObject *vms_state_save(PyObject *op, PyObject *unused)
{
    (void)unused;
    State *self = (State *)op;
    if (!has_format(self))
        return NULL;
    uint64_t size_max = self->layout->device->size_max;
    vms_writer w;
    if (size_max <= SCRATCH) {
        uint8_t scratch[SCRATCH];
        if (save_to(self, &w, scratch, SCRATCH))
            return NULL;
        return PyBytes_FromStringAndSize((const char *)scratch, w.p - scratch);
    }
    /* Straight into the bytes: where the size is always the same, that is all. */
    PyObject *bytes = size_max <= PY_SSIZE_T_MAX ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size_max) : PyErr_NoMemory();
    if (!bytes)
        return NULL;
    uint8_t *room = (uint8_t *)PyBytes_AsString(bytes);
    if (save_to(self, &w, room, (size_t)size_max)) {
        Py_DECREF(bytes);
        return NULL;
    }
    if ((uint64_t)(w.p - room) == size_max)
        return bytes;
    PyObject *shorter = PyBytes_FromStringAndSize((const char *)room, w.p - room);     /* the limited API cannot resize */
    Py_DECREF(bytes);
    return shorter;
}

PyObject *vms_state_save_into(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[2] = {"buffer", "offset"};
    State *self = (State *)op;
    PyObject *values[2];
    if (vms_two_arguments("save_into", names, 1, args, count, keywords, values) || !has_format(self))
        return NULL;
    Py_ssize_t offset = 0;
    if (values[1]) {
        offset = PyNumber_AsSsize_t(values[1], PyExc_IndexError);
        if (offset == -1 && PyErr_Occurred())
            return NULL;
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(values[0], &buffer, PyBUF_WRITABLE))
        return NULL;
    PyObject *written = NULL;
    vms_writer w;
    if (offset < 0 || offset > buffer.len)
        PyErr_Format(PyExc_IndexError, "offset %zd is outside the buffer of %zd bytes", offset, buffer.len);
    else if (!save_to(self, &w, (uint8_t *)buffer.buf + offset, (size_t)(buffer.len - offset)))
        written = PyLong_FromSsize_t(w.p - ((uint8_t *)buffer.buf + offset));
    PyBuffer_Release(&buffer);
    return written;
}
