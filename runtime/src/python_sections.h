/* python_sections.h: Sections, as its files know it. */
#ifndef VMS_PYTHON_SECTIONS_H
#define VMS_PYTHON_SECTIONS_H

#include "python_types.h"

enum {
    VMS_SECTION_SHORT = 32,         /* so many bytes can be read at any header or footer, whatever its size */
    VMS_SECTION_DIRECT = 256 << 10, /* larger ones are not copied to a channel's buffer */
};

typedef struct Section {
    const uint8_t *header;          /* in `frames`; the footer is behind it */
    uint32_t header_size, footer_size;
    int (*save)(void *data, vms_writer *w, const void *hooks);  /* the device's, if short and without hooks; or NULL */
    uint8_t *data;                  /* the state's, which does not move where `save` is */
    size_t most;                    /* where `save` is: bytes, and room behind them for the copy of a short footer */
    Py_ssize_t end;                 /* of the body in the last save; < 0: it was not needed */
    State *state;
    bool optional;                  /* is it sent only if it is needed? */
} Section;

typedef struct Sections {
    PyObject_HEAD
    PyObject *keep;                 /* tuple of (header, state, footer): owns what the array borrows */
    Section *items;
    uint8_t *frames;                /* all headers and footers, in the order in which they are written */
    Py_ssize_t count, failed;       /* failed: which one was refused last, -1 if none was */
    PyObject *store;                /* bytearray of the last save, for the next one; NULL: there is none */
    uint8_t *room;                  /* what is in it */
    size_t room_size;
    bool busy;
} Sections;

int vms_sections_begin(Sections *self);     /* non-zero with RuntimeError: it is at work already */
PyObject *vms_sections_save(PyObject *self, PyObject *unused);
PyObject *vms_sections_save_to(PyObject *self, PyObject *const *args, Py_ssize_t count);
PyObject *vms_sections_describe(PyObject *self, PyObject *const *args, Py_ssize_t count);
PyObject *vms_sections_load(PyObject *self, PyObject *args);
PyObject *vms_sections_pull(PyObject *self, PyObject *args);
PyObject *vms_sections_keep(PyObject *self, PyObject *unused);
PyObject *vms_sections_put_back(PyObject *self, PyObject *capsule);

#endif
