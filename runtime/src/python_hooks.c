/* python_hooks.c: hooks of C that are methods in Python, and refusals that become exceptions. */
#include "python_types.h"

/* The object that a hook of an embedded struct runs on: the very one that attributes and elements give. */
static PyObject *find_view(PyObject *from, const Binding *target, const uint8_t *at)
{
    if (Py_IS_TYPE(from, vms_elements_type)) {
        Elements *elements = (Elements *)from;
        size_t index = (size_t)(at - elements->data) / elements->item;
        PyObject *item = PySequence_GetItem(from, (Py_ssize_t)index);
        PyObject *found = item ? find_view(item, target, at) : NULL;
        Py_XDECREF(item);
        return found;
    }
    State *state = (State *)from;
    if (state->layout == target->layout)
        return Py_NewRef(from);
    const vms_python_class *table = state->layout->table;
    size_t place = (size_t)(at - state->data);
    for (size_t i = 0; i < table->member_count; i++) {
        Field *field = (Field *)PyTuple_GetItem(state->layout->fields, (Py_ssize_t)i);
        if (table->members[i].kind != VMS_PYTHON_STRUCT || place < table->members[i].offset ||
            place - table->members[i].offset >= field->size)
            continue;
        PyObject *inner = vms_field_value(field, state);
        PyObject *found = inner ? find_view(inner, target, at) : NULL;
        Py_XDECREF(inner);
        return found;
    }
    PyErr_Format(PyExc_RuntimeError, "%s: a hook came for something outside the state", table->name);
    return NULL;
}

/* Raises again what waited; as the context of what was raised meanwhile, if anything was. */
static void resume(PyObject *type, PyObject *before, PyObject *trace, bool raised)
{
    if (!type)
        return;
    if (!raised) {
        PyErr_Restore(type, before, trace);
        return;
    }
    PyObject *new_type, *new, *new_trace;
    PyErr_NormalizeException(&type, &before, &trace);
    PyErr_Fetch(&new_type, &new, &new_trace);
    PyErr_NormalizeException(&new_type, &new, &new_trace);
    if (trace)
        PyException_SetTraceback(before, trace);
    PyException_SetContext(new, before);        /* takes the reference */
    PyErr_Restore(new_type, new, new_trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
}

static int call_hook(vms_python_context *context, void *at, size_t number, uint32_t version)
{
    vms_python_call *call = (vms_python_call *)(void *)context;
    State *self = call->state;
    const vms_python_hook *hook = &self->layout->table->hooks[number];
    /* post_save runs after a failure, too: what was raised before waits. */
    PyObject *type, *before, *trace;
    PyErr_Fetch(&type, &before, &trace);
    PyObject *target = PyTuple_GetItem(self->binding->targets, (Py_ssize_t)number);
    PyObject *view = target == Py_True ? Py_NewRef((PyObject *)self)
                                       : find_view((PyObject *)self, (const Binding *)target, (const uint8_t *)at);
    PyObject *result = NULL;
    if (view)
        result = hook->versioned ? PyObject_CallMethod(view, hook->method, "k", (unsigned long)version)
                                 : PyObject_CallMethod(view, hook->method, NULL);
    int answer = -1;
    if (result && hook->predicate) {
        answer = PyObject_IsTrue(result);
    } else if (result) {
        answer = 0;
        if (PyLong_Check(result) && PyObject_RichCompareBool(result, Py_False, Py_LT) == 1) {
            PyErr_Format(PyExc_TypeError, "%s() returned %R; a hook says that it failed by raising an exception",
                         hook->method, result);
            answer = -1;
        }
    }
    Py_XDECREF(result);
    resume(type, before, trace, answer < 0);
    if (answer < 0) {
        call->method = hook->method;
        vms_replace(&call->view, view);
    } else {
        Py_XDECREF(view);
    }
    return answer;
}

void vms_python_call_init(vms_python_call *call, State *state)
{
    call->context.call = call_hook;
    call->state = state;
    call->view = NULL;
    call->method = NULL;
}

static PyObject *number(vms_number value)
{
    return value.negative ? PyLong_FromLongLong((int64_t)value.bits) : PyLong_FromUnsignedLongLong(value.bits);
}

/* Names come from the wire, too, and paths may be cut anywhere. */
static PyObject *text_of(const char *bytes)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)strlen(bytes), "backslashreplace");
}

/* Sets the exception for a refusal; one that a hook raised stays itself, with a note. Returns NULL. */
PyObject *vms_refused(State *self, vms_python_call *call, const vms_error *error, const char *doing)
{
    PyObject *raised = NULL, *type, *trace;
    if (PyErr_Occurred()) {
        PyErr_Fetch(&type, &raised, &trace);
        PyErr_NormalizeException(&type, &raised, &trace);
        if (trace)
            PyException_SetTraceback(raised, trace);
        Py_XDECREF(type);
        Py_XDECREF(trace);
    }
    PyObject *hooks = PyList_New(0);
    for (unsigned i = 0; hooks && i < error->hook_count && i < 8; i++) {
        PyObject *name = PyUnicode_FromString(error->hooks[i]);
        if (!name || PyList_Append(hooks, name))
            Py_CLEAR(hooks);
        Py_XDECREF(name);
    }
    PyObject *found = number(error->found), *low = number(error->low), *high = number(error->high);
    PyObject *path = text_of(error->path), *text = text_of(error->text);
    PyObject *exception = NULL;
    if (hooks && found && low && high && path && text)
        exception = PyObject_CallFunction(vms_refusal, "OssiOO" "KOOOOz" "O", (PyObject *)self->binding->cls,
                                          self->layout->device->name, doing, (int)error->code, path, text,
                                          (unsigned long long)error->offset, found, low, high, hooks,
                                          call ? call->method : NULL, raised ? raised : Py_None);
    Py_XDECREF(path);
    Py_XDECREF(text);
    Py_XDECREF(hooks);
    Py_XDECREF(found);
    Py_XDECREF(low);
    Py_XDECREF(high);
    Py_XDECREF(raised);
    if (exception) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}
