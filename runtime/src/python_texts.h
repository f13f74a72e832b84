/* python_texts.h: Texts, as its files know it. */
#ifndef VMS_PYTHON_TEXTS_H
#define VMS_PYTHON_TEXTS_H

#include "python_types.h"
#include "vms_file.h"

typedef struct Texts {
    PyObject_HEAD
    PyObject *between;          /* bytes */
    vms_file_part comma;        /* the same */
    PyObject **held;            /* the bytes */
    size_t count, room;         /* of them; the parts have room for twice as many */
    vms_file_part *parts;       /* each of them, and what stands between */
    size_t used;                /* parts */
    size_t size;                /* bytes of all */
} Texts;

int vms_texts_append(Texts *self, PyObject *text);      /* non-zero with an exception, and nothing is appended */

#endif
