/* python_describe.c: describe(), the entry of a device in the description at the end of a stream. */
#include "python_types.h"

/* A writer with room that grows: as much as the last description had, or some of the stack, at first. */
typedef struct growing {
    vms_writer w;               /* first: its flush finds the rest behind it */
    uint8_t *room;
    uint8_t *own;               /* the room, once it had to grow */
} growing;

enum { SMALL = 1024, KEPT = 4 << 20 };

static int grow(vms_writer *w, size_t need)
{
    growing *text = (growing *)w;
    size_t used = (size_t)(w->p - text->room), size = (size_t)(w->end - text->room);
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    size = 2 * size < used + need ? used + need : 2 * size;
    uint8_t *room = (uint8_t *)PyMem_Realloc(text->own, size);
    if (!room)
        return -1;
    if (!text->own)
        memcpy(room, text->room, used);
    text->own = text->room = room;
    w->p = room + used;
    w->end = room + size;
    return 0;
}

static int put(vms_writer *w, const char *text, size_t len)
{
    if ((size_t)(w->end - w->p) < len && grow(w, len))
        return -1;
    memcpy(w->p, text, len);
    w->p += len;
    return 0;
}

static int put_unit(vms_writer *w, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', digits[unit >> 12 & 15], digits[unit >> 8 & 15], digits[unit >> 4 & 15], digits[unit & 15]};
    return put(w, text, sizeof text);
}

/* One character of a JSON string in ASCII. */
static int put_character(vms_writer *w, Py_UCS4 character)
{
    if (character >= 32 && character < 127 && character != '"' && character != '\\') {
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

static int put_start(vms_writer *w, PyObject *name, const char *own, unsigned long instance_id)
{
    static const char first[] = "{\"name\": \"", second[] = "\", \"instance_id\": ";
    int failed = put(w, first, sizeof first - 1);
    Py_ssize_t length = name ? PyUnicode_GetLength(name) : (Py_ssize_t)strlen(own);
    for (Py_ssize_t i = 0; i < length && !failed; i++)
        failed = put_character(w, name ? PyUnicode_ReadChar(name, i) : (Py_UCS4)(unsigned char)own[i]);
    char digits[24];
    char *at = digits + sizeof digits;
    *--at = ' ';
    *--at = ',';
    do
        *--at = (char)('0' + instance_id % 10);
    while (instance_id /= 10);
    return failed || put(w, second, sizeof second - 1) || put(w, at, (size_t)(digits + sizeof digits - at));
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

/* Everything but the braces. Non-zero with an exception. */
static int put_entry(State *self, vms_writer *w, PyObject *name, unsigned long instance_id, uint32_t version)
{
    const vms_device *device = self->layout->device;
    const Binding *binding = self->binding;
    if (put_start(w, name, device->name, instance_id)) {
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

/* The text is made in room that the layout keeps for the next one, and copied once: fresh memory costs more than that. */
static PyObject *make(State *self, PyObject *name, unsigned long instance_id, uint32_t version)
{
    Layout *layout = self->layout;
    uint8_t small[SMALL];
    growing text;               /* not initialised as a whole: most of it is room for an error */
    text.own = layout->text;    /* it is ours until then: a hook may describe another state */
    layout->text = NULL;
    text.room = text.own ? text.own : small;
    vms_writer_init(&text.w, text.room, text.own ? layout->text_size : SMALL);
    text.w.flush = grow;
    PyObject *bytes = NULL;
    if (!put_entry(self, &text.w, name, instance_id, version))
        bytes = PyBytes_FromStringAndSize((const char *)text.room, text.w.p - text.room);
    size_t size = (size_t)(text.w.end - text.room);
    if (text.own && !layout->text && size <= KEPT) {
        layout->text = text.own;
        layout->text_size = size;
    } else {
        PyMem_Free(text.own);
    }
    return bytes;
}

/* The last one again ------------------------------------------------------------------------------------------------ */

void vms_described_free(Described *described)
{
    if (!described)
        return;
    Py_DECREF(described->text);
    Py_XDECREF(described->name);
    PyMem_Free(described);
}

/* Writes the shape, at first into SMALL bytes of the caller's. False if it cannot be told. */
static bool shape_of(State *self, growing *shape, uint8_t *small)
{
    size_t size = self->described ? self->described->size : 0;
    shape->own = size > SMALL ? (uint8_t *)PyMem_Malloc(size) : NULL;
    shape->room = shape->own ? shape->own : small;
    vms_writer_init(&shape->w, shape->room, shape->own ? size : SMALL);
    shape->w.flush = grow;
    return !self->layout->device->shape(self->data, &shape->w);
}

static bool still_holds(const Described *last, PyObject *name, unsigned long instance_id, const growing *shape)
{
    if (!last || last->instance_id != instance_id || !last->name != !name)
        return false;
    if (name && name != last->name && PyUnicode_Compare(name, last->name) != 0)
        return false;
    return last->size == (size_t)(shape->w.p - shape->room) && !memcmp(last->shape, shape->room, last->size);
}

/* Without memory for it the next one is made anew, that is all. */
static void keep(State *self, PyObject *text, PyObject *name, unsigned long instance_id, const growing *shape)
{
    size_t size = (size_t)(shape->w.p - shape->room);
    Described *kept = (Described *)PyMem_Malloc(sizeof *kept + size);
    if (kept) {
        kept->text = Py_NewRef(text);
        kept->name = Py_XNewRef(name);
        kept->instance_id = instance_id;
        kept->size = size;
        memcpy(kept->shape, shape->room, size);
    }
    self->described = kept;
}

/* At the newest version. The text is long, what decides it is short: as long as that is what it was, so is the text. */
static PyObject *again(State *self, PyObject *name, unsigned long instance_id)
{
    uint8_t small[SMALL];
    growing shape;
    PyObject *text;
    bool told = shape_of(self, &shape, small);
    if (told && still_holds(self->described, name, instance_id, &shape)) {
        text = Py_NewRef(self->described->text);
    } else {
        Described *last = self->described;
        self->described = NULL;
        vms_described_free(last);   /* first: its memory, still in the caches, is there for the new one */
        text = make(self, name, instance_id, self->layout->device->version);
        if (told && text)
            keep(self, text, name, instance_id, &shape);
    }
    PyMem_Free(shape.own);
    return text;
}

PyObject *vms_state_describe(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    State *self = (State *)op;
    Layout *layout = self->layout;
    const vms_device *device = layout->device;
    bool plain = !count && !keywords;
    if (plain && layout->description)
        return Py_NewRef(layout->description);
    PyObject *values[3];
    unsigned long instance_id = 0, version = device->version;
    if (!device->describe) {
        PyErr_Format(PyExc_TypeError, "%s has no name in the schema, and so no description of its own; describe the object "
                     "around it", layout->table->name);
        return NULL;
    }
    if (arguments(args, count, keywords, values) || number_of(values[1], &instance_id) || number_of(values[2], &version))
        return NULL;
    if (device->shape && version == device->version)
        return again(self, values[0], instance_id);
    PyObject *found = make(self, values[0], instance_id, (uint32_t)version);
    if (found && plain && device->described_alike && !layout->description)
        layout->description = Py_NewRef(found);
    return found;
}
