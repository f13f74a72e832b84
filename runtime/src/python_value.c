/* python_value.c: the value of any field, and what it is called in messages. */
#include "python_types.h"

PyObject *vms_subject(const Field *field, vms_place place)
{
    PyObject *text = PyUnicode_FromFormat("%s: %U", field->layout->table->name, field->name);
    for (size_t i = 0; text && i < place.rank; i++) {
        PyObject *longer = PyUnicode_FromFormat("%U[%zu]", text, place.index[i]);
        Py_DECREF(text);
        text = longer;
    }
    return text;
}

static PyObject *struct_value(Field *field, State *state)
{
    PyObject **slot = vms_state_cached(state, field);
    if (!slot)
        return NULL;
    if (!*slot) {
        Binding *binding = (Binding *)PyTuple_GetItem(state->binding->elements, (Py_ssize_t)field->index);
        PyObject *made = field->member->rank
                             ? vms_elements_new(state, field, binding)
                             : (PyObject *)vms_state_at(binding, state->memory, state->data + field->member->offset);
        if (!made)
            return NULL;
        /* Making it may have run a collection, and with it anything. */
        slot = vms_state_cached(state, field);
        if (!slot) {
            Py_DECREF(made);
            return NULL;
        }
        vms_replace(slot, made);
    }
    return Py_NewRef(*slot);
}

PyObject *vms_field_value(Field *field, State *state)
{
    if (field->member->kind == VMS_PYTHON_STRUCT)
        return struct_value(field, state);
    if (field->member->rank)
        return vms_array_value(field, state);
    return vms_integer_value(field, state->data + field->member->offset);
}

int vms_field_assign(Field *field, State *state, PyObject *value)
{
    static const vms_place whole = {0, NULL};
    if (field->member->kind == VMS_PYTHON_STRUCT) {
        PyObject *inner = struct_value(field, state);
        if (!inner)
            return -1;
        int failed = field->member->rank ? vms_elements_assign((Elements *)inner, value, field, whole)
                                         : vms_struct_assign((State *)inner, value, field, whole);
        Py_DECREF(inner);
        return failed;
    }
    if (field->member->rank)
        return vms_array_assign(field, state, value);
    return vms_integer_convert(field, value, state->data + field->member->offset, whole);
}
