/* file_channel.h: what the file_*.c share. */
#ifndef VMS_FILE_CHANNEL_H
#define VMS_FILE_CHANNEL_H

#include "vms_file.h"

#include <stdatomic.h>
#include <sys/uio.h>

/* A failure is written once, by the thread of its side, and `error` last: who sees it sees the offset too. */
typedef struct vms_failure {
    _Atomic int error;
    uint64_t offset;
} vms_failure;

/* What files on descriptors can do beyond the six. */
typedef struct vms_file_extras {
    /* Some of these, in their order: how many bytes, or a negative errno. */
    int64_t (*put_parts)(void *opaque, struct iovec *parts, size_t count);
    bool (*gathers)(const void *opaque);        /* are many small parts no slower than one large one? */
    void (*wake)(void *opaque);
    int (*seek)(void *opaque, uint64_t pos);
    int (*descriptor)(const void *opaque, bool writing);
    void (*set_idle)(void *opaque, int64_t idle_ms);
    void (*release)(void *opaque);      /* the memory, long after close: until then it may be woken */
} vms_file_extras;

struct vms_file {
    vms_reader reader;
    vms_writer writer;
    vms_file_ops ops;
    void *opaque;
    const vms_file_extras *extras;
    size_t room;                /* of a new buffer */

    uint8_t *out;               /* NULL until something is put */
    size_t out_size;
    uint64_t out_offset;        /* of out[0], from the start: what was handed on before */
    struct vms_file_loan *loan; /* what is lent; NULL until something is */
    bool keeps;                 /* memory: nothing is handed on, `out` grows */
    bool putting, getting;      /* inside the operation, which must not come back here */

    uint8_t *in;
    size_t in_size;
    bool ended;                 /* the channel said so; it is not asked again */

    vms_failure failed[2];      /* putting, getting */
    _Atomic int first;          /* which of them came first: 1 or 2, 0 for none */
    atomic_bool cancelled;
    bool closed;

    int64_t rate;               /* bytes a second, 0: any */
    uint64_t window_ns;         /* when the window began */
    uint64_t window_offset;     /* the put position then, less what was put too much before */
};

int vms_file_fail(vms_file *f, vms_file_side side, int error, uint64_t offset);     /* returns the side's first error */
int vms_file_side_error(const vms_file *f, vms_file_side side);
/* What the operation answered when it was handed `most` bytes: as many of them are behind us, or it is the side's error. */
int64_t vms_file_handed_on(vms_file *f, int64_t done, size_t most);
size_t vms_file_lent(const vms_file *f);        /* bytes */
int vms_file_hand_on_lent(vms_file *f);         /* with what is in the buffer */
int vms_file_flush_window(vms_writer *w, size_t need);
int vms_file_grow_memory(vms_writer *w, size_t need);
int vms_file_refill(vms_reader *r, size_t need);
void vms_file_forget_input(vms_file *f, uint64_t pos);

#endif
