/* python_types.h: the native types behind `vmstate.Device`, as they know each other. Limited API.
 *
 * Memory   the bytes of one state, or a share of a block that a state owns: never resized, freed with the last object
 *          that looks at them
 * Window   a part of a Memory with a format and a shape, for memoryviews
 * Layout   what the binding says of one struct, checked; its fields are descriptors
 * Binding  one Python class with its layout, the classes of its elements and its hooks
 * State    an object: a Binding and a place in a Memory; base of Device and Struct
 * Elements a sequence of States in an array or a list, or of values that may be missing
 * Cursor   a Reader or Writer, for the hooks that code bytes themselves
 * Sections States with what stands around them in a stream
 *
 * Nothing that Python code can reach changes where a State or a Field points to: that is what makes them safe. There is
 * one exception, python_lists.c: States of a list's elements go with these when the list moves to another block. Whoever
 * runs Python code while it uses a State's `data` must hold its memory, too. */
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
    const vms_element *element; /* how what these bytes own is given up; NULL if they own nothing */
    void *block;                /* in place of bytes: a share of this block */
    struct Memory *around;      /* of a block: the memory of the state that it was found in */
    /* While C walks through blocks and calls a hook in between, only what is in the hook's own state may be moved. */
    bool walked;
    const uint8_t *free_from, *free_to;
    _Alignas(16) uint8_t data[];
} Memory;

typedef struct Layout {
    PyObject_HEAD
    const vms_python_class *table;
    const vms_device *device;
    PyObject *fields;           /* tuple of Field, in schema order */
    PyObject *by_name;          /* dict: attribute -> Field */
    bool grows;                 /* how long a save is is better not asked of the largest one */
    size_t last_size;           /* of the last save of such a one */
    PyObject *description;      /* bytes: what describe() says of everyone; NULL until it was asked for */
    size_t text_size;           /* of the last description, where they differ */
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
    bool keyed;                 /* its elements are entries of a map */
} Field;

typedef struct Binding {
    PyObject_HEAD
    PyTypeObject *cls;
    Layout *layout;
    PyObject *elements;         /* tuple: Binding of each struct field, None of others */
    PyObject *targets;          /* tuple: Binding that each hook's method is looked up on, None where C need not call */
    uint8_t *table;             /* the hooks for C, or NULL if no class implements any */
} Binding;

/* What decides the text of a description: what is there of that which may be missing, and how many of what varies. */
typedef struct Shape {
    uint8_t *bytes;
    size_t size, room;
} Shape;

/* A description that was made. */
typedef struct Described {
    PyObject *text;             /* bytes; NULL: none */
    size_t size;                /* its */
    Shape shape;                /* the one that the state had then */
} Described;

/* Those of one state, all made for the same section. */
typedef struct Descriptions {
    PyObject *start;            /* bytes: what they begin with; NULL: none were made */
    PyObject *name;             /* the section's, as it was asked for; NULL: the device's own */
    unsigned long instance_id;
    Described *last, *before;   /* many devices go back and forth between two */
    Described *next;            /* has no text, only a shape to compare with theirs */
    Described all[3];
} Descriptions;

typedef struct State {
    PyObject_HEAD
    uint8_t *data;
    Layout *layout;             /* borrowed from the binding */
    Binding *binding;
    Memory *memory;
    PyObject **cache;           /* by field: memoryview, State or Elements; NULL until one was asked for */
    Descriptions *described;    /* NULL until it was */
} State;

typedef struct Elements {
    PyObject_HEAD
    Memory *memory;             /* of the struct around */
    uint8_t *owner;             /* the struct around */
    Binding *around;            /* its binding */
    Field *field;
    Binding *binding;           /* of the elements; NULL if they are numbers */
    size_t depth;               /* which of the field's dimensions this is */
    size_t number;              /* which of the rows of this dimension, counted through all of the field */
    size_t item;                /* of one element, bytes */
    uint8_t *data, *there;      /* the first element; NULL at the outside of what is in a block */
    Memory *block;              /* the one that the cached views look at */
    PyObject **cache;           /* by number: State or Elements, NULL until one was asked for */
    size_t cached;              /* room in it */
} Elements;

/* The types, made once by python_install.c. */
extern PyTypeObject *vms_memory_type, *vms_window_type, *vms_layout_type, *vms_binding_type, *vms_state_type,
    *vms_elements_type, *vms_integer_type, *vms_array_type, *vms_struct_type, *vms_reader_type, *vms_writer_type,
    *vms_sections_type, *vms_texts_type;
extern PyType_Spec vms_memory_spec, vms_window_spec, vms_layout_spec, vms_binding_spec, vms_state_spec,
    vms_elements_spec, vms_integer_spec, vms_array_spec, vms_struct_spec, vms_reader_spec, vms_writer_spec,
    vms_sections_spec, vms_texts_spec;
/* Interned names; what makes exceptions; what is written in Python, by name: see vmstate/_types.py. */
extern PyObject *vms_str_binding, *vms_refusal, *vms_parts;

/* python_memory.c */
Memory *vms_memory_new(size_t size, const vms_element *element);
Memory *vms_memory_of_block(Memory *around, void *items);         /* one share more; `around` may be NULL */
PyObject *vms_window(Memory *memory, uint8_t *data, const char *format, size_t item_size, size_t rank,
                     const size_t *shape, Py_ssize_t count);      /* a memoryview; count: outermost length, -1: shape's */
PyObject *vms_window_on_bytes(Memory *memory, uint8_t *data, size_t size);        /* the Window itself */

/* python_owned.c: copies of states, with what they own. */
int vms_copy_states(const Layout *layout, uint8_t *to, const uint8_t *from);      /* non-zero with MemoryError */
uint8_t *vms_keep(const Layout *layout, uint8_t *states, size_t count);           /* NULL with MemoryError */
void vms_forget(const Layout *layout, uint8_t *kept, size_t count);
void vms_put_back(const Layout *layout, uint8_t *states, uint8_t *kept, size_t count);     /* and forgets */
bool vms_state_has(const State *self, const Py_buffer *buffer, size_t offset);    /* from there on: its own? */
int vms_may_move(const Memory *memory, const uint8_t *owner);                     /* false with RuntimeError */
PyObject *vms_state_overwrite(PyObject *self, PyObject *other);
PyObject *vms_state_reset_like(PyObject *self, PyObject *other);
PyObject *vms_state_pattern(PyObject *self, PyObject *pattern);

/* python_state.c */
State *vms_state_at(Binding *binding, Memory *memory, uint8_t *data);
PyObject **vms_state_cached(State *self, const Field *field);     /* NULL with MemoryError */
void vms_state_forget_cached(State *self);

/* python_load.c, python_save.c, python_hooks.c */
PyObject *vms_state_save(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *vms_state_needed(PyObject *self, PyObject *unused);
PyObject *vms_state_save_into(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
int vms_version_of(PyObject *value, uint32_t *version);           /* non-zero with an exception */
PyObject *vms_state_restore(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *vms_state_take(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
/* What these stand on, for callers with a cursor of their own; non-zero with an exception. */
int vms_state_save_to(State *self, vms_writer *w, uint32_t version);
int vms_state_load_from(State *self, vms_reader *r, uint32_t version);
int vms_state_may_load(const State *self);                        /* false with RuntimeError */
int vms_state_is_needed(State *self);                             /* 1, 0, or -1 with an exception */

/* python_describe.c */
PyObject *vms_state_coded(PyObject *self, PyObject *version);
PyObject *vms_state_describe(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
/* What a description begins with: bytes, as long as name and instance id stay. */
PyObject *vms_describe_start(State *self, PyObject *name, unsigned long instance_id);
PyObject *vms_describe(State *self, PyObject *start, uint32_t version);     /* made anew */

/* python_described.c: of a device in a section of this name (NULL: its own). */
PyObject *vms_state_text(State *self, PyObject *name, unsigned long instance_id, uint32_t version);
void vms_described_free(Descriptions *described);

typedef struct vms_python_call {
    vms_python_context context;
    State *state;
    PyObject *view;             /* what the failed hook was called on */
    const char *method;         /* and its name, or NULL */
    bool loading;               /* lists grow between its hooks */
    PyObject *coded;            /* gets a pair for each `custom` field, or element, that is written, or NULL */
} vms_python_call;

/* python_cursor.c: a Reader or Writer on `cursor` for as long as a hook runs. */
PyObject *vms_cursor_new(vms_python_cursor kind, void *cursor);
bool vms_cursor_close(PyObject *cursor, PyObject *raised);       /* did the cursor raise this exception? */
bool vms_cursor_wrote(PyObject *cursor);                         /* anything? */

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

/* python_elements.c: arrays and lists. */
PyObject *vms_elements_over(Elements *self, Memory *memory, uint8_t *at);         /* a view of an element elsewhere */
PyObject *vms_elements_new(State *state, Field *field, Binding *binding);
Py_ssize_t vms_elements_length(PyObject *self);
PyObject *vms_elements_item(PyObject *self, Py_ssize_t index);
void vms_elements_drop(Elements *self);                           /* cached views, and the block with them */
extern PyMethodDef vms_elements_methods[];

/* python_assign.c: assignment of structs, and of all elements. */
int vms_elements_assign(Elements *self, PyObject *value, const Field *field, vms_place place);
int vms_struct_assign(State *state, PyObject *value, const Field *field, vms_place place);
int vms_elements_set(PyObject *self, PyObject *key, PyObject *value);

/* python_lists.c */
PyObject *vms_elements_splice(PyObject *self, PyObject *args);
int vms_list_assign(Elements *self, PyObject *value);
int vms_block_assign(Field *field, State *state, const uint8_t *items, size_t count);

/* python_parts.c: bitmaps and maps, whose outside is written in Python. */
PyObject *vms_python_part(const char *name);                             /* borrowed */
PyObject *vms_bitmap_value(Field *field, State *state);
int vms_bitmap_assign(Field *field, State *state, PyObject *value);

/* Takes the new reference, and drops the old one when the slot says so already: dropping it can run anything. */
static inline void vms_replace(PyObject **slot, PyObject *value)
{
    PyObject *old = *slot;
    *slot = value;
    Py_XDECREF(old);
}

/* Where the elements of a member are, and how many of the outermost. */
typedef struct vms_extent {
    uint8_t *items;
    size_t count;
} vms_extent;

static inline vms_extent vms_extent_of(const Field *field, const uint8_t *state)
{
    const vms_python_member *member = field->member;
    vms_extent extent = {(uint8_t *)(uintptr_t)state + member->offset, member->rank ? member->shape[0] : 1};
    if (member->storage != VMS_PYTHON_INLINE) {
        uint32_t count;
        memcpy(&extent.items, state + member->offset, sizeof extent.items);
        memcpy(&count, state + member->owned, sizeof count);
        extent.count = extent.items ? count : 0;
    } else if (member->count) {
        int64_t used = member->count(state);
        if (member->kind == VMS_PYTHON_BITMAP && member->rank == 1 && used > 0)
            used = (used + 63) / 64;
        if (used >= 0 && (uint64_t)used < extent.count)
            extent.count = (size_t)used;
    }
    return extent;
}

/* Is it given as a sequence of its elements? */
static inline bool vms_is_sequence(const Field *field)
{
    const vms_python_member *member = field->member;
    return (member->kind == VMS_PYTHON_STRUCT && member->rank) || member->there;
}

#endif
