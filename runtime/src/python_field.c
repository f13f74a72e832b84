/* python_field.c: the descriptors of fields. Each works on objects of its own layout alone, whatever it is called with. */
#include "python_types.h"

State *vms_field_state(Field *field, PyObject *object)
{
    if (PyType_IsSubtype(Py_TYPE(object), vms_state_type)) {
        State *state = (State *)object;
        if (state->layout == field->layout && field->layout)
            return state;
    }
    PyErr_Format(PyExc_TypeError, "the field %R does not belong to %R objects", field->name ? field->name : Py_None,
                 (PyObject *)Py_TYPE(object));
    return NULL;
}

/* Making one ------------------------------------------------------------------------------------------------------ */

static int field_range(Field *self, PyObject *low, PyObject *high, PyObject *enumeration)
{
    if (low && low != Py_None && high && high != Py_None) {
        if (!PyLong_Check(low) || !PyLong_Check(high)) {
            PyErr_SetString(PyExc_TypeError, "the ends of a range are integers");
            return -1;
        }
        self->low = Py_NewRef(low);
        self->high = Py_NewRef(high);
    }
    if (!enumeration || enumeration == Py_None)
        return 0;
    self->enumeration = Py_NewRef(enumeration);
    self->members = PyObject_GetAttrString(enumeration, "_value2member_map_");
    PyObject *flags = self->members ? PyObject_GetAttrString(enumeration, "_flag_mask_") : NULL;
    PyErr_Clear();
    self->flags = flags != NULL;
    Py_XDECREF(flags);
    if (self->members && PyDict_Check(self->members))
        return 0;
    PyErr_Format(PyExc_TypeError, "%R is no enumeration", enumeration);
    return -1;
}

static PyObject *ranged_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *low = NULL, *high = NULL, *enumeration = NULL;
    static char *names[] = {"low", "high", "enumeration", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO", names, &low, &high, &enumeration))
        return NULL;
    Field *self = (Field *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self && field_range(self, low, high, enumeration))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *struct_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *element;
    int keyed = 0;
    static char *names[] = {"element", "keyed", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|p", names, &PyType_Type, &element, &keyed))
        return NULL;
    Field *self = (Field *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self) {
        self->element = Py_NewRef(element);
        self->keyed = keyed;
    }
    return (PyObject *)self;
}

static int field_traverse(PyObject *op, visitproc visit, void *arg)
{
    Field *self = (Field *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->enumeration);
    Py_VISIT(self->members);
    Py_VISIT(self->element);
    return 0;
}

static void field_dealloc(PyObject *op)
{
    Field *self = (Field *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->name);
    Py_XDECREF(self->low);
    Py_XDECREF(self->high);
    Py_XDECREF(self->enumeration);
    Py_XDECREF(self->members);
    Py_XDECREF(self->element);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(op);
    Py_DECREF(type);
}

/* What it is ------------------------------------------------------------------------------------------------------ */

static PyObject *field_get_attribute(PyObject *op, void *which)
{
    Field *self = (Field *)op;
    PyObject *value = NULL;
    switch (*(const char *)which) {
    case 'n': value = self->name; break;
    case 'l': value = self->low; break;
    case 'h': value = self->high; break;
    case 'e': value = self->enumeration; break;
    case 'c': value = self->element; break;
    case 'i': return PyLong_FromSize_t(self->index);
    case 'o': return PyBool_FromLong(self->member && self->member->declared_local);
    case 'u': return PyBool_FromLong(self->member && self->member->count && self->member->storage == VMS_PYTHON_INLINE);
    }
    return Py_NewRef(value ? value : Py_None);
}

static PyGetSetDef field_getset[] = {
    {"__name__", field_get_attribute, NULL, "the attribute; None before its class is made", "n"},
    {"low", field_get_attribute, NULL, "the smallest value, or None: the type's", "l"},
    {"high", field_get_attribute, NULL, "the largest value, or None: the type's", "h"},
    {"enumeration", field_get_attribute, NULL, "the IntEnum or IntFlag of its values, or None", "e"},
    {"element", field_get_attribute, NULL, "the class of a struct, or None", "c"},
    {"index", field_get_attribute, NULL, "its place among the fields", "i"},
    {"local", field_get_attribute, NULL, "is it `local` in the schema?", "o"},
    {"counted", field_get_attribute, NULL, "do other fields say how many of its elements are in use?", "u"},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyObject *field_repr(PyObject *op)
{
    Field *self = (Field *)op;
    if (!self->layout)
        return PyUnicode_FromString("<field without a class>");
    return PyUnicode_FromFormat("<field %s.%U>", self->layout->table->name, self->name);
}

/* Descriptors -------------------------------------------------------------------------------------------------------- */

static PyObject *integer_get(PyObject *op, PyObject *object, PyObject *type)
{
    (void)type;
    if (!object || object == Py_None)
        return Py_NewRef(op);
    State *state = vms_field_state((Field *)op, object);
    return state ? vms_integer_value((Field *)op, state->data + ((Field *)op)->member->offset) : NULL;
}

static PyObject *field_get(PyObject *op, PyObject *object, PyObject *type)
{
    (void)type;
    if (!object || object == Py_None)
        return Py_NewRef(op);
    State *state = vms_field_state((Field *)op, object);
    return state ? vms_field_value((Field *)op, state) : NULL;
}

static int field_set(PyObject *op, PyObject *object, PyObject *value)
{
    State *state = vms_field_state((Field *)op, object);
    if (!state)
        return -1;
    if (!value) {
        PyErr_Format(PyExc_AttributeError, "%s.%U is part of the state and cannot be deleted",
                     ((Field *)op)->layout->table->name, ((Field *)op)->name);
        return -1;
    }
    return vms_field_assign((Field *)op, state, value);
}

/* Types ------------------------------------------------------------------------------------------------------------ */

#define SLOTS(slots, doc, make, get)                                                                            \
    static PyType_Slot slots[] = {                                                                              \
        {Py_tp_doc, (void *)(doc)}, {Py_tp_new, (void *)(make)}, {Py_tp_dealloc, (void *)field_dealloc},         \
        {Py_tp_traverse, (void *)field_traverse}, {Py_tp_getset, (void *)field_getset},                         \
        {Py_tp_repr, (void *)field_repr}, {Py_tp_descr_get, (void *)(get)}, {Py_tp_descr_set, (void *)field_set}, \
        {0, NULL},                                                                                              \
    };
SLOTS(integer_slots, "integer(low=None, high=None, enumeration=None)\n--\n\nA scalar field.", ranged_new, integer_get)
SLOTS(array_slots, "array(low=None, high=None, enumeration=None)\n--\n\nAn array or buffer: a memoryview.", ranged_new,
      field_get)
SLOTS(struct_slots, "struct(element, keyed=False)\n--\n\nA nested struct, or an array or list of them; entries of a map are `keyed`.", struct_new, field_get)

#define SPEC(kind)                                                                                              \
    PyType_Spec vms_##kind##_spec = {                                                                           \
        .name = "vmstate._native." #kind,                                                                       \
        .basicsize = sizeof(Field),                                                                             \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,                            \
        .slots = kind##_slots,                                                                                  \
    };
SPEC(integer)
SPEC(array)
SPEC(struct)
