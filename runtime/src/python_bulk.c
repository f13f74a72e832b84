/* python_bulk.c: all fields at once: into a dict, from a dict, compared. */
#include "python_types.h"

static Field *field_at(const Layout *layout, size_t index)
{
    return (Field *)PyTuple_GetItem(layout->fields, (Py_ssize_t)index);
}

/* Sequences as lists, structs as dicts; numbers, and None for what is missing, as they are. */
static PyObject *plain(PyObject *value)
{
    if (PyType_IsSubtype(Py_TYPE(value), vms_state_type))
        return vms_state_as_dict(value, NULL);
    if (!PyType_IsSubtype(Py_TYPE(value), vms_elements_type))
        return Py_NewRef(value);
    Py_ssize_t count = PySequence_Size(value);
    PyObject *list = count < 0 ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = PySequence_GetItem(value, i);
        PyObject *made = item ? plain(item) : NULL;
        if (!made || PyList_Append(list, made))
            Py_CLEAR(list);
        Py_XDECREF(item);
        Py_XDECREF(made);
    }
    return list;
}

static PyObject *plain_value(Field *field, State *state)
{
    const vms_python_member *member = field->member;
    if (member->kind != VMS_PYTHON_STRUCT && !member->rank)
        return vms_integer_value(field, state->data + member->offset);
    if (member->kind == VMS_PYTHON_BUFFER && member->rank == 1) {
        vms_extent extent = vms_extent_of(field, state->data);
        return PyBytes_FromStringAndSize((const char *)extent.items, (Py_ssize_t)extent.count);
    }
    PyObject *value = vms_field_value(field, state);
    PyObject *made = NULL;
    if (!value)
        return NULL;
    if (member->storage == VMS_PYTHON_MAP)
        made = PyObject_CallMethod(value, "as_dict", NULL);
    else if (member->kind == VMS_PYTHON_STRUCT || member->there)
        made = plain(value);
    else if (member->kind == VMS_PYTHON_BITMAP)
        made = vms_python_part("bitmap_plain") ? PyObject_CallFunctionObjArgs(vms_python_part("bitmap_plain"), value, NULL) : NULL;
    else
        made = PyObject_CallMethod(value, "tolist", NULL);
    Py_DECREF(value);
    return made;
}

PyObject *vms_state_as_dict(PyObject *op, PyObject *unused)
{
    (void)unused;
    State *state = (State *)op;
    /* A copy has the names and the room already: replacing its values is twice as fast as adding them one by one. */
    PyObject *dict = PyDict_Copy(state->layout->by_name);
    for (size_t i = 0; dict && i < state->layout->table->member_count; i++) {
        Field *field = field_at(state->layout, i);
        PyObject *value = plain_value(field, state);
        if (!value || PyDict_SetItem(dict, field->name, value))
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    return dict;
}

static int assign_some(State *state, PyObject *values, bool scalars)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(values, &at, &key, &value)) {
        Field *field = (Field *)PyDict_GetItemWithError(state->layout->by_name, key);
        if (!field) {
            if (!PyErr_Occurred()) {
                PyObject *names = PyDict_Keys(state->layout->by_name);
                PyObject *comma = PyUnicode_FromString(", ");
                PyObject *all = names && comma ? PyUnicode_Join(comma, names) : NULL;
                if (all)
                    PyErr_Format(PyExc_TypeError, "%s has no field %R; it has %U", state->layout->table->name, key, all);
                Py_XDECREF(names);
                Py_XDECREF(comma);
                Py_XDECREF(all);
            }
            return -1;
        }
        if (scalars == (field->member->kind != VMS_PYTHON_STRUCT && !field->member->rank) &&
            vms_field_assign(field, state, value))
            return -1;
    }
    return 0;
}

/* Scalars first: counts say how long the arrays are. */
int vms_assign(State *state, PyObject *given)
{
    if (state->layout->device->element && !vms_may_move(state->memory, state->data))
        return -1;
    uint8_t *undo = vms_keep(state->layout, state->data, 1);
    /* Our own copy: converting a value can run code that changes the caller's. */
    PyObject *values = undo ? PyDict_Copy(given) : NULL;
    int failed = !values || assign_some(state, values, true) || assign_some(state, values, false) ? -1 : 0;
    if (undo && failed)
        vms_put_back(state->layout, state->data, undo, 1);
    else if (undo)
        vms_forget(state->layout, undo, 1);
    Py_XDECREF(values);
    return failed;
}

/* Elements that may be missing, and are or are not in the same places. */
static int optional_equal(const Field *field, const uint8_t *a, const uint8_t *b, size_t count, Binding *element)
{
    const vms_python_member *member = field->member;
    size_t size = member->item_size, total = count * (field->item / size);
    for (size_t i = 0; i < total; i++) {
        const uint8_t *in_a = a + member->offset + i * size, *in_b = b + member->offset + i * size;
        if (!a[member->there + i] != !b[member->there + i])
            return 0;
        if (!a[member->there + i])
            continue;
        if (member->kind == VMS_PYTHON_STRUCT ? !vms_states_equal(element->layout, in_a, in_b, element)
                                              : memcmp(in_a, in_b, size) != 0)
            return 0;
    }
    return 1;
}

/* Field by field: padding says nothing, nor do elements that are not in use. Doubles are equal if their bits are. */
int vms_states_equal(Layout *layout, const uint8_t *a, const uint8_t *b, Binding *binding)
{
    for (size_t i = 0; i < layout->table->member_count; i++) {
        const Field *field = field_at(layout, i);
        const vms_python_member *member = field->member;
        vms_extent in_a = vms_extent_of(field, a), in_b = vms_extent_of(field, b);
        Binding *element = (Binding *)PyTuple_GetItem(binding->elements, (Py_ssize_t)i);
        if (in_a.count != in_b.count)
            return 0;
        size_t size = in_a.count * field->item;
        if (member->there) {
            if (!optional_equal(field, a, b, in_a.count, element))
                return 0;
        } else if (member->kind == VMS_PYTHON_STRUCT) {
            for (size_t at = 0; at < size; at += member->item_size)
                if (!vms_states_equal(element->layout, in_a.items + at, in_b.items + at, element))
                    return 0;
        } else if (size && memcmp(in_a.items, in_b.items, size) != 0) {
            return 0;
        }
    }
    return 1;
}
