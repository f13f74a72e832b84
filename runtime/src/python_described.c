/* python_described.c: descriptions that were made, and are given again while what decides them is the same. */
#include "python_types.h"

/* A text that is longer than SHORT is not kept once there is another. Those of all states have ALL bytes at most. */
enum { SHORT = 16 << 10, ALL = 64 << 20 };

static size_t all_kept;         /* bytes */

static void drop(Described *one)
{
    if (!one->text)
        return;
    all_kept -= one->size;
    Py_CLEAR(one->text);
}

/* The text as it is, which is kept if there is room for it. */
static PyObject *keep(Described *one, PyObject *text)
{
    size_t size = text ? (size_t)PyBytes_Size(text) : 0;
    if (text && size <= ALL - all_kept) {
        all_kept += size;
        one->size = size;
        one->text = Py_NewRef(text);
    }
    return text;
}

static void drop_all(Descriptions *known)
{
    drop(known->last);
    drop(known->before);
    Py_CLEAR(known->start);
    Py_CLEAR(known->name);
}

void vms_described_free(Descriptions *known)
{
    if (!known)
        return;
    drop_all(known);
    for (size_t i = 0; i < 3; i++)
        PyMem_Free(known->all[i].shape.bytes);
    PyMem_Free(known);
}

typedef struct shaping {
    vms_writer w;               /* first: its flush finds the rest behind it */
    Shape *shape;
} shaping;

static int grow_shape(vms_writer *w, size_t need)
{
    Shape *shape = ((shaping *)w)->shape;
    size_t used = shape->bytes ? (size_t)(w->p - shape->bytes) : 0;
    if (need > (size_t)PY_SSIZE_T_MAX / 2 - used)
        return -1;
    size_t room = 2 * shape->room < used + need ? used + need : 2 * shape->room;
    uint8_t *bytes = (uint8_t *)PyMem_Realloc(shape->bytes, room);
    if (!bytes)
        return -1;
    shape->bytes = bytes;
    shape->room = room;
    w->p = bytes + used;
    w->end = bytes + room;
    return 0;
}

/* False if it cannot be told. */
static bool shape_of(const State *self, Shape *shape)
{
    shaping out;                /* not initialised as a whole: most of it is room for an error */
    out.shape = shape;
    vms_writer_init(&out.w, shape->bytes, shape->room);
    out.w.flush = grow_shape;
    if (self->layout->device->shape(self->data, &out.w))
        return false;
    shape->size = shape->bytes ? (size_t)(out.w.p - shape->bytes) : 0;
    return true;
}

/* Most shapes are few bytes, which were written only now: they are read as they were written, numbers first. */
static bool equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    if (size > 64)
        return !memcmp(a, b, size);
    for (; size >= sizeof(uint64_t); a += sizeof(uint64_t), b += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t one, other;
        memcpy(&one, a, sizeof one);
        memcpy(&other, b, sizeof other);
        if (one != other)
            return false;
    }
    while (size && *a == *b)
        a++, b++, size--;
    return !size;
}

static bool holds(const Described *one, const Shape *now)
{
    return one->text && one->shape.size == now->size && equal(one->shape.bytes, now->bytes, now->size);
}

static bool are_for(const Descriptions *known, PyObject *name, unsigned long instance_id)
{
    if (!known->start || known->instance_id != instance_id)
        return false;
    return known->name == name || (known->name && name && !PyUnicode_Compare(known->name, name));
}

/* The state's descriptions, of a section of this name and instance id: none yet if it was another one before. */
static Descriptions *descriptions(State *self, PyObject *name, unsigned long instance_id)
{
    Descriptions *known = self->described;
    if (!known) {
        known = self->described = (Descriptions *)PyMem_Calloc(1, sizeof *known);
        if (!known)
            return (Descriptions *)PyErr_NoMemory();
        known->last = &known->all[0];
        known->before = &known->all[1];
        known->next = &known->all[2];
    }
    if (are_for(known, name, instance_id))
        return known;
    drop_all(known);
    known->start = vms_describe_start(self, name, instance_id);
    known->name = Py_XNewRef(name);
    known->instance_id = instance_id;
    return known->start ? known : NULL;
}

/* The text is long, what decides it is short: as long as that is what it was, or was before, so is the text. */
static PyObject *again(State *self, PyObject *name, unsigned long instance_id)
{
    Layout *layout = self->layout;
    Descriptions *known = descriptions(self, name, instance_id);
    if (!known)
        return NULL;
    Described *next = known->next, *last = known->last, *before = known->before;
    if (!shape_of(self, &next->shape))
        return vms_describe(self, known->start, layout->device->version);
    if (holds(last, &next->shape))
        return Py_NewRef(last->text);
    known->last = before;
    known->before = last;
    if (holds(before, &next->shape))
        return Py_NewRef(before->text);
    if (last->text && last->size > SHORT)
        drop(last);
    drop(before);
    known->last = next;
    known->next = before;
    return keep(next, vms_describe(self, known->start, layout->device->version));
}

PyObject *vms_state_text(State *self, PyObject *name, unsigned long instance_id, uint32_t version)
{
    const vms_device *device = self->layout->device;
    bool plain = !name || PyUnicode_CheckExact(name);       /* others may run code when they are compared, or dropped */
    if (device->shape && plain && version == device->version)
        return again(self, name, instance_id);
    PyObject *start = vms_describe_start(self, name, instance_id);
    PyObject *text = start ? vms_describe(self, start, version) : NULL;
    Py_XDECREF(start);
    return text;
}
