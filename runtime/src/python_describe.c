/* python_describe.c: describe(), the entry of a device in the description at the end of a stream. */
#include "python_growing.h"

static int put(vms_writer *w, const char *text, size_t len)
{
    uint8_t *p = vms_room(w, len);
    if (!p)
        return -1;
    memcpy(p, text, len);
    return 0;
}

static int put_unit(vms_writer *w, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', digits[unit >> 12 & 15], digits[unit >> 8 & 15], digits[unit >> 4 & 15], digits[unit & 15]};
    return put(w, text, sizeof text);
}

static bool is_plain(Py_UCS4 character)
{
    return character >= 32 && character < 127 && character != '"' && character != '\\';
}

/* One character of a JSON string in ASCII. */
static int put_character(vms_writer *w, Py_UCS4 character)
{
    if (is_plain(character)) {
        char plain = (char)character;
        return put(w, &plain, 1);
    }
    static const char escaped[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    const char *found = character && character < 128 ? strchr(escaped, (int)character) : NULL;
    if (found) {
        char text[2] = {'\\', letters[found - escaped]};
        return put(w, text, 2);
    }
    if (character > 0xffff)
        return put_unit(w, 0xd800 + ((unsigned)(character - 0x10000) >> 10)) ||
               put_unit(w, 0xdc00 + ((unsigned)(character - 0x10000) & 0x3ff));
    return put_unit(w, (unsigned)character);
}

/* How many characters JSON has as they are. */
static size_t plain_length(const char *text)
{
    size_t length = 0;
    while (is_plain((unsigned char)text[length]))
        length++;
    return length;
}

static int put_name(vms_writer *w, PyObject *name, const char *own)
{
    Py_ssize_t size = -1;
    const char *text = own;
    if (name && !(text = PyUnicode_AsUTF8AndSize(name, &size))) {
        PyErr_Clear();          /* it has half of a pair, for which UTF-8 has no bytes */
        text = "";
    }
    size_t plain = plain_length(text);
    if (name ? (Py_ssize_t)plain == size : !text[plain])
        return put(w, text, plain);
    Py_ssize_t length = name ? PyUnicode_GetLength(name) : (Py_ssize_t)strlen(own);
    for (Py_ssize_t i = 0; i < length; i++)
        if (put_character(w, name ? PyUnicode_ReadChar(name, i) : (Py_UCS4)(unsigned char)own[i]))
            return -1;
    return 0;
}

PyObject *vms_describe_start(State *self, PyObject *name, unsigned long instance_id)
{
    vms_growing text;
    char second[48];
    size_t size = 0;
    int length = PyOS_snprintf(second, sizeof second, "\", \"instance_id\": %lu, ", instance_id);
    if (vms_growing_begin(&text, 0))
        return NULL;
    if (!put(&text.w, "{\"name\": \"", 10) && !put_name(&text.w, name, self->layout->device->name) &&
        !put(&text.w, second, (size_t)length))
        return vms_growing_end(&text, &size);
    vms_growing_drop(&text);
    return PyErr_NoMemory();
}

/* name, instance_id, version; NULL where not given. Non-zero with TypeError. */
static int arguments(PyObject *const *args, Py_ssize_t count, PyObject *keywords, PyObject *values[3])
{
    static const char *const names[3] = {"name", "instance_id", "version"};
    if (count > 3) {
        PyErr_Format(PyExc_TypeError, "describe() takes name, instance_id and version, not %zd arguments", count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < 3; i++)
        values[i] = i < count ? args[i] : NULL;
    Py_ssize_t named = keywords ? PyTuple_Size(keywords) : 0;
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *keyword = PyTuple_GetItem(keywords, i);
        size_t which = 0;
        while (which < 3 && PyUnicode_CompareWithASCIIString(keyword, names[which]) != 0)
            which++;
        if (which == 3 || values[which]) {
            PyErr_Format(PyExc_TypeError, "describe() %s argument %R", which == 3 ? "has no" : "got twice the", keyword);
            return -1;
        }
        values[which] = args[count + i];
    }
    for (size_t i = 0; i < 3; i++)
        if (values[i] == Py_None)
            values[i] = NULL;
    if (values[0] && !PyUnicode_Check(values[0])) {
        PyErr_SetString(PyExc_TypeError, "describe() takes a string as name");
        return -1;
    }
    return 0;
}

/* A number of 32 bits, or the default where there is none. Non-zero with an exception. */
static int number_of(PyObject *value, unsigned long *number)
{
    if (!value)
        return 0;
    *number = PyLong_AsUnsignedLong(value);
    if (*number == (unsigned long)-1 && PyErr_Occurred())
        return -1;
    if (*number > UINT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "%R has more than 32 bits", value);
        return -1;
    }
    return 0;
}

/* Non-zero with an exception. */
static int put_entry(State *self, vms_writer *w, PyObject *start, uint32_t version)
{
    const vms_device *device = self->layout->device;
    const Binding *binding = self->binding;
    if (put(w, PyBytes_AsString(start), (size_t)PyBytes_Size(start))) {
        PyErr_NoMemory();
        return -1;
    }
    vms_python_call call;
    Memory *memory = NULL;
    if (binding->table) {
        vms_python_call_init(&call, self);
        w->opaque = &call;
        memory = (Memory *)Py_NewRef((PyObject *)self->memory);     /* hooks may move an element of a list */
    }
    int failed = device->describe(self->data, w, version, binding->table) < 0;
    if (failed)
        vms_refused(self, binding->table ? &call : NULL, &w->error, "save");
    if (binding->table) {
        Py_XDECREF(call.view);
        Py_DECREF((PyObject *)memory);
    }
    if (!failed && put(w, "}", 1)) {
        PyErr_NoMemory();
        return -1;
    }
    return failed;
}

PyObject *vms_describe(State *self, PyObject *start, uint32_t version)
{
    vms_growing text;           /* not initialised as a whole: most of it is room for an error */
    size_t *size = &self->layout->text_size;
    if (vms_growing_begin(&text, *size))
        return NULL;
    if (!put_entry(self, &text.w, start, version))
        return vms_growing_end(&text, size);
    vms_growing_drop(&text);
    return NULL;
}

/* Asked for nothing in particular: often the same is said of everyone. */
static PyObject *describe_plain(State *self)
{
    Layout *layout = self->layout;
    if (layout->description)
        return Py_NewRef(layout->description);
    PyObject *text = vms_state_text(self, NULL, 0, layout->device->version);
    if (text && layout->device->described_alike && !layout->description)
        layout->description = Py_NewRef(text);
    return text;
}

PyObject *vms_state_describe(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    State *self = (State *)op;
    const vms_device *device = self->layout->device;
    if (!device->describe) {
        PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no description of its own; describe the object "
                     "around it", self->layout->table->name);
        return NULL;
    }
    if (!count && !keywords)
        return describe_plain(self);
    PyObject *values[3];
    unsigned long instance_id = 0, version = device->version;
    if (arguments(args, count, keywords, values) || number_of(values[1], &instance_id) || number_of(values[2], &version))
        return NULL;
    return vms_state_text(self, values[0], instance_id, (uint32_t)version);
}
