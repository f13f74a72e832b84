/* python_memory.c: the bytes of a state, and windows onto parts of them for memoryviews. */
#include "python_types.h"

/* Memory --------------------------------------------------------------------------------------------------------- */

Memory *vms_memory_new(size_t size, const vms_element *element)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(vms_memory_type, Py_tp_alloc);
    Memory *self = (Memory *)allocate(vms_memory_type, (Py_ssize_t)size);   /* zeroed */
    if (self)
        self->element = element;
    return self;
}

Memory *vms_memory_of_block(Memory *around, void *items)
{
    Memory *self = vms_memory_new(0, NULL);
    if (self) {
        self->block = vms_share(items);
        self->around = (Memory *)Py_XNewRef((PyObject *)around);
    }
    return self;
}

static void plain_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static void memory_dealloc(PyObject *op)
{
    Memory *self = (Memory *)op;
    if (self->element)
        self->element->clear(self->data);
    vms_release(self->block);
    Py_XDECREF((PyObject *)self->around);
    plain_dealloc(op);
}

static PyType_Slot memory_slots[] = {
    {Py_tp_doc, (void *)"The bytes of a state. They stay where they are until nothing looks at them any more."},
    {Py_tp_dealloc, (void *)memory_dealloc},
    {0, NULL},
};

PyType_Spec vms_memory_spec = {
    .name = "vmstate._native.Memory",
    .basicsize = offsetof(Memory, data),
    .itemsize = 1,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = memory_slots,
};

/* Window --------------------------------------------------------------------------------------------------------- */

typedef struct Window {
    PyObject_VAR_HEAD           /* 2 * rank: the lengths, then the strides */
    Memory *memory;
    uint8_t *data;
    char format[2];
    int rank;
    Py_ssize_t item_size, length;
    Py_ssize_t numbers[];
} Window;

static Window *window_new(Memory *memory, uint8_t *data, const char *format, size_t item_size, size_t rank,
                          const size_t *shape, Py_ssize_t count)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(vms_window_type, Py_tp_alloc);
    Py_INCREF((PyObject *)memory);
    Window *window = (Window *)allocate(vms_window_type, 2 * (Py_ssize_t)rank);
    if (!window) {
        Py_DECREF((PyObject *)memory);
        return NULL;
    }
    window->memory = memory;
    window->data = data;
    window->format[0] = format[0];
    window->rank = (int)rank;
    window->item_size = (Py_ssize_t)item_size;
    if (!data)
        window->data = memory->data;        /* an empty array: nothing is looked at */
    Py_ssize_t stride = (Py_ssize_t)item_size;
    for (size_t i = rank; i-- > 0;) {
        Py_ssize_t length = i == 0 && count >= 0 ? count : (Py_ssize_t)shape[i];
        window->numbers[i] = length;
        window->numbers[rank + i] = stride;
        stride *= length;
    }
    window->length = stride;
    return window;
}

PyObject *vms_window(Memory *memory, uint8_t *data, const char *format, size_t item_size, size_t rank,
                     const size_t *shape, Py_ssize_t count)
{
    Window *window = window_new(memory, data, format, item_size, rank, shape, count);
    PyObject *view = window ? PyMemoryView_FromObject((PyObject *)window) : NULL;
    Py_XDECREF((PyObject *)window);
    return view;
}

/* No memoryview: this one is held for long by what looks through it, see vmstate/_buffers.py. */
PyObject *vms_window_on_bytes(Memory *memory, uint8_t *data, size_t size)
{
    return (PyObject *)window_new(memory, data, "B", 1, 1, &size, -1);
}

static int window_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    Window *self = (Window *)op;
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && self->rank > 1) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, "arrays of a state are row-major");
        return -1;
    }
    Py_INCREF(op);
    view->obj = op;
    view->buf = self->data;
    view->len = self->length;
    view->itemsize = self->item_size;
    view->readonly = 0;
    view->ndim = self->rank;
    view->format = flags & PyBUF_FORMAT ? self->format : NULL;
    view->shape = flags & PyBUF_ND ? self->numbers : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? self->numbers + self->rank : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    return 0;
}

static void window_dealloc(PyObject *op)
{
    Py_DECREF((PyObject *)((Window *)op)->memory);
    plain_dealloc(op);
}

static PyType_Slot window_slots[] = {
    {Py_tp_doc, (void *)"What a memoryview of a state's array looks through; it keeps the memory."},
    {Py_tp_dealloc, (void *)window_dealloc},
    {Py_bf_getbuffer, (void *)window_getbuffer},
    {0, NULL},
};

PyType_Spec vms_window_spec = {
    .name = "vmstate._native.Window",
    .basicsize = sizeof(Window),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = window_slots,
};
