/* vms.h: what generated serializers stand on. C11, usable without Python. arrays.c, errors.c,
 * expressions.c and describe.c belong to it, and memory.c where states own memory. */
#ifndef VMS_H
#define VMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever generated code and runtime of different ages would misunderstand each other. */
#define VMS_ABI 6u

/* Errors ------------------------------------------------------------------------------------------------------- */

typedef enum vms_code {
    VMS_OK,
    VMS_TRUNCATED,          /* the bytes end inside a field */
    VMS_TRAILING,           /* bytes are left over after the last field */
    VMS_VERSION,            /* a version outside the ones that can be read */
    VMS_UNKNOWN_SUBSECTION, /* a subsection that the description does not have */
    VMS_RANGE,              /* `in low..high`, or a value that its wire type cannot hold */
    VMS_WHERE,              /* `where` does not hold */
    VMS_CHECK,              /* `check` does not hold */
    VMS_EQUAL,              /* `equal`: the receiver has another value */
    VMS_COUNT,              /* a number of elements that is negative, or above its maximum */
    VMS_ARITHMETIC,         /* an expression divides by zero, shifts outside 0..63 or leaves 64 bits */
    VMS_INDEX,              /* an expression indexes outside an array */
    VMS_HOOK,               /* a hook failed: `found` is what it returned */
    VMS_MEMORY,             /* no memory for the undo copy */
    VMS_FULL,               /* the writer has no room */
    VMS_MARKER,             /* an element that the receiver misses was sent */
    VMS_KEY,                /* two entries of a map with one key, or, on save, not in ascending order */
    VMS_NO_HOOK,            /* what only a hook can code, and there is none */
    VMS_REPEATED_SUBSECTION,/* a subsection that came already */
    VMS_FRAMING             /* what stands around the states is not what it should be: sections, RAM records */
} vms_code;

/* An integer of 64 bits, signed or not. */
typedef struct vms_number {
    uint64_t bits;
    bool negative;
} vms_number;

typedef struct vms_error {
    vms_code code;
    char path[160];         /* "recv_fifo.head", "rings[3].size"; cut on the left if it is longer */
    char text[160];         /* a check's message, an `equal`'s hint, an unknown subsection's name; else empty */
    uint64_t offset;        /* of the byte that was refused or that is missing, from the start of the stream */
    vms_number found, low, high;
    const char *hooks[8];   /* the hooks that ran before, the first eight of them */
    unsigned hook_count;
} vms_error;

const char *vms_code_name(vms_code code);      /* "unknown-subsection"; stable */

static inline vms_number vms_signed(int64_t value)
{
    vms_number number = {(uint64_t)value, value < 0};
    return number;
}

static inline vms_number vms_unsigned(uint64_t value)
{
    vms_number number = {value, false};
    return number;
}

/* Cursors ------------------------------------------------------------------------------------------------------ */

/* Unread bytes, and a way to more of them: a bytes object has none, a socket has. */
typedef struct vms_reader {
    const uint8_t *p, *end;
    uint64_t end_offset;    /* of `end`, from the start of the stream */
    /* Makes at least `need` bytes stand at p, moving the unread ones if it must, and keeps end_offset right. Non-zero if
     * the stream ends before; the unread bytes, with what came of it, still stand at p then. */
    int (*refill)(struct vms_reader *r, size_t need);
    void *opaque;           /* handed to every hook */
    bool whole;             /* bytes left over at the end are an error */
    bool receiver;          /* `equal` and held() ask what the state had before; false: there was nothing before */
    vms_error error;
} vms_reader;

typedef struct vms_writer {
    uint8_t *p, *end;       /* room */
    int (*flush)(struct vms_writer *w, size_t need);    /* makes at least `need` bytes of room at p; non-zero if not */
    void *opaque;
    uint8_t nothing;        /* what p points at where there is no room at all */
    vms_error error;
} vms_writer;

/* Of the error only what decides is set, so that a reader costs nothing; the rest is written by a refusal. */
static inline void vms_reader_init(vms_reader *r, const void *data, size_t size)
{
    r->p = data ? (const uint8_t *)data : (const uint8_t *)"";
    r->end = r->p + size;
    r->end_offset = size;
    r->refill = NULL;
    r->opaque = NULL;
    r->whole = true;
    r->receiver = true;
    r->error.code = VMS_OK;
    r->error.hook_count = 0;
}

static inline void vms_writer_init(vms_writer *w, void *room, size_t size)
{
    w->p = room ? (uint8_t *)room : &w->nothing;
    w->end = w->p + size;
    w->flush = NULL;
    w->opaque = NULL;
    w->error.code = VMS_OK;
    w->error.hook_count = 0;
}

#define VMS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

const uint8_t *vms_take_slow(vms_reader *r, size_t n, const char *fields);
uint8_t *vms_room_slow(vms_writer *w, size_t n);

/* Slow paths, in errors.c. All return -1. `at` is the refused byte. */
int vms_refuse(vms_reader *r, vms_code code, const char *path, const uint8_t *at,
               vms_number found, vms_number low, vms_number high);
int vms_refuse_text(vms_reader *r, vms_code code, const char *path, const uint8_t *at, const char *text);
int vms_refuse_equal(vms_reader *r, const char *path, const uint8_t *at, vms_number found, vms_number held,
                     const char *hint);
int vms_refuse_subsection(vms_reader *r);       /* the one that comes next is unknown */
int vms_refuse_repeated(vms_reader *r);         /* the one that comes next came already */
int vms_refuse_hook(vms_reader *r, const char *hook, int result);
int vms_not_saved(vms_writer *w, vms_code code, const char *path, vms_number found, vms_number low, vms_number high);
int vms_not_saved_text(vms_writer *w, vms_code code, const char *path, const char *text);
int vms_not_saved_hook(vms_writer *w, const char *hook, int result);
int vms_within(vms_error *error, const char *path);                 /* puts "path." before the error's path */
int vms_within_element(vms_error *error, const char *path, size_t index);   /* puts "path[index]." before it */
const uint8_t *vms_end_slow(vms_reader *r, const uint8_t *p, const char *owner, size_t owner_len);

/* The next n bytes in one piece; NULL, with the error set, if the stream ends before. `fields` names what stands in
 * them, for the error: "divider:2 ier:1 ranges:9*16". */
static inline const uint8_t *vms_take(vms_reader *r, size_t n, const char *fields)
{
    const uint8_t *p = r->p;
    if (VMS_UNLIKELY((size_t)(r->end - p) < n))
        return vms_take_slow(r, n, fields);
    if (!p)
        __builtin_unreachable();    /* so that the caller's test for NULL costs nothing here */
    r->p = p + n;
    return p;
}

/* Room for n bytes in one piece; NULL, with the error set, if there is none. */
static inline uint8_t *vms_room(vms_writer *w, size_t n)
{
    uint8_t *p = w->p;
    if (VMS_UNLIKELY((size_t)(w->end - p) < n))
        return vms_room_slow(w, n);
    if (!p)
        __builtin_unreachable();
    w->p = p + n;
    return p;
}

/* The next n bytes, not consumed; NULL, and no error, if the stream ends before. */
static inline const uint8_t *vms_peek(vms_reader *r, size_t n)
{
    if (VMS_UNLIKELY((size_t)(r->end - r->p) < n) && (!r->refill || r->refill(r, n)))
        return NULL;
    return r->p;
}

/* Does a subsection come next whose name begins with `owner` and is longer? Then its name, and its length in *len;
 * nothing is consumed. */
static inline const uint8_t *vms_peek_subsection(vms_reader *r, const char *owner, size_t owner_len, size_t *len)
{
    const uint8_t *p = vms_peek(r, 1);
    if (!p || *p != 0x05 || !(p = vms_peek(r, 2)) || p[1] <= owner_len)
        return NULL;
    *len = p[1];
    if (!(p = vms_peek(r, 2 + *len)) || memcmp(p + 2, owner, owner_len) != 0)
        return NULL;
    return p + 2;
}

/* At the end of a load whose last bytes, from `p` on, are checked but not stored yet: a subsection that claims to be the
 * description's own is refused, and left-over bytes are. Returns where the bytes at `p` stand now: looking further may
 * have moved them. NULL, with the error set, if something was refused. */
static inline const uint8_t *vms_end(vms_reader *r, const uint8_t *p, const char *owner, size_t owner_len)
{
    if (VMS_UNLIKELY(r->p != r->end || r->refill))
        return vms_end_slow(r, p, owner, owner_len);
    if (!p)
        __builtin_unreachable();
    return p;
}

static inline int vms_no_subsection(vms_reader *r, const char *owner, size_t owner_len)
{
    size_t len;
    if (VMS_UNLIKELY(vms_peek_subsection(r, owner, owner_len, &len) != NULL))
        return vms_refuse_subsection(r);
    return 0;
}

int vms_left_over(vms_reader *r);               /* 0, or the refusal of what is left if the load is to be whole */

static inline void vms_hook_ran(vms_error *error, const char *hook)
{
    if (error->hook_count < sizeof error->hooks / sizeof error->hooks[0])
        error->hooks[error->hook_count++] = hook;
}

/* Byte order ------------------------------------------------------------------------------------------------------ */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VMS_BE16(v) (v)
#define VMS_BE32(v) (v)
#define VMS_BE64(v) (v)
#define VMS_BE16S(v, low) (v)
#define VMS_BE32S(v) (v)
#else
#define VMS_BE16(v) __builtin_bswap16(v)
#define VMS_BE32(v) __builtin_bswap32(v)
#define VMS_BE64(v) __builtin_bswap64(v)
/* All numbers in a wider one; `low`: the lower byte of each. */
#define VMS_BE16S(v, low) (((v) << 8 & ~(low)) | ((v) >> 8 & (low)))
#define VMS_BE32S(v) (__builtin_bswap64(v) << 32 | __builtin_bswap64(v) >> 32)
#endif

static inline uint16_t vms_get16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return VMS_BE16(v); }
static inline uint32_t vms_get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return VMS_BE32(v); }
static inline uint64_t vms_get64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return VMS_BE64(v); }
static inline double vms_get_double(const uint8_t *p)
{
    uint64_t bits = vms_get64(p);
    double v;
    memcpy(&v, &bits, 8);
    return v;
}
static inline void vms_put16(uint8_t *p, uint16_t v) { v = VMS_BE16(v); memcpy(p, &v, 2); }
static inline void vms_put32(uint8_t *p, uint32_t v) { v = VMS_BE32(v); memcpy(p, &v, 4); }
static inline void vms_put64(uint8_t *p, uint64_t v) { v = VMS_BE64(v); memcpy(p, &v, 8); }

/* Several that lie beside each other, in one piece. */
static inline void vms_put16x2(uint8_t *p, const void *from)
{
    uint32_t v;
    memcpy(&v, from, 4);
    v = VMS_BE16S(v, 0x00ff00ffu);
    memcpy(p, &v, 4);
}
static inline void vms_put16x4(uint8_t *p, const void *from)
{
    uint64_t v;
    memcpy(&v, from, 8);
    v = VMS_BE16S(v, 0x00ff00ff00ff00ffu);
    memcpy(p, &v, 8);
}
static inline void vms_put32x2(uint8_t *p, const void *from)
{
    uint64_t v;
    memcpy(&v, from, 8);
    v = VMS_BE32S(v);
    memcpy(p, &v, 8);
}

static inline void vms_put_double(uint8_t *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    vms_put64(p, bits);
}

/* count elements of 2, 4 or 8 bytes between native memory and the wire, in either direction; arrays.c. */
void vms_copy16(void *to, const void *from, size_t count);
void vms_copy32(void *to, const void *from, size_t count);
void vms_copy64(void *to, const void *from, size_t count);
/* Bools: every byte becomes 0 or 1. */
void vms_copy_bool(void *to, const void *from, size_t count);

/* A state as it was before a load, and putting it back. Kept out of line: inlined, compilers copy with slow string
 * instructions. */
void vms_remember(void *copy, const void *state, size_t size);

/* Memory that states own: blocks of elements, which may have several owners ------------------------------------------ */

/* What elements that own memory themselves are cleared, shared and parted with; of others there is none. */
typedef struct vms_element {
    void (*clear)(void *element);       /* gives up what it owns, and is empty then */
    void (*share)(void *element);       /* of a copy: becomes one more owner of everything that it points to */
    int (*part)(void *element);         /* of a copy: gets memory of its own with the same content; non-zero: none left */
} vms_element;

/* `count` zeroed elements with one owner; NULL if there is no memory. At least one. */
void *vms_allocate(size_t count, size_t size, const vms_element *element);
/* One owner more; NULL stays NULL. Returns `items`. */
void *vms_share(void *items);
/* One owner less; the last one clears the elements and frees the block. NULL is nothing. */
void vms_release(void *items);
/* A block of its own with copies of the elements, for whoever calls it in place of his share; NULL if there is no memory. */
void *vms_part(const void *items);
/* One more zeroed element behind *count others; *items may move, and becomes a block of its own where others have a
 * share of it. NULL if there is no memory. */
void *vms_append(void **items, uint32_t *count, size_t size, const vms_element *element);
/* The `removed` elements from `at` on make way for `added` others, which are taken over from the block `from`: the
 * caller's share of that goes with them, whatever happens (NULL for none). Blocks with several owners are left to the
 * others as they are, *items becomes one of its own then; NULL when nothing is left. Non-zero, and *items as it was, if
 * there is no memory. */
int vms_splice(void **items, uint32_t *count, size_t size, const vms_element *element, uint32_t at, uint32_t removed,
               void *from, uint32_t added);

/* Expressions: mathematical integers that must stay in 64 bits ------------------------------------------------------- */

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 vms_wide;

/* What an expression met that has no value; the first one counts. */
typedef struct vms_fault {
    vms_code code;
} vms_fault;

/* In expressions.c. */
vms_wide vms_add(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_subtract(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_multiply(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_divide(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_remainder(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_shift_left(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_shift_right(vms_wide a, vms_wide b, vms_fault *fault);
vms_wide vms_fit(vms_wide a, vms_fault *fault);         /* a, if it fits 64 bits */
size_t vms_index(vms_wide index, size_t length, vms_fault *fault);     /* index, or 0 and a fault */
int vms_between(vms_wide value, vms_wide low, vms_wide high);
vms_number vms_number_of(vms_wide value);
#endif

/* Devices ------------------------------------------------------------------------------------------------------- */

/* Places in a stream: higher ones come earlier. */
enum {
    VMS_PRIORITY_DEFAULT,
    VMS_PRIORITY_IOMMU,
    VMS_PRIORITY_PCI_BUS,
    VMS_PRIORITY_VIRTIO_MEM,
    VMS_PRIORITY_APIC,
    VMS_PRIORITY_GICV3_ITS,
    VMS_PRIORITY_GICV3
};

/* What is kept of a state that is a struct of the program's own: the members that its schema declares, and no others. */
typedef struct vms_keeping {
    size_t size;                        /* of the memory to keep them in */
    void (*keep)(void *kept, const void *state);
    void (*put_back)(void *state, const void *kept);
    const vms_element *element;         /* clear, share and part of what is kept; NULL if that owns no memory */
} vms_keeping;

/* Everything that generic code needs to know of a device or struct. Its own functions are declared in its header. */
typedef struct vms_device {
    uint32_t abi;                   /* VMS_ABI of the header that it was compiled with */
    uint32_t version, minimum_version;
    const char *name;               /* on the wire */
    size_t state_size;
    uint64_t size_max;              /* the largest number of bytes that a save writes */
    void (*init)(void *state);      /* values at reset */
    /* `hooks` is the device's own table of hooks, or NULL. Non-zero: refused, see the cursor's error. */
    int (*save)(void *state, vms_writer *w, const void *hooks);
    int (*load)(void *state, vms_reader *r, uint32_t version, const void *hooks);
    /* The subsections of the last load, a bit each, at this offset (uint64_t); SIZE_MAX if there are none. */
    size_t present_offset;
    /* Writes an older version, in minimum_version..version; NULL where there is only one. What that version cannot
     * express is left out: a caller who minds loads it back and compares. */
    int (*save_version)(void *state, vms_writer *w, uint32_t version, const void *hooks);
    /* clear, share and part of the whole state; NULL if it owns no memory. A state that does must be cleared in the end. */
    const vms_element *element;
    /* Writes the members of the JSON object that describes what a save at `version` would send now. Returns how many bytes
     * that save writes, or -1. */
    int64_t (*describe)(void *state, vms_writer *w, uint32_t version, const void *hooks);
    bool described_alike;           /* at the newest version that is the same whatever the state */
    /* Writes what decides the description at the newest version, in a few bytes: equal ones, equal text. Non-zero if that
     * cannot be told of this state; NULL where hooks decide, or nothing does. */
    int (*shape)(const void *state, vms_writer *w);
    /* What it is to a whole stream. Is its section sent at all: 1 or 0, negative where there is no answer; NULL: always. */
    int (*needed)(void *state, void *opaque, const void *hooks);
    int priority;
    bool unmigratable;              /* it keeps a machine from being saved and loaded */
    bool early_setup;               /* its section is sent before RAM */
    bool opaque;                    /* only its hooks know what it holds */
    /* What of the state is kept before a load, to be put back; NULL: a plain copy of it. */
    const vms_keeping *keeping;
} vms_device;

#ifdef __cplusplus
}
#endif
#endif
