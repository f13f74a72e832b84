/* vms_machine.h: devices and RAM under one name, saved as a migration stream of QEMU's and loaded from one.
 *
 * Link with machine_*.c beside all that vms.h, vms_file.h and vms_ram.h need: `python -m vmstate library` makes one library
 * of it. Nothing here is global; a machine belongs to one thread at a time, and stands still while it is saved or loaded.
 */
#ifndef VMS_MACHINE_H
#define VMS_MACHINE_H

#include "vms.h"
#include "vms_file.h"
#include "vms_ram.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The registry picks the instance: the smallest number above all that the name has. */
#define VMSTATE_INSTANCE_ID_ANY UINT32_MAX

/* Refusals ------------------------------------------------------------------------------------------------------- */

typedef enum vms_machine_code {
    VMS_MACHINE_OK,
    VMS_MACHINE_CHANNEL,        /* the file failed: `error` says how */
    VMS_MACHINE_TRUNCATED,      /* the stream ends too early */
    VMS_MACHINE_FRAMING,        /* what stands around the sections is not what it should be */
    VMS_MACHINE_VERSION,        /* a section's version is outside the ones that can be read */
    VMS_MACHINE_STATE,          /* a device or the RAM refuses: see `state` */
    VMS_MACHINE_FUNCTION,       /* save_state, load_state or `needed` failed: `error` is what it returned */
    VMS_MACHINE_DIFFERENT,      /* another machine's stream: see `differences` */
    VMS_MACHINE_UNMIGRATABLE,   /* a device forbids it */
    VMS_MACHINE_INCOMPLETE,     /* a refused load has left it so: only another load is possible */
    VMS_MACHINE_MEMORY,
    VMS_MACHINE_UNMAPPED        /* pages cannot have places in this file */
} vms_machine_code;

const char *vms_machine_code_name(vms_machine_code code);       /* "different-machine"; stable */

typedef enum vms_machine_unlike {
    VMS_UNLIKE_MACHINE,         /* its name, in `subject` as the stream has it */
    VMS_UNLIKE_MISSING,         /* the machine has this section, the stream does not */
    VMS_UNLIKE_EXTRA,           /* the stream has it, the machine does not */
    VMS_UNLIKE_PAGE_BITS,
    VMS_UNLIKE_CAPABILITY,      /* on (1) in one, off (0) in the other */
    VMS_UNLIKE_UUID,
    VMS_UNLIKE_RAM              /* a block: `ram` says how */
} vms_machine_unlike;

/* How a stream's machine differs from the one that is to load it. */
typedef struct vms_machine_difference {
    vms_machine_unlike kind;
    char subject[256];          /* the section, block, capability or machine; cut if it is longer */
    uint32_t instance_id;       /* of a section */
    uint64_t here, there;       /* numbers, where there are some */
    vms_ram_unlike ram;
} vms_machine_difference;

typedef struct vms_machine_error {
    vms_machine_code code;
    char section[256];          /* its name; "" where it is about none */
    uint32_t instance_id;
    char text[200];             /* a sentence */
    uint64_t offset;            /* in the stream */
    uint64_t found, low, high;  /* where there are numbers */
    int error;                  /* a negative errno, or what a function returned */
    vms_error state;            /* code, path and range of what a state or the RAM refused */
    const vms_machine_difference *differences;      /* the machine's, until its next load */
    size_t difference_count;
} vms_machine_error;

/* Machines ------------------------------------------------------------------------------------------------------- */

/* What its streams do not have: the same on both ends, and announced nowhere. */
enum {
    VMS_WITHOUT_CONFIGURATION = 1,      /* no name of the machine (QEMU: send-configuration=off) */
    VMS_WITHOUT_FOOTERS = 2,            /* nothing marks a section's end (send-section-footer=off) */
    VMS_WITHOUT_DESCRIPTION = 4,        /* no JSON at the end (suppress-vmdesc=on) */
    VMS_WITHOUT_GLOBAL_STATE = 8        /* a section `globalstate` may be missing (store-global-state=off) */
};

typedef struct vms_entry vms_entry;

/* Inflates n bytes of zlib to exactly page_size bytes. 0, or anything else if they are not that. */
typedef int vms_inflate(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t page_size);

typedef struct vms_machine {
    /* To be set between vms_machine_init() and the first registration. What they point to must outlive the machine. */
    const char *name;                   /* 1 to 1024 bytes of UTF-8 */
    uint32_t switches;                  /* VMS_WITHOUT_... */
    uint32_t page_bits;                 /* of the target's pages; 12 */
    uint32_t minimum_page_bits;         /* of the smallest that its processor has; 12 */
    const char *const *capabilities;
    size_t capability_count;
    const uint8_t *uuid;                /* 16 bytes; NULL: none */
    vms_inflate *inflate;               /* for the compressed pages of old senders; NULL: they are refused */
    void *inflate_opaque;

    /* To be read. */
    vms_machine_error error;            /* of the last save or load */
    bool incomplete;                    /* a refused load has overwritten RAM, or functions, or an opaque device, would not load what was saved */
    bool checking;                      /* a load looks whether it would go well: hooks may want to know */

    /* Its own. */
    vms_entry **entries;
    size_t count, room;
    uint32_t next_section;
    vms_ram *ram;
    vms_machine_difference *differences;
    size_t difference_count, difference_room;
} vms_machine;

/* 0, or -EINVAL for a name that is too long or empty. */
int vms_machine_init(vms_machine *m, const char *name);
void vms_machine_clear(vms_machine *m);

/* Registering: 0, or a negative errno and nothing is registered. EINVAL: a name that is empty or no UTF-8, or a device
 * that cannot be a section; ENAMETOOLONG: more than 255 bytes; EEXIST: name and instance, or the section's number, are
 * taken; ENOEXEC: the device was generated for another vms.h; ENOMEM. ------------------------------------------------- */

/* The seed's names and order of arguments, after the machine. `dev` is the path that the device's bus gives it: the
 * section is called `dev/name` then, has instance 0, and old streams with the bare name load, too. NULL: there is none.
 * `opaque` is the state that `description` describes, `hooks` the device's own table, NULL for none, `hooks_opaque` what
 * its functions are handed. */
int vmstate_register(vms_machine *m, const char *dev, uint32_t instance_id, const vms_device *description, void *opaque,
                     const void *hooks, void *hooks_opaque);
/* 0, or -ENOENT. */
int vmstate_unregister(vms_machine *m, const char *dev, const vms_device *description, const void *opaque);

/* They put and get the body of a section, and return 0 or a negative errno. A load leaves nothing unread. */
typedef int vms_save_state(vms_file *f, void *opaque);
typedef int vms_load_state(vms_file *f, void *opaque, uint32_t version_id);

int register_savevm(vms_machine *m, const char *dev, const char *idstr, uint32_t instance_id, uint32_t version_id,
                    vms_save_state *save_state, vms_load_state *load_state, void *opaque);
int unregister_savevm(vms_machine *m, const char *dev, const char *idstr, const void *opaque);

/* Everything that can be said of a section. vms_section_init() makes one that says nothing. */
typedef struct vms_section {
    const char *dev;                    /* NULL: no path */
    const char *idstr;                  /* NULL: the device's name, or `ram` */
    uint32_t instance_id;               /* VMSTATE_INSTANCE_ID_ANY */
    int64_t alias_id;                   /* another instance under which it may come; -1 */
    int64_t section_id;                 /* its number in streams; -1: the next */
    int priority;                       /* INT_MIN: the device's */
    vms_ram *ram;                       /* one of the three: blocks, */
    const vms_device *device;           /* a device with its state and hooks, */
    void *state;
    const void *hooks;
    uint32_t version_id;                /* or functions */
    vms_save_state *save_state;
    vms_load_state *load_state;
    void *opaque;                       /* of hooks, or of functions */
} vms_section;

void vms_section_init(vms_section *section);
int vms_machine_register(vms_machine *m, const vms_section *section);
/* The section `ram`, once: the caller's blocks, which stay his and must outlive the machine. Its page size must be the
 * machine's, and VMS_RAM_ADDRESSES be set if, and only if, the machine has the capability `x-ignore-shared`. Streams say
 * themselves whether pages have places: there is no capability `mapped-ram`, and VMS_RAM_MAPPED is not set. */
int vms_machine_register_ram(vms_machine *m, vms_ram *ram);

/* Whole streams ----------------------------------------------------------------------------------------------------- */

enum {
    VMS_LOAD_KEEP_MISSING = 1,          /* what has no section stays as it is, as does a block of RAM that is not listed */
    VMS_LOAD_SHADOW = 2                 /* a refused load puts RAM back, too, for the price of a copy of it */
};

/* Writes the machine's stream, and flushes the file, which stays open. 0, or -1 and the machine's error. */
int vms_machine_save(vms_machine *m, vms_file *f);
/* The same with a place for every page of RAM ("mapped-ram"), at a multiple of its size, and zero pages as holes: to a descriptor
 * of a plain file that has nothing yet where the stream begins, or behind it. */
int vms_machine_save_mapped(vms_machine *m, vms_file *f);
/* Loads a stream to its last byte, with places for pages or without: if it has them, from memory or a plain file. 0, or -1 and
 * the machine's error: every device is as it was then.
 *
 * Memory, and descriptors that can seek, are read twice: once to look, once to load. So RAM is as it was, too, and a stream
 * of another machine is refused with all that differs. From other files RAM may be overwritten before something is
 * refused: the machine is incomplete then, until a load succeeds.
 * A sender that asked for a return path, on a file that can be put to and is not read twice, is told of the end: last of all.
 * If that fails, or it has hung up, the load is refused, for it keeps its machine then.
 * Devices without hooks are looked at in a copy. Those with hooks, which may rely on where the state lies, those that are structs
 * of the program's own, and functions load for real while `checking`, and are put back; what a state owns may lie elsewhere then.
 * Functions, and opaque devices, are saved first for that. If they then refuse what they had saved they are not as they were: that
 * makes the machine incomplete, too. */
int vms_machine_load(vms_machine *m, vms_file *f, uint32_t flags);

/* The machine's error in words, with all differences, a line each. Returns the length that it has, as snprintf does. */
size_t vms_machine_tell(const vms_machine *m, char *text, size_t room);

#ifdef __cplusplus
}
#endif
#endif
