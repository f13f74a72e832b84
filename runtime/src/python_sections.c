/* python_sections.c: many states with the bytes that stand around each in a stream: all saved by one call.
 *
 * The GIL is held: hooks in Python run within the same call, and nothing else changes a state meanwhile. Only waiting for
 * a channel's bytes lets others run. */
#include "python_sections.h"

/* Making --------------------------------------------------------------------------------------------------------- */

enum { LONGEST = 1 << 20 };

/* Bytes in front of a state and behind it, or -1 with an exception. */
static Py_ssize_t frame_size(PyObject *item)
{
    if (!PyTuple_Check(item) || PyTuple_Size(item) != 3) {
        PyErr_SetString(PyExc_TypeError, "a section is a tuple: header, state, footer");
        return -1;
    }
    PyObject *header = PyTuple_GetItem(item, 0), *state = PyTuple_GetItem(item, 1), *footer = PyTuple_GetItem(item, 2);
    if (!PyBytes_Check(header) || !PyBytes_Check(footer) || !PyType_IsSubtype(Py_TYPE(state), vms_state_type)) {
        PyErr_SetString(PyExc_TypeError, "a section is bytes, a state, bytes");
        return -1;
    }
    const Layout *layout = ((State *)state)->layout;
    if (!layout->device->save || !layout->device->load) {
        PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no section of its own", layout->table->name);
        return -1;
    }
    Py_ssize_t header_size = PyBytes_Size(header), footer_size = PyBytes_Size(footer);
    if (header_size > LONGEST || footer_size > LONGEST) {
        PyErr_Format(PyExc_ValueError, "more than %d bytes around a state", LONGEST);
        return -1;
    }
    return header_size + footer_size;
}

static uint8_t *take_bytes(uint8_t *to, PyObject *bytes, uint32_t *size)
{
    *size = (uint32_t)PyBytes_Size(bytes);
    memcpy(to, PyBytes_AsString(bytes), *size);
    return to + *size;
}

/* A state of its own, and no hook: then nothing but C is needed to save it. A view of an element may be moved. */
static void find_short_way(Section *section)
{
    const State *state = section->state;
    const vms_device *device = state->layout->device;
    uint64_t frame = (uint64_t)section->header_size + section->footer_size + VMS_SECTION_SHORT;
    section->data = state->data;
    if (state->binding->table || state->data != state->memory->data)
        return;
    if (device->size_max > VMS_SECTION_DIRECT || frame > VMS_SECTION_DIRECT)
        return;
    section->save = device->save;
    section->most = (size_t)(frame + device->size_max);
}

/* Headers and footers are copied, so that they lie as they are read: each in its own object is a wait for memory. */
static int take_items(Sections *self)
{
    Py_ssize_t count = PyTuple_Size(self->keep), size = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t one = frame_size(PyTuple_GetItem(self->keep, i));
        if (one < 0)
            return -1;
        size += one;
    }
    self->items = PyMem_Calloc((size_t)count + 1, sizeof self->items[0]);
    uint8_t *to = self->frames = PyMem_Calloc((size_t)size + VMS_SECTION_SHORT, 1);
    if (!self->items || !self->frames) {
        PyErr_NoMemory();
        return -1;
    }
    for (; self->count < count; self->count++) {
        PyObject *item = PyTuple_GetItem(self->keep, self->count);
        Section *section = &self->items[self->count];
        section->end = -1;
        section->state = (State *)PyTuple_GetItem(item, 1);
        section->optional = section->state->layout->table->needed != NULL;
        section->header = to;
        to = take_bytes(to, PyTuple_GetItem(item, 0), &section->header_size);
        to = take_bytes(to, PyTuple_GetItem(item, 2), &section->footer_size);
        find_short_way(section);
    }
    return 0;
}

static PyObject *sections_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"items", NULL};
    PyObject *items;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Sections", names, &items))
        return NULL;
    PyObject *keep = PySequence_Tuple(items);
    if (!keep)
        return NULL;
    Sections *self = (Sections *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self) {
        Py_DECREF(keep);
        return NULL;
    }
    self->keep = keep;
    self->failed = -1;
    if (!take_items(self))
        return (PyObject *)self;
    Py_DECREF((PyObject *)self);
    return NULL;
}

static int sections_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Sections *)op)->keep);
    return 0;
}

/* No tp_clear: a cycle runs through a device's own dict, which the collector clears. */
static void sections_dealloc(PyObject *op)
{
    Sections *self = (Sections *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    PyMem_Free(self->items);
    PyMem_Free(self->frames);
    Py_XDECREF(self->store);
    Py_XDECREF(self->keep);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

int vms_sections_begin(Sections *self)
{
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "a hook saves or loads the sections that it is called for");
        return -1;
    }
    self->busy = true;
    self->failed = -1;
    return 0;
}

/* What the last call did ------------------------------------------------------------------------------------------- */

static PyObject *sections_spans(PyObject *op, void *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    PyObject *spans = PyList_New(0);
    Py_ssize_t start = 0;
    for (Py_ssize_t i = 0; spans && i < self->count; i++) {
        const Section *section = &self->items[i];
        Py_ssize_t end = section->end;
        PyObject *span = end < 0 ? Py_NewRef(Py_None) : Py_BuildValue("nnn", start, start + section->header_size, end);
        if (!span || PyList_Append(spans, span))
            Py_CLEAR(spans);
        Py_XDECREF(span);
        if (end >= 0)
            start = end + section->footer_size;
    }
    return spans;
}

static PyObject *sections_failed(PyObject *op, void *unused)
{
    (void)unused;
    Py_ssize_t failed = ((Sections *)op)->failed;
    return failed < 0 ? Py_NewRef(Py_None) : PyLong_FromSsize_t(failed);
}

static PyObject *sections_optional(PyObject *op, void *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < self->count; i++)
        if (PyList_Append(list, self->items[i].optional ? Py_True : Py_False))
            Py_CLEAR(list);
    return list;
}

static Py_ssize_t sections_length(PyObject *op)
{
    return ((Sections *)op)->count;
}

static PyMethodDef sections_methods[] = {
    {"save_to", (PyCFunction)(void (*)(void))vms_sections_save_to, METH_FASTCALL,
     "save_to($self, put, writer=None, /)\n--\n\nCalls `put` with memoryviews of what `save` returns, piece after piece. They "
     "may be kept.\n\n`writer`: address of the vms_writer of the file that `put` puts to; what is certain to find room goes "
     "there by itself. False if that file failed: it knows why."},
    {"save", vms_sections_save, METH_NOARGS,
     "save($self, /)\n--\n\nAll of them that are needed: header, body, footer, one after the other."},
    {"describe", (PyCFunction)(void (*)(void))vms_sections_describe, METH_FASTCALL,
     "describe($self, how, texts, /)\n--\n\nAppends what a description says of those that the last save wrote, a text for "
     "each.\n\n`how`, of each section: what is always said, bytes; its name and "
     "instance id, where the state says it; or what returns it, given the bytes of its body."},
    {"load", vms_sections_load, METH_VARARGS,
     "load($self, number, data, offset, version, before, /)\n--\n\nLoads one body, which begins at byte `offset` of `data`. "
     "Returns where it ends.\n\n`before`: bytes of the stream before `data`, for what errors say."},
    {"pull", vms_sections_pull, METH_VARARGS,
     "pull($self, number, reader, version, /)\n--\n\nLoads one body from the vms_reader at the address `reader`."},
    {"keep", vms_sections_keep, METH_NOARGS, "keep($self, /)\n--\n\nAll states as they are, for put_back()."},
    {"put_back", vms_sections_put_back, METH_O,
     "put_back($self, kept, /)\n--\n\nMakes all states what they were; no hook is called."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef sections_getset[] = {
    {"spans", sections_spans, NULL, "of the last save: start, start of the body, end of the body; None where not needed", NULL},
    {"optional", sections_optional, NULL, "bool for each: does a stream have it only if it is needed?", NULL},
    {"failed", sections_failed, NULL, "which one was refused last, or None", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot sections_slots[] = {
    {Py_tp_doc, (void *)"States with the bytes that stand around each of them in a stream."},
    {Py_tp_new, (void *)sections_new},
    {Py_tp_dealloc, (void *)sections_dealloc},
    {Py_tp_traverse, (void *)sections_traverse},
    {Py_tp_methods, (void *)sections_methods},
    {Py_tp_getset, (void *)sections_getset},
    {Py_sq_length, (void *)sections_length},
    {0, NULL},
};

PyType_Spec vms_sections_spec = {
    .name = "vmstate._native.Sections",
    .basicsize = sizeof(Sections),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sections_slots,
};
