/* vms_file.h: a channel of bytes: six operations below, buffers, positions, errors and a rate above them. */
#ifndef VMS_FILE_H
#define VMS_FILE_H

#include "vms.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a channel can do. Any of them may be NULL. What fails returns a negative errno. */
typedef struct vms_file_ops {
    /* Writes all it can, and returns the count; less than `size`, and it is called again with the rest; 0 is an error. */
    int64_t (*put_buffer)(void *opaque, const uint8_t *buf, int64_t pos, size_t size);
    /* Waits until there is something, and returns the count; 0 at the end. `pos`, the position in the stream, may be ignored. */
    int64_t (*get_buffer)(void *opaque, uint8_t *buf, int64_t pos, size_t size);
    /* Returns the first error that there was. Called once. */
    int (*close)(void *opaque);
    /* 1: over the allocation, 0: not. A question; nothing is held back. */
    int (*rate_limit)(void *opaque);
    /* In bytes a second, 0 for as much as there can be; returns the rate in force now, the old one if it refuses. */
    int64_t (*set_rate_limit)(void *opaque, int64_t rate);
    int64_t (*get_rate_limit)(void *opaque);
} vms_file_ops;

/* One thread may read while another writes; whoever closes waits until both have come back. */
typedef struct vms_file vms_file;

/* A piece: as much as one put_buffer is given, and the size of both buffers, unless told. */
#define VMS_FILE_PIECE ((size_t)256 * 1024)

/* Files -------------------------------------------------------------------------------------------------------- */

/* NULL if there is no memory. Where `ops` has none of the three for rates, the file keeps an allocation of its own. */
vms_file *vms_file_new(const vms_file_ops *ops, void *opaque);

/* Descriptors: -1 is none, both may be the same. They become the file's, which makes them blocking or not as it needs, and
 * closes them; `keep` leaves them open, as they were. A cancelled socket is shut down, unless it is kept. A terminal is made
 * raw, and left so. On a pipe whose reader is gone a C program gets SIGPIPE, unless it ignores it; on a socket it does not.
 *
 * `copy`: copies become the file's instead. Only the numbers stay the caller's, who may close them at any time; what they
 * stand for is the same, and all of this happens to it: it is set, shut down, left raw. EINVAL if `keep` is asked for, too. */
typedef struct vms_descriptors {
    int in, out;
    bool keep;
    int64_t idle_ms;                    /* the longest wait for a byte to move; negative: for ever */
    int (*interrupted)(void *opaque);   /* asked after a signal; non-zero: give up with EINTR. May be NULL */
    void *opaque;
    bool copy;                          /* on copies of them: the numbers stay the caller's */
} vms_descriptors;

/* 0, or a negative errno; the descriptors are still the caller's then. */
int vms_file_on_descriptors(vms_file **file, const vms_descriptors *descriptors);
/* The descriptor that is read from or written to; -1 if there is none. */
int vms_file_descriptor(const vms_file *f, bool writing);
void vms_file_set_idle(vms_file *f, int64_t idle_ms);
/* The size of the buffers that are made from now on, at least VMS_FILE_LEAST: each is made when something is first put or got.
 * One that must hold a larger thing grows. For whoever has many files at once. */
#define VMS_FILE_LEAST ((size_t)4096)
void vms_file_set_room(vms_file *f, size_t size);
/* Descriptors alone: what is buffered is written, then both positions are `pos`, counted from where the descriptor stood first. */
int vms_file_seek(vms_file *f, uint64_t pos);
/* Until then a new name in a folder may be lost with the power. 0 or -errno. */
int vms_file_sync_folder(const char *path);

/* Memory: bytes to read, which must outlive the file; or room that grows as it is written to. */
vms_file *vms_file_from_memory(const void *data, size_t size);
vms_file *vms_file_to_memory(void);
const uint8_t *vms_file_memory(const vms_file *f, size_t *size);    /* what was put so far; valid until the next put */

/* Writes what is buffered, closes the channel; the first error that there was, as a negative errno. Again: the same answer. */
int vms_file_close(vms_file *f);
/* Closes if that was not done, without writing what is buffered. NULL is nothing. */
void vms_file_free(vms_file *f);
/* From any thread: what waits, and all that follows, fails with ECANCELED. Only files on descriptors are woken. */
void vms_file_cancel(vms_file *f);

typedef enum vms_file_side { VMS_FILE_ANY, VMS_FILE_PUTTING, VMS_FILE_GETTING } vms_file_side;

/* The first error of a side, or of any: a negative errno, 0 if there was none. It stays: after it nothing is put or got on that
 * side. ENODATA: bytes were asked for behind the end. `offset` (may be NULL) is where in the stream it happened. */
int vms_file_error(const vms_file *f, vms_file_side side, uint64_t *offset);
/* Makes it one, at the side's position. */
void vms_file_set_error(vms_file *f, vms_file_side side, int error);

/* The cursors that states and RAM are coded with. After a refused take or room, vms_file_error says whether the channel is why. */
vms_reader *vms_file_reader(vms_file *f);
vms_writer *vms_file_writer(vms_file *f);

typedef struct vms_file_part {
    const void *bytes;
    size_t size;
} vms_file_part;

/* Putting; 0 or a negative errno --------------------------------------------------------------------------------- */

int vms_file_put_byte(vms_file *f, uint8_t value);
int vms_file_put_be16(vms_file *f, uint16_t value);
int vms_file_put_be32(vms_file *f, uint32_t value);
int vms_file_put_be64(vms_file *f, uint64_t value);
int vms_file_put_buffer(vms_file *f, const void *buf, size_t size);
/* For a vms_ram_sender's `lend`: puts bytes, without copying them where that is quicker; they must stay where they are, and are
 * read when they are handed on. NULL hands on what is lent. */
int vms_file_lend(vms_writer *w, const uint8_t *bytes, size_t size);
/* One after the other, without copying them where that is quicker. */
int vms_file_put_parts(vms_file *f, const vms_file_part *parts, size_t count);
int vms_file_put_counted_string(vms_file *f, const char *text, size_t length);  /* at most 255 bytes, else EINVAL and nothing is put */
int vms_file_flush(vms_file *f);
uint64_t vms_file_put_position(const vms_file *f);      /* bytes put, buffered ones too */
bool vms_file_can_put(const vms_file *f);               /* does the channel go that way at all? */

/* Getting; 0 or a negative errno, and then nothing is stored ------------------------------------------------------ */

int vms_file_get_byte(vms_file *f, uint8_t *value);
int vms_file_get_be16(vms_file *f, uint16_t *value);
int vms_file_get_be32(vms_file *f, uint32_t *value);
int vms_file_get_be64(vms_file *f, uint64_t *value);
int vms_file_get_buffer(vms_file *f, void *buf, size_t size);       /* all of it; on an error the content of buf is undefined */
int vms_file_get_counted_string(vms_file *f, char text[256], size_t *length);   /* with a zero behind it */
int64_t vms_file_get_some(vms_file *f, void *buf, size_t size);     /* what there is, at least a byte; 0 at the end */
int vms_file_at_end(vms_file *f);                       /* 1 or 0; waits for a byte */
bool vms_file_ready(vms_file *f);                       /* would vms_file_at_end() not wait? No, where only the channel knows */
uint64_t vms_file_get_position(const vms_file *f);      /* bytes got */

/* Rate --------------------------------------------------------------------------------------------------------- */

/* 1 if more was put than the rate allows as yet; a negative errno if putting has failed. */
int vms_file_rate_limit(vms_file *f);
int64_t vms_file_set_rate_limit(vms_file *f, int64_t rate);
int64_t vms_file_get_rate_limit(vms_file *f);
/* Nanoseconds until the file's own allocation allows more; 0 if it does, or if the channel has one itself. */
int64_t vms_file_rate_wait(vms_file *f);

#ifdef __cplusplus
}
#endif
#endif
