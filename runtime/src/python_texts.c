/* python_texts.c: many bytes that stand one after the other in a stream, and are not joined before. */
#include "python_texts.h"

enum { FIRST = 16 };

/* Room for one more. Non-zero with MemoryError. */
static int make_room(Texts *self)
{
    if (self->count < self->room)
        return 0;
    size_t room = self->room ? 2 * self->room : FIRST;
    PyObject **held = (PyObject **)PyMem_Realloc(self->held, room * sizeof *held);
    self->held = held ? held : self->held;
    vms_file_part *parts = held ? (vms_file_part *)PyMem_Realloc(self->parts, 2 * room * sizeof *parts) : NULL;
    if (!parts) {
        PyErr_NoMemory();
        return -1;
    }
    self->parts = parts;
    self->room = room;
    return 0;
}

static void add(Texts *self, vms_file_part part)
{
    self->parts[self->used++] = part;
    self->size += part.size;
}

int vms_texts_append(Texts *self, PyObject *text)
{
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(text, &bytes, &size))
        return -1;
    if (!size) {
        PyErr_SetString(PyExc_ValueError, "a text is not empty");
        return -1;
    }
    if (make_room(self))
        return -1;
    self->held[self->count++] = Py_NewRef(text);
    if (self->used)
        add(self, self->comma);
    add(self, (vms_file_part){bytes, (size_t)size});
    return 0;
}

static PyObject *texts_append(PyObject *op, PyObject *text)
{
    return vms_texts_append((Texts *)op, text) ? NULL : Py_NewRef(Py_None);
}

static PyObject *texts_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"between", NULL};
    PyObject *between;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "S:Texts", names, &between))
        return NULL;
    Texts *self = (Texts *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self) {
        self->between = Py_NewRef(between);
        self->comma = (vms_file_part){PyBytes_AsString(between), (size_t)PyBytes_Size(between)};
    }
    return (PyObject *)self;
}

static void texts_dealloc(PyObject *op)
{
    Texts *self = (Texts *)op;
    PyTypeObject *type = Py_TYPE(op);
    for (size_t i = 0; i < self->count; i++)
        Py_DECREF(self->held[i]);
    PyMem_Free(self->held);
    PyMem_Free(self->parts);
    Py_XDECREF(self->between);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

static PyObject *texts_size(PyObject *op, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(((Texts *)op)->size);
}

static PyObject *texts_parts(PyObject *op, void *unused)
{
    (void)unused;
    const Texts *self = (Texts *)op;
    return PyBytes_FromStringAndSize((const char *)self->parts, (Py_ssize_t)(self->used * sizeof *self->parts));
}

static PyMethodDef texts_methods[] = {
    {"append", texts_append, METH_O, "append($self, text, /)\n--\n\nBytes, which are held, and not copied."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef texts_getset[] = {
    {"size", texts_size, NULL, "bytes of all of them, and of what stands between them", NULL},
    {"parts", texts_parts, NULL, "where they are: an array of vms_file_part, good as long as this lives", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot texts_slots[] = {
    {Py_tp_doc, (void *)"Texts(between)\n--\n\nWhat `between.join(...)` of all that are appended would be, without it."},
    {Py_tp_new, (void *)texts_new},
    {Py_tp_dealloc, (void *)texts_dealloc},
    {Py_tp_methods, (void *)texts_methods},
    {Py_tp_getset, (void *)texts_getset},
    {0, NULL},
};

PyType_Spec vms_texts_spec = {
    .name = "vmstate._native.Texts",
    .basicsize = sizeof(Texts),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = texts_slots,
};
