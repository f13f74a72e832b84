/* python_described.c: descriptions that were made, and are given again while what decides them is the same. */
#include "python_types.h"

/* A text that is longer than SHORT is not kept once there is another. All states of a class keep ALL bytes at most. */
enum { SHORT = 16 << 10, ALL = 8 << 20 };

static void drop(Layout *layout, Described *one)
{
    if (one->text)
        layout->texts_kept -= (size_t)PyBytes_Size(one->text);
    Py_CLEAR(one->text);
    Py_CLEAR(one->name);
}

/* The text as it is, which is kept if there is room for it. */
static PyObject *keep(Layout *layout, Described *one, PyObject *text, PyObject *name, unsigned long instance_id)
{
    size_t size = text ? (size_t)PyBytes_Size(text) : 0;
    if (text && size <= ALL - layout->texts_kept) {
        layout->texts_kept += size;
        one->text = Py_NewRef(text);
        one->name = Py_XNewRef(name);
        one->instance_id = instance_id;
    }
    return text;
}

void vms_described_free(Layout *layout, Descriptions *described)
{
    if (!described)
        return;
    drop(layout, &described->last);
    drop(layout, &described->before);
    PyMem_Free(described->last.shape.bytes);
    PyMem_Free(described->before.shape.bytes);
    PyMem_Free(described->now.bytes);
    PyMem_Free(described);
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

static bool holds(const Described *one, const Shape *now, PyObject *name, unsigned long instance_id)
{
    if (!one->text || one->instance_id != instance_id || !one->name != !name)
        return false;
    if (name && name != one->name && PyUnicode_Compare(name, one->name) != 0)
        return false;
    return one->shape.size == now->size && !memcmp(one->shape.bytes, now->bytes, now->size);
}

static void exchange(Descriptions *known)
{
    Described last = known->last;
    known->last = known->before;
    known->before = last;
}

/* The text is long, what decides it is short: as long as that is what it was, or was before, so is the text. */
static PyObject *again(State *self, PyObject *name, unsigned long instance_id)
{
    uint32_t version = self->layout->device->version;
    Descriptions *known = self->described;
    if (name && !PyUnicode_CheckExact(name))        /* it may run code when it is compared, or dropped */
        return vms_describe(self, name, instance_id, version);
    if (!known && !(known = self->described = (Descriptions *)PyMem_Calloc(1, sizeof *known)))
        return PyErr_NoMemory();
    if (!shape_of(self, &known->now))
        return vms_describe(self, name, instance_id, version);
    if (holds(&known->last, &known->now, name, instance_id))
        return Py_NewRef(known->last.text);
    exchange(known);
    if (holds(&known->last, &known->now, name, instance_id))
        return Py_NewRef(known->last.text);
    if (known->before.text && PyBytes_Size(known->before.text) > SHORT)
        drop(self->layout, &known->before);
    drop(self->layout, &known->last);
    Shape unused = known->last.shape;
    known->last.shape = known->now;
    known->now = unused;
    return keep(self->layout, &known->last, vms_describe(self, name, instance_id, version), name, instance_id);
}

PyObject *vms_state_text(State *self, PyObject *name, unsigned long instance_id)
{
    const vms_device *device = self->layout->device;
    return device->shape ? again(self, name, instance_id) : vms_describe(self, name, instance_id, device->version);
}
