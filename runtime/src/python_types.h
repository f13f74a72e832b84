/* python_types.h: the native types behind `vmstate.Device`, as they know each other. Limited API.
 *
 * Memory   the bytes of one state, never resized, freed with the last object that looks at them
 * Window   a part of a Memory with a format and a shape, for memoryviews
 * Layout   what the binding says of one struct, checked; its fields are descriptors
 * Binding  one Python class with its layout, the classes of its elements and its hooks
 * State    an object: a Binding and a place in a Memory; base of Device and Struct
 * Elements a sequence of States in an array
 *
 * Nothing that Python code can reach changes where a State or a Field points to: that is what makes them safe. */
#ifndef VMS_PYTHON_TYPES_H
#define VMS_PYTHON_TYPES_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "vms_python.h"

typedef struct Memory {
    PyObject_VAR_HEAD
    _Alignas(16) uint8_t data[];
} Memory;

typedef struct Layout {
    PyObject_HEAD
    const vms_python_class *table;
    const vms_device *device;
    PyObject *fields;           /* tuple of Field, in schema order */
    PyObject *by_name;          /* dict: attribute -> Field */
} Layout;

typedef struct Field {
    PyObject_HEAD
    PyObject *name;             /* str; NULL until the class is made */
    Layout *layout;             /* borrowed, it owns this field; NULL until then, and again when it is gone */
    const vms_python_member *member;
    size_t index;               /* in the layout */
    size_t size;                /* of all of it, bytes */
    size_t item;                /* of one of the outermost elements, bytes */
    PyObject *low, *high;       /* int, or NULL: those of the type */
    int64_t signed_low, signed_high;        /* what they are: of all kinds but u64 */
    uint64_t unsigned_low, unsigned_high;   /* of u64 */
    bool narrow;                /* the range is narrower than the type */
    PyObject *enumeration;      /* class or NULL */
    PyObject *members;          /* its dict: value -> member */
    bool flags;
    PyObject *element;          /* of a struct: the class named by the schema */
} Field;

typedef struct Binding {
    PyObject_HEAD
    PyTypeObject *cls;
    Layout *layout;
    PyObject *elements;         /* tuple: Binding of each struct field, None of others */
    PyObject *targets;          /* tuple: Binding that each hook's method is looked up on, None where C need not call */
    uint8_t *table;             /* the hooks for C, or NULL if no class implements any */
} Binding;

typedef struct State {
    PyObject_HEAD
    uint8_t *data;
    Layout *layout;             /* borrowed from the binding */
    Binding *binding;
    Memory *memory;
    PyObject **cache;           /* by field: memoryview, State or Elements; NULL until one was asked for */
} State;

typedef struct Elements {
    PyObject_HEAD
    Memory *memory;
    uint8_t *data;
    Binding *binding;           /* of the elements */
    size_t rank;
    const size_t *shape;        /* in the binding's table */
    size_t item;                /* of one of the outermost, bytes */
    int64_t (*count)(const void *state);
    const void *owner;          /* what `count` is asked of, in the same memory */
    PyObject **cache;
} Elements;

/* The types, made once by python_install.c. */
extern PyTypeObject *vms_memory_type, *vms_window_type, *vms_layout_type, *vms_binding_type, *vms_state_type,
    *vms_elements_type, *vms_integer_type, *vms_array_type, *vms_struct_type;
extern PyType_Spec vms_memory_spec, vms_window_spec, vms_layout_spec, vms_binding_spec, vms_state_spec,
    vms_elements_spec, vms_integer_spec, vms_array_spec, vms_struct_spec;
/* Interned names, and what vmstate.errors makes exceptions with. */
extern PyObject *vms_str_binding, *vms_refusal;

/* python_memory.c */
Memory *vms_memory_new(size_t size);
PyObject *vms_window(Memory *memory, uint8_t *data, const char *format, size_t item_size, size_t rank,
                     const size_t *shape, Py_ssize_t count);      /* a memoryview; count: outermost length, -1: shape's */

/* python_state.c */
State *vms_state_at(Binding *binding, Memory *memory, uint8_t *data);
PyObject **vms_state_cached(State *self, const Field *field);     /* NULL with MemoryError */

/* python_load.c, python_save.c, python_hooks.c */
PyObject *vms_state_save(PyObject *self, PyObject *unused);
PyObject *vms_state_save_into(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *vms_state_restore(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *vms_state_take(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);

typedef struct vms_python_call {
    vms_python_context context;
    State *state;
    PyObject *view;             /* what the failed hook was called on */
    const char *method;         /* and its name, or NULL */
} vms_python_call;

void vms_python_call_init(vms_python_call *call, State *state);
PyObject *vms_refused(State *self, vms_python_call *call, const vms_error *error, const char *doing);  /* NULL, always */

/* python_bulk.c */
int vms_assign(State *self, PyObject *values);                    /* a dict; all of it or nothing */
PyObject *vms_state_as_dict(PyObject *self, PyObject *unused);
int vms_states_equal(Layout *layout, const uint8_t *a, const uint8_t *b, Binding *binding);

/* Which element of an array, for messages. */
typedef struct vms_place {
    size_t rank;
    const size_t *index;
} vms_place;

/* python_field.c */
State *vms_field_state(Field *field, PyObject *object);           /* NULL with TypeError if it is not one of its own */

/* python_value.c: the field's value in this state, new; and setting it. */
PyObject *vms_field_value(Field *field, State *state);
int vms_field_assign(Field *field, State *state, PyObject *value);
PyObject *vms_subject(const Field *field, vms_place place);       /* "uart: data[3]", new */

/* python_integer.c */
PyObject *vms_integer_value(const Field *field, const uint8_t *from);
int vms_integer_convert(const Field *field, PyObject *value, uint8_t *to, vms_place place);

/* python_array.c */
PyObject *vms_array_value(Field *field, State *state);
int vms_array_assign(Field *field, State *state, PyObject *value);

/* python_elements.c: one struct, and arrays of them. */
PyObject *vms_elements_new(State *state, const Field *field, Binding *binding);
int vms_elements_assign(Elements *self, PyObject *value, const Field *field, vms_place place);
int vms_struct_assign(State *state, PyObject *value, const Field *field, vms_place place);

/* Takes the new reference, and drops the old one when the slot says so already: dropping it can run anything. */
static inline void vms_replace(PyObject **slot, PyObject *value)
{
    PyObject *old = *slot;
    *slot = value;
    Py_XDECREF(old);
}

static inline Py_ssize_t vms_used(const Field *field, const State *state)
{
    const vms_python_member *member = field->member;
    if (!member->count)
        return (Py_ssize_t)member->shape[0];
    int64_t used = member->count(state->data);
    return used < 0 || (uint64_t)used > member->shape[0] ? (Py_ssize_t)member->shape[0] : (Py_ssize_t)used;
}

#endif
