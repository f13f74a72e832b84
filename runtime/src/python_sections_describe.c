/* python_sections_describe.c: what a description says of the sections that were written, as one text for each group of them.
 *
 * It is long, and mostly what it was: so texts are kept, but not more than KEPT of them. Of each section only what its state
 * keeps anyway is held beside it, to see at a glance that nothing changed. If something did, one group's text is made anew. */
#include "python_growing.h"
#include "python_sections.h"

enum { KEPT = 16 << 20 };

/* What is said of one, new. `how`: what is always said (bytes); the section's name and instance id (a tuple), by which
 * the state is asked; or whatever else says it, given the size of the body. `start` is that of the section. */
static PyObject *text_of(const Section *section, PyObject *how, Py_ssize_t start)
{
    if (PyBytes_Check(how))
        return Py_NewRef(how);
    if (!PyTuple_Check(how))
        return PyObject_CallFunction(how, "n", section->end - start - section->header_size);
    PyObject *name;
    unsigned int instance_id;
    if (!PyArg_ParseTuple(how, "UI", &name, &instance_id))
        return NULL;
    return vms_state_text(section->state, name, instance_id, section->state->layout->device->version);
}

/* Is it what stands in the kept text? */
static bool stands(const Group *group, const Said *said, PyObject *text)
{
    if (!text || !said->size)
        return !text && !said->size;
    if (text == said->text)
        return true;
    Py_ssize_t size = PyBytes_Size(text);
    return size == said->size &&
           !memcmp(PyBytes_AsString(group->text) + said->at, PyBytes_AsString(text), (size_t)size);
}

static int put(vms_growing *all, const char *bytes, Py_ssize_t size)
{
    uint8_t *p = vms_room(&all->w, (size_t)size);
    if (!p) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(p, bytes, (size_t)size);
    return 0;
}

static int add(vms_growing *all, Said *said, PyObject *text)
{
    said->size = text ? PyBytes_Size(text) : 0;
    said->at = all->w.p - all->room + 2;
    return text && (put(all, ", ", 2) || put(all, PyBytes_AsString(text), said->size)) ? -1 : 0;
}

/* With the first `same` bytes of the kept text. */
static int begin(const Group *group, vms_growing *all, Py_ssize_t same)
{
    if (vms_growing_begin(all, group->size))
        return -1;
    return same ? put(all, PyBytes_AsString(group->text), same) : 0;
}

/* Asks for what is said of one; NULL if it was not written. Non-zero with an exception. */
static int ask(const Section *section, PyObject *how, Py_ssize_t start, PyObject **text)
{
    *text = section->end < 0 ? NULL : text_of(section, how, start);
    if (section->end < 0 || (*text && PyBytes_Check(*text) && PyBytes_Size(*text)))
        return 0;
    if (*text)
        PyErr_SetString(PyExc_TypeError, "a description is bytes, and not empty");
    Py_CLEAR(*text);
    return -1;
}

typedef struct pass {
    Sections *owner;
    PyObject *how;
    Py_ssize_t number;          /* of the next section */
    Py_ssize_t start;           /* where it begins */
} pass;

/* Goes through a group. From the first on that says something else than before, its text is made anew: in `all`, whose
 * bytes are NULL as long as nobody has. */
static int go_through(pass *at, const Group *group, vms_growing *all)
{
    Sections *self = at->owner;
    Py_ssize_t same = 0;            /* bytes of the kept text that hold */
    Py_ssize_t end = at->number + VMS_GROUP < self->count ? at->number + VMS_GROUP : self->count;
    for (; at->number < end; at->number++) {
        const Section *section = &self->items[at->number];
        Said *said = &self->said[at->number];
        PyObject *text;
        self->failed = at->number;
        if (ask(section, PyTuple_GetItem(at->how, at->number), at->start, &text))
            return -1;
        if (section->end >= 0)
            at->start = section->end + section->footer_size;
        int failed = 0;
        if (!all->bytes && group->text && stands(group, said, text)) {
            same = text ? said->at + said->size : same;
        } else {
            if (!all->bytes)
                failed = begin(group, all, same);
            failed = failed || add(all, said, text);
        }
        vms_replace(&said->text, text);
        if (text && Py_REFCNT(text) == 1)
            Py_CLEAR(said->text);            /* nobody else's: it is in the text of all */
        if (failed)
            return -1;
    }
    self->failed = -1;
    return 0;
}

static void forget(Sections *self, Group *group)
{
    if (group->text)
        self->kept -= group->size;
    Py_CLEAR(group->text);
}

/* The text of one group, empty if nothing is said of it. */
static PyObject *describe_group(pass *at, Group *group)
{
    Sections *self = at->owner;
    vms_growing all;
    all.bytes = NULL;
    if (go_through(at, group, &all)) {
        vms_growing_drop(&all);
        forget(self, group);                    /* some know by now where they stand in another one */
        return NULL;
    }
    if (!all.bytes && group->text)
        return Py_NewRef(group->text);
    forget(self, group);
    PyObject *text = all.bytes ? vms_growing_end(&all, &group->size) : PyBytes_FromStringAndSize(NULL, 0);
    if (text && all.bytes && group->size <= KEPT - self->kept) {
        self->kept += group->size;
        group->text = Py_NewRef(text);
    }
    return text;
}

static PyObject *describe_all(Sections *self, PyObject *how)
{
    pass at = {.owner = self, .how = how};
    PyObject *texts = PyList_New(0);
    for (Group *group = self->groups; texts && at.number < self->count; group++) {
        PyObject *text = describe_group(&at, group);
        if (!text || (PyBytes_Size(text) && PyList_Append(texts, text)))
            Py_CLEAR(texts);
        Py_XDECREF(text);
    }
    return texts;
}

PyObject *vms_sections_describe(PyObject *op, PyObject *how)
{
    Sections *self = (Sections *)op;
    if (!PyTuple_Check(how) || PyTuple_Size(how) != self->count) {
        PyErr_SetString(PyExc_TypeError, "a tuple that says of each section how it is described");
        return NULL;
    }
    if (vms_sections_begin(self))
        return NULL;
    PyObject *described = describe_all(self, how);
    self->busy = false;
    return described;
}
