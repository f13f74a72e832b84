/* python_bulk.c: all fields at once: into a dict, from a dict, compared. */
#include "python_types.h"

static Field *field_at(const Layout *layout, size_t index)
{
    return (Field *)PyTuple_GetItem(layout->fields, (Py_ssize_t)index);
}

static PyObject *elements_as_list(PyObject *elements)
{
    Py_ssize_t count = PySequence_Size(elements);
    PyObject *list = count < 0 ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *item = PySequence_GetItem(elements, i);
        PyObject *plain = NULL;
        if (item)
            plain = Py_IS_TYPE(item, vms_elements_type) ? elements_as_list(item) : vms_state_as_dict(item, NULL);
        if (!plain || PyList_Append(list, plain))
            Py_CLEAR(list);
        Py_XDECREF(item);
        Py_XDECREF(plain);
    }
    return list;
}

static PyObject *plain_value(Field *field, State *state)
{
    const vms_python_member *member = field->member;
    if (member->kind != VMS_PYTHON_STRUCT && !member->rank)
        return vms_integer_value(field, state->data + member->offset);
    if (member->kind == VMS_PYTHON_BUFFER && member->rank == 1)
        return PyBytes_FromStringAndSize((const char *)state->data + member->offset, vms_used(field, state));
    PyObject *value = vms_field_value(field, state);
    PyObject *plain = NULL;
    if (value) {
        if (member->kind != VMS_PYTHON_STRUCT)
            plain = PyObject_CallMethod(value, "tolist", NULL);
        else
            plain = member->rank ? elements_as_list(value) : vms_state_as_dict(value, NULL);
    }
    Py_XDECREF(value);
    return plain;
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
    size_t size = state->layout->device->state_size;
    uint8_t *undo = PyMem_Malloc(size);
    /* Our own copy: converting a value can run code that changes the caller's. */
    PyObject *values = PyDict_Copy(given);
    int failed = -1;
    if (!undo)
        PyErr_NoMemory();
    else if (values) {
        memcpy(undo, state->data, size);
        failed = assign_some(state, values, true) || assign_some(state, values, false) ? -1 : 0;
        if (failed)
            memcpy(state->data, undo, size);
    }
    Py_XDECREF(values);
    PyMem_Free(undo);
    return failed;
}

static int structs_equal(const Field *field, const uint8_t *a, const uint8_t *b, Py_ssize_t count, Binding *binding)
{
    Binding *element = (Binding *)PyTuple_GetItem(binding->elements, (Py_ssize_t)field->index);
    size_t size = field->member->item_size;
    size_t total = field->member->rank ? (size_t)count * field->item : size;
    for (size_t at = 0; at < total; at += size)
        if (!vms_states_equal(element->layout, a + at, b + at, element))
            return 0;
    return 1;
}

/* Field by field: padding says nothing, nor do elements that are not in use. */
int vms_states_equal(Layout *layout, const uint8_t *a, const uint8_t *b, Binding *binding)
{
    for (size_t i = 0; i < layout->table->member_count; i++) {
        const Field *field = field_at(layout, i);
        const vms_python_member *member = field->member;
        size_t size = field->size;
        int64_t used = member->rank ? (int64_t)member->shape[0] : 1;
        if (member->count) {
            int64_t other = member->count(b);
            used = member->count(a);
            if (used != other)
                return 0;
            if (used < 0 || (uint64_t)used > member->shape[0])
                used = (int64_t)member->shape[0];
            size = (size_t)used * field->item;
        }
        const uint8_t *in_a = a + member->offset, *in_b = b + member->offset;
        if (member->kind == VMS_PYTHON_STRUCT ? !structs_equal(field, in_a, in_b, (Py_ssize_t)used, binding)
                                              : memcmp(in_a, in_b, size) != 0)
            return 0;
    }
    return 1;
}
