/* python_sections.c: many states with the bytes that stand around each in a stream: all saved by one call.
 *
 * The GIL is held: hooks in Python run within the same call, and nothing else changes a state meanwhile. Only waiting for
 * a channel's bytes lets others run. */
#include "python_sections.h"

/* Making --------------------------------------------------------------------------------------------------------- */

static int take_item(Section *section, PyObject *item)
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
    section->header = (const uint8_t *)PyBytes_AsString(header);
    section->header_size = (size_t)PyBytes_Size(header);
    section->footer = (const uint8_t *)PyBytes_AsString(footer);
    section->footer_size = (size_t)PyBytes_Size(footer);
    section->start = -1;
    section->state = (State *)state;
    const Layout *layout = section->state->layout;
    if (layout->device->save && layout->device->load)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no section of its own", layout->table->name);
    return -1;
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
    Py_ssize_t count = PyTuple_Size(keep);
    Sections *self = (Sections *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self) {
        Py_DECREF(keep);
        return NULL;
    }
    self->keep = keep;
    self->failed = -1;
    self->items = PyMem_Calloc(count ? (size_t)count : 1, sizeof self->items[0]);
    if (!self->items)
        PyErr_NoMemory();
    for (; self->items && self->count < count; self->count++)
        if (take_item(&self->items[self->count], PyTuple_GetItem(keep, self->count)))
            break;
    if (!PyErr_Occurred())
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

/* Saving: into a bytes object, as large as the last one was ----------------------------------------------------------- */

typedef struct growing {
    vms_writer w;
    PyObject *bytes;
    uint8_t *base;
} growing;

static int room_new(growing *out, size_t size)
{
    PyObject *bytes = size <= PY_SSIZE_T_MAX ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size) : PyErr_NoMemory();
    if (!bytes)
        return -1;
    uint8_t *base = (uint8_t *)PyBytes_AsString(bytes);
    size_t used = out->bytes ? (size_t)(out->w.p - out->base) : 0;
    if (used)
        memcpy(base, out->base, used);
    Py_XDECREF(out->bytes);
    out->bytes = bytes;
    out->base = base;
    out->w.p = base + used;
    out->w.end = base + size;
    return 0;
}

static int grow(vms_writer *w, size_t need)
{
    growing *out = (growing *)w;
    size_t used = (size_t)(w->p - out->base), size = (size_t)(w->end - out->base);
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    PyObject *type, *raised, *trace;        /* post_save may write while an exception waits */
    PyErr_Fetch(&type, &raised, &trace);
    int failed = room_new(out, 2 * size < used + need ? used + need : 2 * size);
    PyErr_Clear();                          /* the writer's refusal says it */
    PyErr_Restore(type, raised, trace);
    return failed;
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

static int save_section(Section *section, growing *out)
{
    State *state = section->state;
    int needed = vms_state_is_needed(state);
    if (needed < 0)
        return -1;
    section->start = -1;
    if (!needed)
        return 0;
    Py_ssize_t start = out->w.p - out->base;
    if (put(&out->w, section->header, section->header_size))
        return -1;
    section->body = out->w.p - out->base;
    out->w.opaque = NULL;
    out->w.error.code = VMS_OK;
    out->w.error.hook_count = 0;
    if (vms_state_save_to(state, &out->w, state->layout->device->version))
        return -1;
    section->end = out->w.p - out->base;
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

static PyObject *sections_save(PyObject *op, PyObject *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    growing out = {.bytes = NULL};
    if (vms_sections_begin(self))
        return NULL;
    vms_writer_init(&out.w, NULL, 0);
    out.w.flush = grow;
    int failed = room_new(&out, self->last_size ? self->last_size : 4096);
    for (Py_ssize_t i = 0; !failed && i < self->count; i++) {
        if (i + 1 < self->count)
            fetch(self->items[i + 1].state);
        if ((failed = save_section(&self->items[i], &out)))
            self->failed = i;
    }
    self->busy = false;
    if (failed) {
        Py_XDECREF(out.bytes);
        return NULL;
    }
    size_t used = (size_t)(out.w.p - out.base);
    self->last_size = used;
    if (out.w.p == out.w.end)
        return out.bytes;
    PyObject *shorter = PyBytes_FromStringAndSize((const char *)out.base, (Py_ssize_t)used);
    Py_DECREF(out.bytes);
    return shorter;
}

/* What the last call did ------------------------------------------------------------------------------------------- */

static PyObject *sections_spans(PyObject *op, void *unused)
{
    (void)unused;
    Sections *self = (Sections *)op;
    PyObject *spans = PyList_New(0);
    for (Py_ssize_t i = 0; spans && i < self->count; i++) {
        const Section *section = &self->items[i];
        PyObject *span = section->start < 0 ? Py_NewRef(Py_None)
                                            : Py_BuildValue("nnn", section->start, section->body, section->end);
        if (!span || PyList_Append(spans, span))
            Py_CLEAR(spans);
        Py_XDECREF(span);
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
        if (PyList_Append(list, self->items[i].state->layout->table->needed ? Py_True : Py_False))
            Py_CLEAR(list);
    return list;
}

static Py_ssize_t sections_length(PyObject *op)
{
    return ((Sections *)op)->count;
}

static PyMethodDef sections_methods[] = {
    {"save", sections_save, METH_NOARGS,
     "save($self, /)\n--\n\nAll of them that are needed: header, body, footer, one after the other."},
    {"load", vms_sections_load, METH_VARARGS,
     "load($self, number, data, offset, version, before, /)\n--\n\nLoads one body, which begins at byte `offset` of `data`. "
     "Returns where it ends.\n\n`before`: bytes of the stream before `data`, for what errors say."},
    {"pull", vms_sections_pull, METH_VARARGS,
     "pull($self, number, reader, version, /)\n--\n\nLoads one body from the vms_reader at the address `reader`."},
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
