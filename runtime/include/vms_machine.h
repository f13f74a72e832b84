/* vms_machine.h: whole machines in C: devices and live state as one stream, saved and loaded.
 *
 * Link with machine_*.c beside what vms.h needs. A machine is a table that its owner fills; nothing in here is global, and
 * nothing is kept between two calls. */
#ifndef VMS_MACHINE_H
#define VMS_MACHINE_H

#include "vms.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vms_element_type {
    VMS_ELEMENT_EOF = 0,
    VMS_ELEMENT_START = 1,
    VMS_ELEMENT_PART = 2,
    VMS_ELEMENT_END = 3,
    VMS_ELEMENT_FULL = 4,
    VMS_ELEMENT_DESCRIPTION = 6,
    VMS_ELEMENT_CONFIGURATION = 7,
    VMS_ELEMENT_FOOTER = 0x7e
} vms_element_type;

/* Live state: what is sent in rounds, RAM above all. Each writes or reads one body; 0, or -1 and the cursor's error. */
typedef struct vms_live {
    uint32_t version;
    int (*setup)(void *opaque, vms_writer *w);
    int (*iterate)(void *opaque, vms_writer *w);        /* 1: nothing more for now; NULL: everything is in `complete` */
    int (*complete)(void *opaque, vms_writer *w);
    int (*load)(void *opaque, vms_reader *r, vms_element_type type, uint32_t version);
} vms_live;

/* One section: of a device, or of live state. */
typedef struct vms_section {
    const char *name;               /* on the wire: 1 to 255 bytes */
    uint32_t instance, id;          /* `id`: its number in a stream, no two alike */
    const vms_device *device;       /* NULL for live state */
    void *state;                    /* of the device, or what `live` is handed */
    const void *hooks;              /* the device's, or NULL */
    void *opaque;                   /* what its hooks are handed */
    int (*needed)(void *state, void *opaque, const void *hooks);    /* 1: send it, 0: not, -1: no answer; NULL: always */
    const vms_live *live;
} vms_section;

enum {
    VMS_MACHINE_NO_CONFIGURATION = 1,   /* machine types up to 2.3 */
    VMS_MACHINE_NO_FOOTERS = 2,
    VMS_MACHINE_KEEP_MISSING = 4        /* on load: devices that do not come stay as they are */
};

typedef struct vms_machine {
    const char *name;
    const vms_section *sections;    /* in the order in which they are written, live state first */
    size_t count;
    uint32_t flags;
} vms_machine;

/* The whole stream of a machine that stands still, without a description. 0, or -1 and the writer's error. */
int vms_machine_save(const vms_machine *m, vms_writer *w);
/* Its parts, for a machine that runs until the last of them: begin, rounds until one returns 1, complete. */
int vms_machine_begin(const vms_machine *m, vms_writer *w);
int vms_machine_iterate(const vms_machine *m, vms_writer *w);
int vms_machine_complete(const vms_machine *m, vms_writer *w);

/* A stream, with a description behind it or without one. 0, or -1 and the reader's error: then all devices are as they were.
 * What live state has loaded by then is its own affair. */
int vms_machine_load(const vms_machine *m, vms_reader *r);

#ifdef __cplusplus
}
#endif
#endif
