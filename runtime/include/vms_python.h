/* vms_python.h: what a generated binding (`_uart.c`) tells the Python runtime of a schema's structs, and how C's hooks
 * reach Python's methods. Nothing of Python itself is needed here. */
#ifndef VMS_PYTHON_H
#define VMS_PYTHON_H

#include "vms.h"

/* Changes whenever bindings and runtime of different ages would misunderstand each other. */
#define VMS_PYTHON_ABI 5u

/* What both sides must agree on even when nobody thought of changing the numbers. */
#define VMS_PYTHON_CURSORS (sizeof(vms_reader) * 65536 + sizeof(vms_writer))

typedef enum vms_python_kind {
    VMS_PYTHON_U8,
    VMS_PYTHON_U16,
    VMS_PYTHON_U32,
    VMS_PYTHON_U64,
    VMS_PYTHON_I8,
    VMS_PYTHON_I16,
    VMS_PYTHON_I32,
    VMS_PYTHON_I64,
    VMS_PYTHON_BOOL,
    VMS_PYTHON_TIMER,
    VMS_PYTHON_F64,
    VMS_PYTHON_BUFFER,      /* raw bytes: an array of rank 1 */
    VMS_PYTHON_BITMAP,      /* words of 64 bits: an array of rank 1, of more for an array of them */
    VMS_PYTHON_STRUCT
} vms_python_kind;

/* Where the elements of a member are. */
typedef enum vms_python_storage {
    VMS_PYTHON_INLINE,      /* in the state */
    VMS_PYTHON_ALLOCATED,   /* in a block, which `offset` points to: as many of the outermost as `owned` counts */
    VMS_PYTHON_LIST,        /* the same; any number of them may be there at any time */
    VMS_PYTHON_MAP          /* a list of entries in ascending order of their keys, a u64 at their start */
} vms_python_storage;

/* An attribute. Of an array `shape` has `rank` lengths, outermost first, the largest where it is in a block; `count`
 * gives how many of the outermost are in use, -1 if that is out of bounds; NULL: all. Of a single bitmap it counts bits,
 * while `owned` counts words. */
typedef struct vms_python_member {
    const char *name;
    vms_python_kind kind;
    size_t offset, item_size;           /* item_size: of what the innermost array is made of */
    size_t rank;
    const size_t *shape;
    int64_t (*count)(const void *state);
    const char *layout;                 /* of a struct: its class's `layout`, which must be the same text */
    vms_python_storage storage;
    size_t owned;                       /* offset of the uint32_t that counts what is in the block */
    size_t there;                       /* of elements that may be missing: offset of a byte for each, 0 if it is; else 0 */
    size_t bits;                        /* of a bitmap: how many it has */
    bool local;                         /* never on the wire, and plain bytes */
    bool declared_local;                /* `local` in the schema, whatever of it is sent */
} vms_python_member;

typedef enum vms_python_cursor { VMS_PYTHON_NO_CURSOR, VMS_PYTHON_READER, VMS_PYTHON_WRITER } vms_python_cursor;

/* A method that a hook calls: of the state itself (`owner` is ""), or of an embedded struct, which `owner` names by the
 * chain of element classes, "Inner.Innermost". */
typedef struct vms_python_hook {
    const char *owner, *method;
    size_t slot;                        /* offset of its function in the table of hooks */
    vms_python_cursor cursor;           /* it takes a reader or a writer, before the version */
    bool versioned;                     /* it takes the version */
    bool predicate;                     /* its result is asked for truth */
    const char *field;                  /* the `custom` field that it writes; NULL: none */
    size_t indices;                     /* behind the cursor it takes as many, of an element of such a field */
} vms_python_hook;

typedef struct vms_python_class {
    uint32_t abi;                       /* VMS_PYTHON_ABI */
    size_t cursors;                     /* VMS_PYTHON_CURSORS */
    const vms_device *device;           /* without save and load for a struct that has no name */
    const char *name;                   /* in the schema */
    const char *layout;                 /* the struct's name, and a digest of its members */
    const char *digest;                 /* 16 hex digits of the schema's */
    const vms_python_member *members;
    size_t member_count;
    const char *const *subsections;     /* by number; nested ones "outer/inner" */
    size_t subsection_count;
    const vms_python_hook *hooks;
    size_t hook_count;
    const void *hook_table;             /* the table of hooks with all its functions calling Python */
    size_t hook_table_size;
    /* Of a device whose section is sent only if needed; NULL: always. 1, 0, or negative where there is no answer. */
    int (*needed)(void *state, void *opaque, const void *hooks);
} vms_python_class;

/* `opaque` of a load or save that has Python hooks. `call` returns what the hook should: 0, or 1 or 0 for a predicate;
 * negative with a Python exception set, or with the cursor's error. `hook` counts in the class's `hooks`; `cursor` is a
 * vms_reader, a vms_writer or NULL, as the hook says, and `element` has the indices that it takes. */
typedef struct vms_python_context {
    int (*call)(struct vms_python_context *context, void *state, size_t hook, uint32_t version, void *cursor,
                const size_t *element);
} vms_python_context;

static inline int vms_python_run(void *opaque, void *state, size_t hook, uint32_t version, void *cursor,
                                 const size_t *element)
{
    vms_python_context *context = (vms_python_context *)opaque;
    return context->call(context, state, hook, version, cursor, element);
}

/* The functions of a hook table: what stands between the state and `opaque`, and what of it the method is handed. */
#define VMS_PYTHON_ANY_HOOK(function, type, hook, parameters, version, cursor)                                  \
    static int function(type *state parameters, void *opaque)                                                  \
    {                                                                                                          \
        return vms_python_run(opaque, state, hook, version, cursor, NULL);                                     \
    }
#define VMS_PYTHON_COMMA ,
#define VMS_PYTHON_HOOK(function, type, hook) VMS_PYTHON_ANY_HOOK(function, type, hook, , 0, NULL)
#define VMS_PYTHON_VERSIONED_HOOK(function, type, hook)                                                        \
    VMS_PYTHON_ANY_HOOK(function, type, hook, VMS_PYTHON_COMMA uint32_t version, version, NULL)
#define VMS_PYTHON_READER_HOOK(function, type, hook)                                                           \
    VMS_PYTHON_ANY_HOOK(function, type, hook, VMS_PYTHON_COMMA vms_reader *r, 0, r)
#define VMS_PYTHON_READER_VERSIONED_HOOK(function, type, hook)                                                 \
    VMS_PYTHON_ANY_HOOK(function, type, hook, VMS_PYTHON_COMMA vms_reader *r VMS_PYTHON_COMMA uint32_t version, version, r)
#define VMS_PYTHON_WRITER_HOOK(function, type, hook)                                                           \
    VMS_PYTHON_ANY_HOOK(function, type, hook, VMS_PYTHON_COMMA vms_writer *w, 0, w)

#endif
