/* python_state.c: State, the base of Device and Struct: a place in a memory, seen through a class. */
#include "python_types.h"

static State *state_alloc(Binding *binding)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(binding->cls, Py_tp_alloc);
    State *self = (State *)allocate(binding->cls, 0);
    if (self) {
        Py_INCREF((PyObject *)binding);
        self->binding = binding;
        self->layout = binding->layout;
    }
    return self;
}

/* A view of what is in the memory already. */
State *vms_state_at(Binding *binding, Memory *memory, uint8_t *data)
{
    Py_INCREF((PyObject *)memory);      /* before anything can run */
    State *self = state_alloc(binding);
    if (!self) {
        Py_DECREF((PyObject *)memory);
        return NULL;
    }
    self->memory = memory;
    self->data = data;
    return self;
}

static PyObject *state_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    PyObject *binding = PyObject_GetAttr((PyObject *)type, vms_str_binding);
    if (!binding || !Py_IS_TYPE(binding, vms_binding_type) || ((Binding *)binding)->cls != type) {
        PyErr_Clear();
        Py_XDECREF(binding);
        return PyErr_Format(PyExc_TypeError, "%R has no state of its own; make objects of a generated class", type);
    }
    State *self = state_alloc((Binding *)binding);
    Py_DECREF(binding);
    if (!self)
        return NULL;
    const vms_device *device = self->layout->device;
    self->memory = vms_memory_new(device->state_size, device->element);
    if (!self->memory) {
        Py_DECREF((PyObject *)self);
        return NULL;
    }
    self->data = self->memory->data;
    device->init(self->data);
    return (PyObject *)self;
}

static int state_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    State *self = (State *)op;
    if (PyTuple_Size(args) != 0) {
        PyErr_Format(PyExc_TypeError, "%s takes its fields by name, as in %s(field=1)", self->layout->table->name,
                     self->layout->table->name);
        return -1;
    }
    return kwargs && PyDict_Size(kwargs) ? vms_assign(self, kwargs) : 0;
}

static int state_traverse(PyObject *op, visitproc visit, void *arg)
{
    State *self = (State *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->binding);
    if (self->cache)
        for (size_t i = 0; i < self->layout->table->member_count; i++)
            Py_VISIT(self->cache[i]);
    return 0;
}

/* Only the cache: memory and binding stay, so that an object is never half alive. */
static int state_clear(PyObject *op)
{
    State *self = (State *)op;
    PyObject **cache = self->cache;
    self->cache = NULL;
    if (cache)
        for (size_t i = 0; i < self->layout->table->member_count; i++)
            Py_XDECREF(cache[i]);
    PyMem_Free(cache);
    return 0;
}

void vms_state_forget_cached(State *self)
{
    state_clear((PyObject *)self);
}

static void state_dealloc(PyObject *op)
{
    State *self = (State *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    state_clear(op);
    vms_described_free(self->described);
    Py_XDECREF((PyObject *)self->memory);
    Py_XDECREF((PyObject *)self->binding);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

PyObject **vms_state_cached(State *self, const Field *field)
{
    if (!self->cache) {
        self->cache = PyMem_Calloc(self->layout->table->member_count, sizeof self->cache[0]);
        if (!self->cache) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    return &self->cache[field->index];
}

/* Python: what state.py builds on --------------------------------------------------------------------------------- */

static PyObject *state_compare(PyObject *op, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || !PyType_IsSubtype(Py_TYPE(other), vms_state_type) ||
        ((State *)other)->layout != ((State *)op)->layout)
        Py_RETURN_NOTIMPLEMENTED;
    State *self = (State *)op;
    int equal = vms_states_equal(self->layout, self->data, ((State *)other)->data, self->binding);
    return PyBool_FromLong(equal == (operation == Py_EQ));
}

/* update(): a dict, all of it or nothing. */
static PyObject *state_assign(PyObject *op, PyObject *values)
{
    if (!PyDict_Check(values)) {
        PyErr_SetString(PyExc_TypeError, "a dict");
        return NULL;
    }
    if (vms_assign((State *)op, values))
        return NULL;
    Py_RETURN_NONE;
}

/* The bytes of the state itself, for whatever takes a buffer. */
static PyObject *state_memory(PyObject *op, PyObject *unused)
{
    (void)unused;
    State *self = (State *)op;
    return vms_window_on_bytes(self->memory, self->data, self->layout->device->state_size);
}

static PyObject *state_present_bits(PyObject *op, PyObject *unused)
{
    (void)unused;
    State *self = (State *)op;
    uint64_t bits = 0;
    if (self->layout->device->present_offset != SIZE_MAX)
        memcpy(&bits, self->data + self->layout->device->present_offset, sizeof bits);
    return PyLong_FromUnsignedLongLong(bits);
}

static PyObject *state_binding(PyObject *op, PyObject *unused)
{
    (void)unused;
    return Py_NewRef((PyObject *)((State *)op)->binding);
}

static PyMethodDef state_methods[] = {
    {"save", (PyCFunction)(void (*)(void))vms_state_save, METH_FASTCALL | METH_KEYWORDS,
     "save($self, version=None)\n--\n\nThe state as the bytes of a VMState body, in the newest version or an older one.\n\n"
     "Raises InexpressibleError if the older one has no room for something in the state."},
    {"save_into", (PyCFunction)(void (*)(void))vms_state_save_into, METH_FASTCALL | METH_KEYWORDS,
     "save_into($self, buffer, offset=0)\n--\n\nSaves into a writable buffer, from byte `offset` on. Returns the number of "
     "bytes.\n\nRaises BufferTooSmallError if they do not fit; what was written by then stays."},
    {"restore", (PyCFunction)(void (*)(void))vms_state_restore, METH_FASTCALL | METH_KEYWORDS,
     "restore($self, data, version)\n--\n\nLoads the body `data`, of that version, in place.\n\nRaises a VMStateError, and "
     "leaves the fields as they were, if it is refused."},
    {"__take__", (PyCFunction)(void (*)(void))vms_state_take, METH_FASTCALL | METH_KEYWORDS,
     "__take__($self, data, version)\n--\n\nrestore() for an object that had no state before."},
    {"describe", (PyCFunction)(void (*)(void))vms_state_describe, METH_FASTCALL | METH_KEYWORDS,
     "describe($self, name=None, instance_id=0, version=None)\n--\n\nThe entry in the description at the end of a stream, "
     "of a save as it would be now: JSON in ASCII, as QEMU writes it.\n\n`name` is that of the section, which for many "
     "devices has a path before the device's own. Hooks run as for a save, where what is saved depends on anything."},
    {"as_dict", vms_state_as_dict, METH_NOARGS,
     "as_dict($self, /)\n--\n\nThe fields by name: structs as dicts, arrays as lists, buffers as bytes."},
    {"__assign__", state_assign, METH_O, NULL},
    {"__overwrite__", vms_state_overwrite, METH_O, NULL},
    {"__reset_like__", vms_state_reset_like, METH_O, NULL},
    {"__pattern__", vms_state_pattern, METH_O, NULL},
    {"__coded__", vms_state_coded, METH_O, NULL},
    {"__needed__", vms_state_needed, METH_NOARGS, NULL},
    {"__memory__", state_memory, METH_NOARGS, NULL},
    {"__present_bits__", state_present_bits, METH_NOARGS, NULL},
    {"__bound__", state_binding, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot state_slots[] = {
    {Py_tp_doc, (void *)"State in native memory; the base of Device and Struct."},
    {Py_tp_new, (void *)state_new},
    {Py_tp_init, (void *)state_init},
    {Py_tp_dealloc, (void *)state_dealloc},
    {Py_tp_traverse, (void *)state_traverse},
    {Py_tp_clear, (void *)state_clear},
    {Py_tp_richcompare, (void *)state_compare},
    {Py_tp_hash, (void *)PyObject_HashNotImplemented},
    {Py_tp_methods, (void *)state_methods},
    {0, NULL},
};

PyType_Spec vms_state_spec = {
    .name = "vmstate._native.State",
    .basicsize = sizeof(State),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = state_slots,
};
