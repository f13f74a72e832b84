/* python_cursor.c: Reader and Writer, what hooks read from and write to that code bytes themselves. */
#include "python_types.h"

typedef struct Cursor {
    PyObject_HEAD
    vms_reader *r;              /* one of the two, while the hook runs */
    vms_writer *w;
    PyObject *raised;           /* what it raised for the cursor's error */
    bool wrote;
} Cursor;

PyObject *vms_cursor_new(vms_python_cursor kind, void *cursor)
{
    PyTypeObject *type = kind == VMS_PYTHON_READER ? vms_reader_type : vms_writer_type;
    Cursor *self = (Cursor *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self && kind == VMS_PYTHON_READER)
        self->r = (vms_reader *)cursor;
    else if (self)
        self->w = (vms_writer *)cursor;
    return (PyObject *)self;
}

bool vms_cursor_close(PyObject *op, PyObject *raised)
{
    Cursor *self = (Cursor *)op;
    vms_error *error = self->r ? &self->r->error : &self->w->error;
    bool own = raised && raised == self->raised && error->code != VMS_OK;
    if (!own)
        error->code = VMS_OK;       /* the hook made something else of it */
    self->r = NULL;
    self->w = NULL;
    return own;
}

bool vms_cursor_wrote(PyObject *op)
{
    return ((Cursor *)op)->wrote;
}

static int closed(void)
{
    PyErr_SetString(PyExc_ValueError, "the hook that this was for is over");
    return -1;
}

/* Raises the cursor's error; if the hook lets it through, it is told again with the place. Returns NULL. */
static PyObject *failed(Cursor *self, const char *part, const char *message)
{
    PyObject *class = vms_python_part(part);
    PyObject *exception = class ? PyObject_CallFunction(class, "s", message) : NULL;
    if (!exception)
        return NULL;
    PyErr_SetObject(class, exception);
    vms_replace(&self->raised, exception);
    return NULL;
}

static const uint8_t *take(Cursor *self, size_t size)
{
    if (!self->r) {
        closed();
        return NULL;
    }
    self->r->error.code = VMS_OK;
    const uint8_t *p = vms_take(self->r, size, "");
    if (!p)
        failed(self, "truncated", "the data ends");
    return p;
}

static uint8_t *room(Cursor *self, size_t size)
{
    if (!self->w) {
        closed();
        return NULL;
    }
    self->w->error.code = VMS_OK;
    uint8_t *p = vms_room(self->w, size);
    if (!p)
        failed(self, "full", "no room for what is to be saved");
    else if (size)
        self->wrote = true;
    return p;
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

#define GET(name, size, expression)                                                     \
    static PyObject *name(PyObject *op, PyObject *unused)                               \
    {                                                                                   \
        (void)unused;                                                                   \
        const uint8_t *p = take((Cursor *)op, size);                                    \
        return p ? expression : NULL;                                                   \
    }
GET(get_byte, 1, PyLong_FromLong(*p))
GET(get_sbyte, 1, PyLong_FromLong((int8_t)*p))
GET(get_be16, 2, PyLong_FromLong(vms_get16(p)))
GET(get_sbe16, 2, PyLong_FromLong((int16_t)vms_get16(p)))
GET(get_be32, 4, PyLong_FromUnsignedLong(vms_get32(p)))
GET(get_sbe32, 4, PyLong_FromLong((int32_t)vms_get32(p)))
GET(get_be64, 8, PyLong_FromUnsignedLongLong(vms_get64(p)))
GET(get_sbe64, 8, PyLong_FromLongLong((int64_t)vms_get64(p)))

static PyObject *get_buffer(PyObject *op, PyObject *size)
{
    Py_ssize_t count = PyNumber_AsSsize_t(size, PyExc_OverflowError);
    if (count == -1 && PyErr_Occurred())
        return NULL;
    if (count < 0)
        return PyErr_Format(PyExc_ValueError, "a buffer of %zd bytes", count);
    const uint8_t *p = take((Cursor *)op, (size_t)count);
    return p ? PyBytes_FromStringAndSize((const char *)p, count) : NULL;
}

static PyObject *get_counted_string(PyObject *op, PyObject *unused)
{
    (void)unused;
    const uint8_t *p = take((Cursor *)op, 1);
    size_t size = p ? *p : 0;
    p = p ? take((Cursor *)op, size) : NULL;
    return p ? PyUnicode_DecodeUTF8((const char *)p, (Py_ssize_t)size, "surrogateescape") : NULL;
}

static PyObject *get_offset(PyObject *op, void *unused)
{
    (void)unused;
    Cursor *self = (Cursor *)op;
    if (!self->r) {
        closed();
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(self->r->end_offset - (uint64_t)(self->r->end - self->r->p));
}

/* Writing ---------------------------------------------------------------------------------------------------------- */

static PyObject *put_number(PyObject *op, PyObject *value, size_t size, bool is_signed)
{
    PyObject *index = PyNumber_Index(value);
    if (!index)
        return NULL;
    unsigned bits = 8 * (unsigned)size;
    uint64_t number;
    bool fits;
    if (is_signed) {
        int overflow;
        int64_t v = PyLong_AsLongLongAndOverflow(index, &overflow);
        fits = !overflow && (bits == 64 || (v >= -((int64_t)1 << (bits - 1)) && v < (int64_t)1 << (bits - 1)));
        number = (uint64_t)v;
    } else {
        number = PyLong_AsUnsignedLongLong(index);
        fits = !PyErr_Occurred() && (bits == 64 || number >> bits == 0);
        PyErr_Clear();
    }
    if (!fits)
        PyErr_Format(PyExc_OverflowError, "%R does not fit into %u bits%s", index, bits, is_signed ? ", signed" : "");
    Py_DECREF(index);
    uint8_t *p = fits ? room((Cursor *)op, size) : NULL;
    if (!p)
        return NULL;
    switch (size) {
    case 1: *p = (uint8_t)number; break;
    case 2: vms_put16(p, (uint16_t)number); break;
    case 4: vms_put32(p, (uint32_t)number); break;
    default: vms_put64(p, number); break;
    }
    Py_RETURN_NONE;
}

#define PUT(name, size, is_signed) \
    static PyObject *name(PyObject *op, PyObject *value) { return put_number(op, value, size, is_signed); }
PUT(put_byte, 1, false)
PUT(put_sbyte, 1, true)
PUT(put_be16, 2, false)
PUT(put_sbe16, 2, true)
PUT(put_be32, 4, false)
PUT(put_sbe32, 4, true)
PUT(put_be64, 8, false)
PUT(put_sbe64, 8, true)

static PyObject *put_bytes(PyObject *op, const void *bytes, size_t size)
{
    uint8_t *p = room((Cursor *)op, size);
    if (!p)
        return NULL;
    if (size)
        memcpy(p, bytes, size);
    Py_RETURN_NONE;
}

static PyObject *put_buffer(PyObject *op, PyObject *data)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE))
        return NULL;
    PyObject *done = put_bytes(op, buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return done;
}

static PyObject *put_counted_string(PyObject *op, PyObject *text)
{
    PyObject *bytes = PyUnicode_Check(text) ? PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape") : NULL;
    if (!bytes)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "a str, not %R", text);
    PyObject *done = NULL;
    Py_ssize_t size = PyBytes_Size(bytes);
    if (size > 255) {
        PyErr_Format(PyExc_ValueError, "a counted string has at most 255 bytes, not %zd", size);
    } else {
        uint8_t *p = room((Cursor *)op, 1 + (size_t)size);
        if (p) {
            *p = (uint8_t)size;
            memcpy(p + 1, PyBytes_AsString(bytes), (size_t)size);
            done = Py_NewRef(Py_None);
        }
    }
    Py_DECREF(bytes);
    return done;
}

/* Types ------------------------------------------------------------------------------------------------------------ */

static void cursor_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(((Cursor *)op)->raised);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

#define BOTH(name, what)                                                                        \
    {"get_" #name, get_##name, METH_NOARGS, "get_" #name "($self, /)\n--\n\nThe next " what "."}
static PyMethodDef reader_methods[] = {
    BOTH(byte, "byte"), BOTH(sbyte, "byte, signed"), BOTH(be16, "two bytes"), BOTH(sbe16, "two bytes, signed"),
    BOTH(be32, "four bytes"), BOTH(sbe32, "four bytes, signed"), BOTH(be64, "eight bytes"),
    BOTH(sbe64, "eight bytes, signed"), BOTH(counted_string, "byte, and as many bytes as it says, as text"),
    {"get_buffer", get_buffer, METH_O, "get_buffer($self, size, /)\n--\n\nThe next `size` bytes."},
    {NULL, NULL, 0, NULL},
};
#undef BOTH
#define BOTH(name, what)                                                                        \
    {"put_" #name, put_##name, METH_O, "put_" #name "($self, value, /)\n--\n\nWrites " what "."}
static PyMethodDef writer_methods[] = {
    BOTH(byte, "a byte"), BOTH(sbyte, "a byte, signed"), BOTH(be16, "two bytes"), BOTH(sbe16, "two bytes, signed"),
    BOTH(be32, "four bytes"), BOTH(sbe32, "four bytes, signed"), BOTH(be64, "eight bytes"),
    BOTH(sbe64, "eight bytes, signed"), BOTH(counted_string, "a byte, the number of bytes of the text, and these"),
    BOTH(buffer, "bytes as they are"),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef reader_getset[] = {
    {"offset", get_offset, NULL, "of the next byte, from the start of the data", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, (void *)"Where a hook reads from. Numbers are big-endian. Valid while the hook runs."},
    {Py_tp_dealloc, (void *)cursor_dealloc},
    {Py_tp_methods, (void *)reader_methods},
    {Py_tp_getset, (void *)reader_getset},
    {0, NULL},
};
static PyType_Slot writer_slots[] = {
    {Py_tp_doc, (void *)"Where a hook writes to. Numbers are big-endian. Valid while the hook runs."},
    {Py_tp_dealloc, (void *)cursor_dealloc},
    {Py_tp_methods, (void *)writer_methods},
    {0, NULL},
};

#define SPEC(kind, label)                                                                                       \
    PyType_Spec vms_##kind##_spec = {                                                                           \
        .name = "vmstate." label,                                                                               \
        .basicsize = sizeof(Cursor),                                                                            \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,             \
        .slots = kind##_slots,                                                                                  \
    };
SPEC(reader, "Reader")
SPEC(writer, "Writer")
