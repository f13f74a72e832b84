/* python_load.c: restore, and the load of an object that had no state before. */
#include "python_arguments.h"
#include "python_types.h"

/* The reader is set up but for `opaque`. Non-zero with an exception. */
int vms_state_load_from(State *self, vms_reader *r, uint32_t version)
{
    const Binding *binding = self->binding;
    if (!binding->table) {
        if (!self->layout->device->load(self->data, r, version, NULL))
            return 0;
        vms_refused(self, NULL, &r->error, "load");
        return -1;
    }
    vms_python_call call;
    vms_python_call_init(&call, self);
    call.loading = true;
    r->opaque = &call;
    Memory *memory = (Memory *)Py_NewRef((PyObject *)self->memory);     /* hooks may move an element of a list */
    int failed = self->layout->device->load(self->data, r, version, binding->table);
    if (failed)
        vms_refused(self, &call, &r->error, "load");
    Py_XDECREF(call.view);
    Py_DECREF((PyObject *)memory);
    return failed;
}

static int load_whole(State *self, const void *data, size_t size, uint32_t version, bool receiver)
{
    vms_reader r;
    vms_reader_init(&r, data ? data : "", size);
    r.receiver = receiver;
    return vms_state_load_from(self, &r, version);
}

/* C frees and allocates what the state owns: not while another load or save of it is on its way through that. */
int vms_state_may_load(const State *self)
{
    return !self->layout->device->element || vms_may_move(self->memory, self->data);
}

int vms_version_of(PyObject *value, uint32_t *version)
{
    unsigned long number = PyLong_Check(value) ? PyLong_AsUnsignedLong(value) : 0;
    if (!PyLong_Check(value) || number > UINT32_MAX || PyErr_Occurred()) {
        PyErr_Clear();
        PyErr_Format(PyLong_Check(value) ? PyExc_OverflowError : PyExc_TypeError,
                     "version is an integer in 0..4294967295, not %R", value);
        return -1;
    }
    *version = (uint32_t)number;
    return 0;
}

static int load_buffer(State *self, const Py_buffer *buffer, uint32_t version, bool receiver)
{
    const void *data = buffer->buf;
    PyObject *copy = NULL;
    if (vms_state_has(self, buffer, 0)) {
        copy = PyBytes_FromStringAndSize(buffer->buf, buffer->len);
        if (!copy)
            return -1;
        data = PyBytes_AsString(copy);
    }
    int failed = load_whole(self, data, (size_t)buffer->len, version, receiver);
    Py_XDECREF(copy);
    return failed;
}

static PyObject *load(PyObject *op, const char *method, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                      bool receiver)
{
    static const char *const names[2] = {"data", "version"};
    State *self = (State *)op;
    PyObject *values[2];
    uint32_t version;
    if (vms_two_arguments(method, names, 2, args, count, keywords, values) || vms_version_of(values[1], &version) ||
        !vms_state_may_load(self))
        return NULL;
    if (!self->layout->device->load) {
        PyErr_Format(PyExc_TypeError,
                     "%s has no name in the schema, and so no wire format of its own; load the object around it",
                     self->layout->table->name);
        return NULL;
    }
    int failed;
    if (PyBytes_CheckExact(values[0])) {
        failed = load_whole(self, PyBytes_AsString(values[0]), (size_t)PyBytes_Size(values[0]), version, receiver);
    } else {
        Py_buffer buffer;
        if (PyObject_GetBuffer(values[0], &buffer, PyBUF_SIMPLE))
            return NULL;
        failed = load_buffer(self, &buffer, version, receiver);
        PyBuffer_Release(&buffer);
    }
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

PyObject *vms_state_restore(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    return load(op, "restore", args, count, keywords, true);
}

PyObject *vms_state_take(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    return load(op, "load", args, count, keywords, false);
}
