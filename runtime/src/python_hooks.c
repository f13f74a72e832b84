/* python_hooks.c: hooks of C that are methods in Python, and refusals that become exceptions. */
#include "python_types.h"

/* The object that a hook of an embedded struct runs on: the very one that attributes and elements give. `path` gets what
 * is in blocks on the way there, the outermost of them. */
static PyObject *find_view(PyObject *from, const Binding *target, const uint8_t *at, Elements **path);

static PyObject *find_in_elements(Elements *elements, const Binding *target, const uint8_t *at, Elements **path)
{
    const uint8_t *first = elements->data;
    if (elements->field->member->storage != VMS_PYTHON_INLINE && !elements->depth)
        first = vms_extent_of(elements->field, elements->owner).items;
    /* `at` may be in a block that an element owns: then it is no element's by its address. */
    size_t count = (size_t)vms_elements_length((PyObject *)elements);
    bool inside = at >= first && at < first + count * elements->item;
    for (size_t i = inside ? (size_t)(at - first) / elements->item : 0; i < count; i++) {
        PyObject *item = vms_elements_item((PyObject *)elements, (Py_ssize_t)i);
        PyObject *found = item && item != Py_None ? find_view(item, target, at, path) : NULL;
        Py_XDECREF(item);
        if (found && elements->field->member->storage != VMS_PYTHON_INLINE && !elements->depth)
            vms_replace((PyObject **)path, Py_NewRef((PyObject *)elements));
        if (found || PyErr_Occurred() || inside)
            return found;
    }
    return NULL;
}

/* Does a struct own blocks with the layout in it? */
static PyObject *find_in_field(Field *field, State *state, const Binding *target, const uint8_t *at, Elements **path)
{
    PyObject *inner = vms_field_value(field, state);
    if (inner && field->member->storage == VMS_PYTHON_MAP) {
        PyObject *entries = PyObject_GetAttrString(inner, "_entries");
        Py_DECREF(inner);
        inner = entries;
    }
    PyObject *found = inner ? find_view(inner, target, at, path) : NULL;
    Py_XDECREF(inner);
    return found;
}

/* NULL, and no exception, if it is not in here. */
static PyObject *find_view(PyObject *from, const Binding *target, const uint8_t *at, Elements **path)
{
    if (PyType_IsSubtype(Py_TYPE(from), vms_elements_type))
        return find_in_elements((Elements *)from, target, at, path);
    if (!PyType_IsSubtype(Py_TYPE(from), vms_state_type))
        return NULL;
    State *state = (State *)from;
    const vms_python_class *table = state->layout->table;
    if (state->layout == target->layout && state->data == at)
        return Py_NewRef(from);
    bool inside = at >= state->data && at < state->data + state->layout->device->state_size;
    for (size_t i = 0; i < table->member_count; i++) {
        Field *field = (Field *)PyTuple_GetItem(state->layout->fields, (Py_ssize_t)i);
        const vms_python_member *member = &table->members[i];
        bool blocks = member->storage != VMS_PYTHON_INLINE;
        if (member->kind != VMS_PYTHON_STRUCT || (inside && blocks))
            continue;
        size_t place = (size_t)(at - state->data);
        if (inside && (place < member->offset || place - member->offset >= field->size))
            continue;
        /* Elsewhere: in a block of this member, or of a struct that it is made of. */
        const Binding *element = (const Binding *)PyTuple_GetItem(state->binding->elements, (Py_ssize_t)i);
        if (!inside && !blocks && !element->layout->device->element)
            continue;
        if (!inside && blocks && !element->layout->device->element) {
            vms_extent extent = vms_extent_of(field, state->data);
            if (at < extent.items || at >= extent.items + extent.count * field->item)
                continue;
        }
        PyObject *found = find_in_field(field, state, target, at, path);
        if (found || PyErr_Occurred())
            return found;
    }
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
    /* Fetched first: what waited may still have to be made, and nothing can be made while an exception is set. */
    PyObject *new_type, *new, *new_trace;
    PyErr_Fetch(&new_type, &new, &new_trace);
    PyErr_NormalizeException(&type, &before, &trace);
    PyErr_NormalizeException(&new_type, &new, &new_trace);
    if (trace)
        PyException_SetTraceback(before, trace);
    PyException_SetContext(new, before);        /* takes the reference */
    PyErr_Restore(new_type, new, new_trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
}

/* A hook of one element of an array, with the element's indices behind the cursor. */
static PyObject *call_for_element(PyObject *view, const vms_python_hook *hook, PyObject *cursor, const size_t *element)
{
    PyObject *method = PyObject_GetAttrString(view, hook->method);
    PyObject *arguments = method ? PyTuple_New((Py_ssize_t)(1 + hook->indices)) : NULL;
    bool made = arguments && !PyTuple_SetItem(arguments, 0, Py_NewRef(cursor));
    for (size_t i = 0; made && i < hook->indices; i++) {
        PyObject *index = PyLong_FromSize_t(element[i]);
        made = index && !PyTuple_SetItem(arguments, (Py_ssize_t)(1 + i), index);
    }
    PyObject *result = made ? PyObject_CallObject(method, arguments) : NULL;
    Py_XDECREF(arguments);
    Py_XDECREF(method);
    return result;
}

static PyObject *call_method(PyObject *view, const vms_python_hook *hook, uint32_t version, PyObject *cursor,
                             const size_t *element)
{
    if (hook->indices)
        return call_for_element(view, hook, cursor, element);
    unsigned long number = version;
    if (cursor)
        return hook->versioned ? PyObject_CallMethod(view, hook->method, "Ok", cursor, number)
                               : PyObject_CallMethod(view, hook->method, "O", cursor);
    return hook->versioned ? PyObject_CallMethod(view, hook->method, "k", number)
                           : PyObject_CallMethod(view, hook->method, NULL);
}

/* What the hook says: 0, or of a predicate 1 or 0; -1 with an exception. */
static int answer_of(const vms_python_hook *hook, PyObject *result)
{
    if (!result)
        return -1;
    if (hook->predicate)
        return PyObject_IsTrue(result);
    if (PyLong_Check(result) && PyObject_RichCompareBool(result, Py_False, Py_LT) == 1) {
        PyErr_Format(PyExc_TypeError, "%s() returned %R; a hook says that it failed by raising an exception",
                     hook->method, result);
        return -1;
    }
    return 0;
}

/* If what the hook let through is the cursor's own error, C tells it, with its place. */
static void close_cursor(PyObject *cursor)
{
    PyObject *type, *raised, *trace;
    PyErr_Fetch(&type, &raised, &trace);
    PyErr_NormalizeException(&type, &raised, &trace);
    if (vms_cursor_close(cursor, raised)) {
        Py_XDECREF(type);
        Py_XDECREF(raised);
        Py_XDECREF(trace);
    } else {
        PyErr_Restore(type, raised, trace);
    }
}

/* What may be moved meanwhile: everything, unless C is on its way through blocks. */
typedef struct walk {
    Memory *root;
    bool walked;
    const uint8_t *from, *to;
} walk;

static walk walk_begin(State *self, const vms_python_hook *hook, const uint8_t *at, const Layout *layout)
{
    Memory *root = self->memory;
    while (root->around)
        root = root->around;
    walk before = {(Memory *)Py_NewRef((PyObject *)root), root->walked, root->free_from, root->free_to};
    bool inside = at >= self->data && at < self->data + self->layout->device->state_size;
    if (self->layout->device->element && (hook->predicate || !inside)) {
        root->walked = true;
        root->free_from = root->free_to = at;
        if (!hook->predicate)
            root->free_to = at + layout->device->state_size;
    }
    return before;
}

static void walk_end(walk before)
{
    before.root->walked = before.walked;
    before.root->free_from = before.from;
    before.root->free_to = before.to;
    Py_DECREF((PyObject *)before.root);
}

/* Remembers a `custom` field, or an element of one, that something was written of. */
static int note_coded(PyObject *coded, PyObject *view, const vms_python_hook *hook, const size_t *element)
{
    PyObject *name = PyUnicode_FromString(hook->field);
    for (size_t i = 0; name && i < hook->indices; i++)
        vms_replace(&name, PyUnicode_FromFormat("%U[%zu]", name, element[i]));
    PyObject *pair = name ? Py_BuildValue("(ON)", view, name) : NULL;
    int failed = pair ? PyList_Append(coded, pair) : -1;
    Py_XDECREF(pair);
    return failed;
}

/* No view is found of elements that C is on its way through, but that are not in use any more: a hook made the count less. */
static void refuse_unused(const State *self, const uint8_t *at)
{
    const char *state = self->layout->table->name;
    for (size_t i = 0; i < self->layout->table->member_count; i++) {
        const Field *field = (const Field *)PyTuple_GetItem(self->layout->fields, (Py_ssize_t)i);
        const uint8_t *from = self->data + field->member->offset;
        if (at < from || at >= from + field->size)
            continue;
        PyErr_Format(PyExc_RuntimeError,
                     "%s: %U: a hook made its elements in use fewer while their hooks were running; "
                     "hooks of elements must leave the count as it is", state, field->name);
        return;
    }
    PyErr_Format(PyExc_RuntimeError, "%s: a hook came for something outside the state", state);
}

static int call_hook(vms_python_context *context, void *at, size_t number, uint32_t version, void *raw,
                     const size_t *element)
{
    vms_python_call *call = (vms_python_call *)(void *)context;
    State *self = call->state;
    const vms_python_hook *hook = &self->layout->table->hooks[number];
    /* post_save runs after a failure, too: what was raised before waits. */
    PyObject *type, *before, *trace;
    PyErr_Fetch(&type, &before, &trace);
    PyObject *target = PyTuple_GetItem(self->binding->targets, (Py_ssize_t)number);
    Elements *path = NULL;
    bool own = target == Py_True;
    PyObject *view = own ? Py_NewRef((PyObject *)self)
                         : find_view((PyObject *)self, (const Binding *)target, (const uint8_t *)at, &path);
    if (!view && !PyErr_Occurred())
        refuse_unused(self, (const uint8_t *)at);
    PyObject *cursor = view && hook->cursor ? vms_cursor_new(hook->cursor, raw) : NULL;
    int answer = -1;
    if (view && (cursor || !hook->cursor)) {
        walk walked = walk_begin(self, hook, (const uint8_t *)at, own ? self->layout : ((Binding *)target)->layout);
        PyObject *result = call_method(view, hook, version, cursor, element);
        answer = answer_of(hook, result);
        Py_XDECREF(result);
        if (cursor)
            close_cursor(cursor);
        if (answer >= 0 && call->coded && hook->field && vms_cursor_wrote(cursor))
            answer = note_coded(call->coded, view, hook, element);
        walk_end(walked);
    }
    Py_XDECREF(cursor);
    resume(type, before, trace, answer < 0 && PyErr_Occurred());
    if (answer < 0) {
        call->method = hook->method;
        vms_replace(&call->view, view);
    } else {
        Py_XDECREF(view);
        if (path && call->loading)
            vms_elements_drop(path);    /* without views of it C enlarges a block where it is */
    }
    Py_XDECREF((PyObject *)path);
    return answer;
}

void vms_python_call_init(vms_python_call *call, State *state)
{
    call->context.call = call_hook;
    call->state = state;
    call->view = NULL;
    call->method = NULL;
    call->loading = false;
    call->coded = NULL;
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
