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

/* A struct or a sequence: made once. Of a map what the Map is made of. */
static PyObject *made_value(Field *field, State *state)
{
    PyObject **slot = vms_state_cached(state, field);
    if (!slot)
        return NULL;
    if (!*slot) {
        Binding *binding = (Binding *)PyTuple_GetItem(state->binding->elements, (Py_ssize_t)field->index);
        if (!Py_IS_TYPE((PyObject *)binding, vms_binding_type))
            binding = NULL;             /* of numbers */
        PyObject *made = field->member->rank
                             ? vms_elements_new(state, field, binding)
                             : (PyObject *)vms_state_at(binding, state->memory, state->data + field->member->offset);
        if (made && field->member->storage == VMS_PYTHON_MAP) {
            PyObject *type = vms_python_part("map");
            PyObject *map = type ? PyObject_CallFunctionObjArgs(type, made, NULL) : NULL;
            Py_DECREF(made);
            made = map;
        }
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
    const vms_python_member *member = field->member;
    if (member->kind == VMS_PYTHON_STRUCT || member->there)
        return made_value(field, state);
    if (member->kind == VMS_PYTHON_BITMAP)
        return vms_bitmap_value(field, state);
    if (member->rank)
        return vms_array_value(field, state);
    return vms_integer_value(field, state->data + member->offset);
}

int vms_field_assign(Field *field, State *state, PyObject *value)
{
    static const vms_place whole = {0, NULL};
    const vms_python_member *member = field->member;
    if (member->kind == VMS_PYTHON_STRUCT || member->there) {
        PyObject *inner = made_value(field, state);
        if (!inner)
            return -1;
        int failed;
        if (member->storage == VMS_PYTHON_MAP) {
            PyObject *subject = vms_subject(field, whole);
            PyObject *done = subject ? PyObject_CallMethod(inner, "_replace", "OO", value, subject) : NULL;
            failed = done ? 0 : -1;
            Py_XDECREF(done);
            Py_XDECREF(subject);
        } else {
            failed = member->rank ? vms_elements_assign((Elements *)inner, value, field, whole)
                                  : vms_struct_assign((State *)inner, value, field, whole);
        }
        Py_DECREF(inner);
        return failed;
    }
    if (member->kind == VMS_PYTHON_BITMAP)
        return vms_bitmap_assign(field, state, value);
    if (member->rank)
        return vms_array_assign(field, state, value);
    if (PyLong_Check(value))
        return vms_integer_convert(field, value, state->data + member->offset, whole);
    /* Converting runs code, and may move the state. */
    uint8_t number[8];
    if (vms_integer_convert(field, value, number, whole))
        return -1;
    memcpy(state->data + member->offset, number, member->item_size);
    return 0;
}
