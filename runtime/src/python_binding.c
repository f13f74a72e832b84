/* python_binding.c: a class with its layout, the classes of its elements and its hooks. */
#include "python_types.h"

static int binding_check_elements(Binding *self)
{
    const vms_python_class *table = self->layout->table;
    if ((size_t)PyTuple_Size(self->elements) != table->member_count ||
        (size_t)PyTuple_Size(self->targets) != table->hook_count) {
        PyErr_SetString(PyExc_TypeError, "one element a field and one target a hook");
        return -1;
    }
    for (size_t i = 0; i < table->member_count; i++) {
        const vms_python_member *member = &table->members[i];
        PyObject *element = PyTuple_GetItem(self->elements, (Py_ssize_t)i);
        if (member->kind != VMS_PYTHON_STRUCT)
            continue;
        if (!Py_IS_TYPE(element, vms_binding_type)) {
            PyErr_Format(PyExc_TypeError, "%s.%s has no class for its elements", table->name, member->name);
            return -1;
        }
        const Layout *layout = ((Binding *)element)->layout;
        if (strcmp(layout->table->layout, member->layout) != 0 || layout->device->state_size != member->item_size) {
            PyErr_Format(PyExc_ImportError, "%s.%s: the modules of %s and %s were built from different schemas; build "
                         "both again", table->name, member->name, table->name, layout->table->name);
            return -1;
        }
    }
    return 0;
}

static int binding_make_table(Binding *self)
{
    size_t count = self->layout->table->hook_count;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        PyObject *target = PyTuple_GetItem(self->targets, (Py_ssize_t)i);
        if (target == Py_None)
            continue;
        if (!Py_IS_TYPE(target, vms_binding_type) && target != Py_True) {
            PyErr_SetString(PyExc_TypeError, "a target is a Binding, True for this one, or None");
            return -1;
        }
        any = true;
    }
    if (!any)
        return 0;
    const vms_python_class *table = self->layout->table;
    self->table = PyMem_Calloc(1, table->hook_table_size);
    if (!self->table) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (PyTuple_GetItem(self->targets, (Py_ssize_t)i) != Py_None) {
            size_t slot = table->hooks[i].slot;
            memcpy(self->table + slot, (const uint8_t *)table->hook_table + slot, sizeof(void (*)(void)));
        }
    return 0;
}

static PyObject *binding_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *cls, *layout, *elements, *targets;
    static char *names[] = {"cls", "layout", "elements", "targets", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!O!O!:Binding", names, &PyType_Type, &cls, vms_layout_type, &layout,
                                     &PyTuple_Type, &elements, &PyTuple_Type, &targets))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)cls, vms_state_type)) {
        PyErr_SetString(PyExc_TypeError, "only a subclass of State can be bound");
        return NULL;
    }
    Binding *self = (Binding *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (!self)
        return NULL;
    self->cls = (PyTypeObject *)Py_NewRef(cls);
    self->layout = (Layout *)Py_NewRef(layout);
    self->elements = Py_NewRef(elements);
    self->targets = Py_NewRef(targets);
    if (binding_check_elements(self) || binding_make_table(self)) {
        Py_DECREF((PyObject *)self);
        return NULL;
    }
    return (PyObject *)self;
}

static int binding_traverse(PyObject *op, visitproc visit, void *arg)
{
    Binding *self = (Binding *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->cls);
    Py_VISIT(self->layout);
    Py_VISIT(self->elements);
    Py_VISIT(self->targets);
    return 0;
}

/* No tp_clear: the cycle runs through the class, whose dict the collector clears. A Binding stays whole while it lives. */
static void binding_dealloc(PyObject *op)
{
    Binding *self = (Binding *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    PyMem_Free(self->table);
    Py_XDECREF((PyObject *)self->cls);
    Py_XDECREF((PyObject *)self->layout);
    Py_XDECREF(self->elements);
    Py_XDECREF(self->targets);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

static PyObject *binding_get(PyObject *op, void *which)
{
    Binding *self = (Binding *)op;
    switch (*(const char *)which) {
    case 'c': return Py_NewRef((PyObject *)self->cls);
    case 'l': return Py_NewRef((PyObject *)self->layout);
    case 'e': return Py_NewRef(self->elements);
    }
    return PyBool_FromLong(self->table != NULL);
}

static PyGetSetDef binding_getset[] = {
    {"cls", binding_get, NULL, "the class", "c"},
    {"layout", binding_get, NULL, "its layout", "l"},
    {"elements", binding_get, NULL, "Binding of each struct field, None of others", "e"},
    {"has_hooks", binding_get, NULL, "does a load or save call Python?", "h"},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot binding_slots[] = {
    {Py_tp_doc, (void *)"A class, its layout, the classes of its elements and its hooks."},
    {Py_tp_new, (void *)binding_new},
    {Py_tp_dealloc, (void *)binding_dealloc},
    {Py_tp_traverse, (void *)binding_traverse},
    {Py_tp_getset, (void *)binding_getset},
    {0, NULL},
};

PyType_Spec vms_binding_spec = {
    .name = "vmstate._native.Binding",
    .basicsize = sizeof(Binding),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = binding_slots,
};
