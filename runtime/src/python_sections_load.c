/* python_sections_load.c: loading one of many sections, from bytes that are there or through another cursor. */
#include "python_sections.h"

static Section *section_at(Sections *self, Py_ssize_t number)
{
    if (number >= 0 && number < self->count)
        return &self->items[number];
    PyErr_Format(PyExc_IndexError, "there are %zd sections, none is number %zd", self->count, number);
    return NULL;
}

static int load_section(Sections *self, Py_ssize_t number, vms_reader *r, uint32_t version)
{
    Section *section = section_at(self, number);
    if (!section || !vms_state_may_load(section->state) || vms_sections_begin(self))
        return -1;
    r->whole = false;
    r->receiver = true;
    int failed = vms_state_load_from(section->state, r, version);
    if (failed)
        self->failed = number;
    self->busy = false;
    return failed;
}

PyObject *vms_sections_load(PyObject *op, PyObject *args)
{
    Py_ssize_t number, offset;
    Py_buffer data;
    unsigned long long before;
    PyObject *wanted;
    uint32_t version;
    if (!PyArg_ParseTuple(args, "ny*nOK:load", &number, &data, &offset, &wanted, &before))
        return NULL;
    PyObject *end = NULL;
    vms_reader r;
    if (offset < 0 || offset > data.len) {
        PyErr_Format(PyExc_IndexError, "offset %zd is outside the %zd bytes", offset, data.len);
    } else if (!vms_version_of(wanted, &version)) {
        const uint8_t *start = data.buf ? (const uint8_t *)data.buf : (const uint8_t *)"";
        vms_reader_init(&r, start, (size_t)data.len);
        r.p = start + offset;
        r.end_offset = before + (uint64_t)data.len;
        if (!load_section((Sections *)op, number, &r, version))
            end = PyLong_FromSsize_t(r.p - start);
    }
    PyBuffer_Release(&data);
    return end;
}

/* Between Python and a channel's cursor: whoever waits for a channel does so without the GIL. */
typedef struct pulling {
    vms_reader r;
    vms_reader *channel;
} pulling;

static int pull(vms_reader *r, size_t need)
{
    pulling *self = (pulling *)r;
    vms_reader *channel = self->channel;
    channel->p = r->p;
    PyThreadState *thread = PyEval_SaveThread();
    int failed = channel->refill(channel, need);
    PyEval_RestoreThread(thread);
    r->p = channel->p;
    r->end = channel->end;
    r->end_offset = channel->end_offset;
    return failed;
}

PyObject *vms_sections_pull(PyObject *op, PyObject *args)
{
    Py_ssize_t number;
    PyObject *address, *wanted;
    uint32_t version;
    if (!PyArg_ParseTuple(args, "nO" "O:pull", &number, &address, &wanted) || vms_version_of(wanted, &version))
        return NULL;
    pulling self = {.channel = PyLong_AsVoidPtr(address)};
    if (!self.channel) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "no cursor has the address 0");
        return NULL;
    }
    vms_reader_init(&self.r, NULL, 0);
    self.r.p = self.channel->p;
    self.r.end = self.channel->end;
    self.r.end_offset = self.channel->end_offset;
    self.r.refill = self.channel->refill ? pull : NULL;
    int failed = load_section((Sections *)op, number, &self.r, version);
    self.channel->p = self.r.p;
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}
