/* python_growing.h: a writer into a bytes object that grows. */
#ifndef VMS_PYTHON_GROWING_H
#define VMS_PYTHON_GROWING_H

#include "python_types.h"

typedef struct vms_growing {
    vms_writer w;               /* first: its flush finds the rest behind it */
    PyObject *bytes;
    uint8_t *room;              /* in the bytes */
} vms_growing;

/* `last`: how many the last ones were, 0 if there were none. Non-zero with MemoryError. */
int vms_growing_begin(vms_growing *self, size_t last);
/* What was written, and its size. NULL with MemoryError. */
PyObject *vms_growing_end(vms_growing *self, size_t *size);
void vms_growing_drop(vms_growing *self);                  /* in place of `end` */

#endif
