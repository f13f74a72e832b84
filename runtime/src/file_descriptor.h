/* file_descriptor.h: a channel over descriptors, between what opens it and what it does. */
#ifndef VMS_FILE_DESCRIPTOR_H
#define VMS_FILE_DESCRIPTOR_H

#include "file_channel.h"

typedef struct vms_channel_end {
    int fd, flags, came;    /* its flags now, and those that it came with */
    bool socket, terminal;
    bool gathers;           /* many parts are no slower than one: of files, pipes and unix sockets each part has its price */
    bool patient;           /* it waits in the kernel, which goes on sooner than poll would let us */
    int64_t base;           /* where it stood; -1: it has no positions */
} vms_channel_end;

typedef struct vms_channel {
    vms_channel_end in, out;
    int wake;               /* readable once the file is cancelled */
    bool closed;
    atomic_flag lock;       /* so that a cancel shuts down this socket, and not one that got its number */
    bool keep;
    _Atomic int64_t idle_ms;
    int (*interrupted)(void *opaque);
    void *opaque;
} vms_channel;

extern const vms_file_ops vms_descriptor_ops;
extern const vms_file_extras vms_descriptor_extras;
int vms_descriptor_limit_waits(vms_channel *c);     /* sets the kernel's time-outs */

#endif
