/* machine_parts.h: what the machine_*.c share. */
#ifndef VMS_MACHINE_PARTS_H
#define VMS_MACHINE_PARTS_H

#include "vms_machine.h"

/* The byte that every element of a stream begins with. */
enum {
    ELEMENT_EOF = 0x00,
    ELEMENT_START = 0x01,
    ELEMENT_PART = 0x02,
    ELEMENT_END = 0x03,
    ELEMENT_FULL = 0x04,
    ELEMENT_SUBSECTION = 0x05,
    ELEMENT_DESCRIPTION = 0x06,
    ELEMENT_CONFIGURATION = 0x07,
    ELEMENT_COMMAND = 0x08,
    ELEMENT_FOOTER = 0x7e
};

enum {
    STREAM_MAGIC = 0x5145564d,          /* `QEVM` */
    STREAM_VERSION = 3,
    MAX_MACHINE_NAME = 1024,
    MAX_CAPABILITIES = 64,
    MAX_DESCRIPTION = 10 << 20
};

struct vms_entry {
    vms_section section;                /* without its strings */
    char idstr[256];
    char compat[256];                   /* the name that older senders know it by, "" if there is none */
    uint32_t instance_id, compat_id, section_id, version, minimum_version;
    int priority;
    bool is_ram, early;

    /* Of the load that is under way. */
    bool came, open;
    uint32_t wire_id, wire_version;
    char wire_idstr[256];
    uint32_t wire_instance;
};

/* The one capability that need not be on here, too: it says how the stream is to be read. */
#define MAPPED_RAM "mapped-ram"

/* Errors: all return -1 -------------------------------------------------------------------------------------------- */

int vms_machine_fail(vms_machine *m, vms_machine_code code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int vms_machine_fail_range(vms_machine *m, vms_machine_code code, uint64_t offset, uint64_t found, uint64_t low,
                           uint64_t high, const char *format, ...) __attribute__((format(printf, 7, 8)));
int vms_machine_out_of_memory(vms_machine *m);
/* A cursor's refusal, or the file's own failure if that is why. */
int vms_machine_not_read(vms_machine *m, vms_file *f, const char *what);
int vms_machine_not_written(vms_machine *m, vms_file *f);
void vms_machine_of_section(vms_machine *m, const char *idstr, uint32_t instance_id);
void vms_machine_forget_error(vms_machine *m);

/* Notes one; NULL, with the error set, if there is no memory. */
vms_machine_difference *vms_machine_differs(vms_machine *m, vms_machine_unlike kind, const char *subject, size_t length);
int vms_machine_differs_section(vms_machine *m, vms_machine_unlike kind, const char *idstr, uint32_t instance_id);
/* The refusal that tells all that were noted. */
int vms_machine_different(vms_machine *m, uint64_t offset);

/* Registry --------------------------------------------------------------------------------------------------------- */

bool vms_entry_answers(const vms_entry *e, const char *idstr, uint32_t instance_id);
vms_entry *vms_machine_find(const vms_machine *m, const char *idstr, uint32_t instance_id, size_t hint);
/* Must every stream of this machine have it? */
bool vms_machine_requires(const vms_machine *m, const vms_entry *e);
/* Bytes of the UTF-8 character at `p` and what it is; 0 if it is none. */
size_t vms_utf8_character(const uint8_t *p, size_t left, uint32_t *character);
bool vms_utf8_is_valid(const char *text, size_t length);

/* Saving ----------------------------------------------------------------------------------------------------------- */

/* `mapped`: it says that pages have places in the file. */
int vms_machine_put_configuration(const vms_machine *m, vms_file *f, bool mapped);
/* What the description says of one with `mapped`. */
int vms_machine_describe_configuration(const vms_machine *m, vms_file *text);
/* Can pages have places in this file? */
int vms_machine_may_be_mapped(vms_machine *m, const vms_file *f);
/* The list of blocks, with all pages at their places: the file goes on behind them. */
int vms_machine_put_mapped(vms_machine *m, vms_file *f);
/* What an entry writes by its save_state, or its device, in a file of its own; NULL with the error set. */
vms_file *vms_machine_saved(vms_machine *m, const vms_entry *e);
int vms_machine_put_number(vms_file *text, uint64_t number);
/* The entry in the description of a section whose body has `size` bytes. */
int vms_machine_describe(vms_machine *m, vms_entry *e, vms_file *text, uint64_t size);

/* Loading ---------------------------------------------------------------------------------------------------------- */

/* What a refused load puts back: a copy of a state, or what functions had saved. */
typedef struct undo_copy {
    vms_entry *entry;
    void *state;
    vms_file *body;
} undo_copy;

typedef struct undo_list {
    undo_copy *copies;
    size_t count, room;
} undo_list;

/* Of a device as it is now. -1 with the machine's error. */
int vms_undo_remember(vms_machine *m, undo_list *u, vms_entry *e);
/* Puts all of them back, the last one first; -1 if one would not. */
int vms_undo_put_back(undo_list *u);
void vms_undo_forget(undo_list *u);
/* A copy of a state, or of what is kept of one of the program's own, with memory of its own; NULL without memory. */
void *vms_state_copy(const vms_device *device, const void *state);
void vms_state_free(const vms_device *device, void *state);

/* One section in a description: the name, of `length` bytes, as it stands in memory. */
typedef struct described_device {
    char *name;
    size_t length;
    uint64_t instance_id;
} described_device;

typedef struct described {
    described_device *devices;
    size_t count, room;
} described;

/* Reads the JSON. NULL, or what is wrong with it, and *at where. The devices must be freed either way. */
const char *vms_description_parse(described *d, const uint8_t *text, size_t size, size_t *at);
void vms_description_free(described *d);
/* The description at the end of what can be looked at beforehand; false if there is none that can be used. */
bool vms_description_ahead(described *d, vms_file *f);

/* A load, from the first byte to the last, in one pass. */
typedef struct walk {
    vms_machine *m;
    vms_file *f;
    vms_reader *r;
    uint32_t flags;
    bool check;                 /* only look */
    bool checked;               /* it was looked at before */
    bool return_path;
    bool mapped;                /* pages have places in the file */
    vms_ram_loader ram;
    vms_ram_difference ram_differences[16];
    undo_list undo;
    vms_entry **order;          /* the devices that came */
    size_t came, hint;
} walk;

uint64_t vms_walk_offset(const walk *w);
const uint8_t *vms_walk_take(walk *w, size_t n, const char *what);
int vms_walk_configuration(walk *w);
int vms_walk_description(walk *w);
/* All that is known to differ is told, if anything is. */
int vms_walk_stop_if_different(walk *w, uint64_t offset);
/* Notes the entries that did not come, and are not named by `d` either, where there is one. */
int vms_walk_missing(walk *w, const described *d);
/* The refusal at a point from which on nothing can be read. `idstr` came there and is unknown; NULL: none did. */
int vms_walk_give_up(walk *w, uint64_t offset, const char *idstr, uint32_t instance_id);
int vms_walk_ram(walk *w, vms_entry *e);
/* The list of blocks, and the pages from their places. Fails as vms_ram_load does. */
int vms_walk_mapped(walk *w);
int vms_walk_device(walk *w, vms_entry *e);
int vms_walk_command(walk *w, uint64_t start);
/* Behind the end of the stream. */
int vms_walk_nothing_follows(walk *w);
/* Reads all. */
int vms_walk_run(walk *w);
/* Tell a sender that waits for it; the first is the last that can fail: from then on the machine is nowhere else. */
int vms_walk_loaded(walk *w);
void vms_walk_refused(walk *w);

#endif
