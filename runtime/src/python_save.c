/* python_save.c: save and save_into. The GIL is held: they are short, and nothing else can change the state meanwhile. */
#include "python_arguments.h"
#include "python_growing.h"

enum { SCRATCH = 1024 };

static int has_format(const State *self)
{
    if (self->layout->device->save)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no wire format of its own; save the object around it",
                 self->layout->table->name);
    return 0;
}

static int save_body(State *self, vms_writer *w, uint32_t version, const void *hooks)
{
    const vms_device *device = self->layout->device;
    return version == device->version ? device->save(self->data, w, hooks)
                                      : device->save_version(self->data, w, version, hooks);
}

/* Not inlined: who has no hooks needs none of what they are called with. */
__attribute__((noinline)) static int save_with_hooks(State *self, vms_writer *w, uint32_t version, PyObject *coded)
{
    vms_python_call call;
    vms_python_call_init(&call, self);
    call.coded = coded;
    w->opaque = &call;
    Memory *memory = (Memory *)Py_NewRef((PyObject *)self->memory);     /* hooks may move an element of a list */
    int failed = save_body(self, w, version, self->binding->table);
    if (failed)
        vms_refused(self, &call, &w->error, "save");
    w->opaque = NULL;
    Py_XDECREF(call.view);
    Py_DECREF((PyObject *)memory);
    return failed;
}

/* The writer is set up but for `opaque`. Non-zero with an exception. `version` is not asked for where it is the newest.
 * `coded` as in vms_python_call. */
static int save_to(State *self, vms_writer *w, uint32_t version, PyObject *coded)
{
    w->error.hook_count = 0;        /* others were written with this writer before */
    if (self->binding->table)
        return save_with_hooks(self, w, version, coded);
    int failed = save_body(self, w, version, NULL);
    if (failed)
        vms_refused(self, NULL, &w->error, "save");
    return failed;
}

int vms_state_save_to(State *self, vms_writer *w, uint32_t version)
{
    return save_to(self, w, version, NULL);
}

/* Of states that have no certain size. */
static PyObject *save_growing(State *self, uint32_t version, PyObject *coded)
{
    vms_growing out;
    size_t *size = &self->layout->last_size;
    if (vms_growing_begin(&out, *size))
        return NULL;
    if (!save_to(self, &out.w, version, coded))
        return vms_growing_end(&out, size);
    vms_growing_drop(&out);
    return NULL;
}

static PyObject *save_fixed(State *self, uint32_t version)
{
    uint64_t size_max = self->layout->device->size_max;
    vms_writer w;
    if (size_max <= SCRATCH) {
        uint8_t scratch[SCRATCH];
        vms_writer_init(&w, scratch, SCRATCH);
        if (vms_state_save_to(self, &w, version))
            return NULL;
        return PyBytes_FromStringAndSize((const char *)scratch, w.p - scratch);
    }
    /* Straight into the bytes: where the size is always the same, that is all. */
    PyObject *bytes = size_max <= PY_SSIZE_T_MAX ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size_max) : PyErr_NoMemory();
    if (!bytes)
        return NULL;
    uint8_t *room = (uint8_t *)PyBytes_AsString(bytes);
    vms_writer_init(&w, room, (size_t)size_max);
    if (vms_state_save_to(self, &w, version)) {
        Py_DECREF(bytes);
        return NULL;
    }
    if ((uint64_t)(w.p - room) == size_max)
        return bytes;
    PyObject *shorter = PyBytes_FromStringAndSize((const char *)room, w.p - room);     /* the limited API cannot resize */
    Py_DECREF(bytes);
    return shorter;
}

/* Saved as an older version; what that cannot express is refused. */
static PyObject *save_older(State *self, uint32_t version)
{
    const vms_device *device = self->layout->device;
    if (!device->save_version || version < device->minimum_version || version > device->version) {
        vms_error error = {.code = VMS_VERSION, .found = vms_unsigned(version),
                           .low = vms_unsigned(device->minimum_version), .high = vms_unsigned(device->version)};
        if (device->save_version || version != device->version)
            return vms_refused(self, NULL, &error, "save");
    }
    PyObject *bytes = save_growing(self, version, NULL);
    PyObject *check = bytes ? vms_python_part("check_lost") : NULL;
    PyObject *done = check ? PyObject_CallFunction(check, "OOk", (PyObject *)self, bytes, (unsigned long)version) : NULL;
    if (!done)
        Py_CLEAR(bytes);
    Py_XDECREF(done);
    return bytes;
}

PyObject *vms_state_save(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const char *const names[2] = {"version", ""};
    State *self = (State *)op;
    if (!has_format(self))
        return NULL;
    if (count || keywords) {
        PyObject *values[2];
        uint32_t version;
        if (vms_two_arguments("save", names, 0, args, count, keywords, values))
            return NULL;
        if (values[1])
            return PyErr_Format(PyExc_TypeError, "save() takes one argument, the version");
        if (values[0] && values[0] != Py_None) {
            if (vms_version_of(values[0], &version))
                return NULL;
            if (version != self->layout->device->version)
                return save_older(self, version);
        }
    }
    return self->layout->grows ? save_growing(self, self->layout->device->version, NULL)
                               : save_fixed(self, self->layout->device->version);
}

/* The `custom` fields, and elements of them, that a save in this version writes something of: pairs of the object and
 * the field's name, with indices. */
PyObject *vms_state_coded(PyObject *op, PyObject *number)
{
    State *self = (State *)op;
    const vms_python_class *table = self->layout->table;
    uint32_t version;
    bool any = false;
    for (size_t i = 0; i < table->hook_count; i++)
        any |= table->hooks[i].field != NULL;
    PyObject *coded = PyList_New(0);
    if (!coded || !any)
        return coded;
    PyObject *bytes = vms_version_of(number, &version) ? NULL : save_growing(self, version, coded);
    if (!bytes)
        Py_CLEAR(coded);
    Py_XDECREF(bytes);
    return coded;
}

/* The length of what was written; -1 with an exception. */
static Py_ssize_t save_to_room(State *self, const Py_buffer *buffer, size_t offset)
{
    uint8_t *room = (uint8_t *)buffer->buf + offset;
    size_t size = (size_t)buffer->len - offset;
    vms_writer w;
    if (!vms_state_has(self, buffer, offset)) {
        vms_writer_init(&w, room, size);
        return vms_state_save_to(self, &w, self->layout->device->version) ? -1 : w.p - room;
    }
    uint8_t *beside = PyMem_Malloc(size);
    if (!beside) {
        PyErr_NoMemory();
        return -1;
    }
    vms_writer_init(&w, beside, size);
    Py_ssize_t written = vms_state_save_to(self, &w, self->layout->device->version) ? -1 : w.p - beside;
    if (written > 0)
        memcpy(room, beside, (size_t)written);
    PyMem_Free(beside);
    return written;
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
    Py_ssize_t written = -1;
    if (offset < 0 || offset > buffer.len)
        PyErr_Format(PyExc_IndexError, "offset %zd is outside the buffer of %zd bytes", offset, buffer.len);
    else
        written = save_to_room(self, &buffer, (size_t)offset);
    PyBuffer_Release(&buffer);
    return written < 0 ? NULL : PyLong_FromSsize_t(written);
}

__attribute__((noinline)) static int ask_needed(State *self)
{
    const vms_python_class *table = self->layout->table;
    vms_python_call call;
    vms_python_call_init(&call, self);
    Memory *memory = (Memory *)Py_NewRef((PyObject *)self->memory);
    int answer = table->needed(self->data, &call, self->binding->table);
    Py_XDECREF(call.view);
    Py_DECREF((PyObject *)memory);
    if (answer < 0 && !PyErr_Occurred())
        PyErr_Format(PyExc_ArithmeticError, "%s: whether it is needed cannot be computed", table->name);
    return answer;
}

/* Is the section of the device to be sent at all? 1, 0, or -1 with an exception. */
int vms_state_is_needed(State *self)
{
    return self->layout->table->needed ? ask_needed(self) : 1;
}

PyObject *vms_state_needed(PyObject *op, PyObject *unused)
{
    (void)unused;
    int answer = vms_state_is_needed((State *)op);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}
