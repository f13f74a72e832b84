/* machine_errors.c: what a save or load was refused for, and how machines differ, as data and in words. */
#include "machine_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *vms_machine_code_name(vms_machine_code code)
{
    switch (code) {
    case VMS_MACHINE_OK: return "ok";
    case VMS_MACHINE_CHANNEL: return "channel";
    case VMS_MACHINE_TRUNCATED: return "truncated";
    case VMS_MACHINE_FRAMING: return "framing";
    case VMS_MACHINE_VERSION: return "version";
    case VMS_MACHINE_STATE: return "state";
    case VMS_MACHINE_FUNCTION: return "function";
    case VMS_MACHINE_DIFFERENT: return "different-machine";
    case VMS_MACHINE_UNMIGRATABLE: return "unmigratable";
    case VMS_MACHINE_INCOMPLETE: return "incomplete";
    case VMS_MACHINE_MEMORY: return "memory";
    case VMS_MACHINE_UNMAPPED: return "unmapped";
    }
    return "unknown";
}

/* Refusals --------------------------------------------------------------------------------------------------------- */

static void begin(vms_machine *m, vms_machine_code code, uint64_t offset)
{
    vms_machine_forget_error(m);
    m->error.code = code;
    m->error.offset = offset;
}

void vms_machine_forget_error(vms_machine *m)
{
    memset(&m->error, 0, sizeof m->error);
    m->error.differences = m->differences;
    m->error.difference_count = m->difference_count;
}

int vms_machine_fail(vms_machine *m, vms_machine_code code, uint64_t offset, const char *format, ...)
{
    va_list list;
    begin(m, code, offset);
    va_start(list, format);
    vsnprintf(m->error.text, sizeof m->error.text, format, list);
    va_end(list);
    return -1;
}

int vms_machine_fail_range(vms_machine *m, vms_machine_code code, uint64_t offset, uint64_t found, uint64_t low,
                           uint64_t high, const char *format, ...)
{
    va_list list;
    begin(m, code, offset);
    va_start(list, format);
    vsnprintf(m->error.text, sizeof m->error.text, format, list);
    va_end(list);
    m->error.found = found;
    m->error.low = low;
    m->error.high = high;
    return -1;
}

int vms_machine_out_of_memory(vms_machine *m)
{
    vms_machine_fail(m, VMS_MACHINE_MEMORY, 0, "there is no memory");
    m->error.error = -ENOMEM;
    return -1;
}

static int channel(vms_machine *m, int error, uint64_t offset)
{
    vms_machine_fail(m, VMS_MACHINE_CHANNEL, offset, "the channel failed: %s", strerror(-error));
    m->error.error = error;
    return -1;
}

/* What a state's or the RAM's own cursor says. */
static int refused(vms_machine *m, vms_error state, uint64_t offset, const char *what)
{
    vms_machine_fail_range(m, VMS_MACHINE_STATE, offset, state.found.bits, state.low.bits, state.high.bits,
                           "%s refuses: %s%s%s", what, vms_code_name(state.code), state.text[0] ? ": " : "", state.text);
    m->error.state = state;
    return -1;
}

int vms_machine_not_read(vms_machine *m, vms_file *f, const char *what)
{
    const vms_reader *r = vms_file_reader(f);
    uint64_t offset;
    int error = vms_file_error(f, VMS_FILE_GETTING, &offset);
    if (error && error != -ENODATA)
        return channel(m, error, offset);
    if (error || r->error.code == VMS_TRUNCATED) {
        vms_error state = r->error;
        vms_machine_fail_range(m, VMS_MACHINE_TRUNCATED, error ? offset : state.offset, state.found.bits, state.low.bits,
                               state.high.bits, "the stream ends in %s", what);
        m->error.state = state;
        return -1;
    }
    if (r->error.code == VMS_MEMORY)
        return vms_machine_out_of_memory(m);
    return refused(m, r->error, r->error.offset, what);
}

int vms_machine_not_written(vms_machine *m, vms_file *f)
{
    uint64_t offset;
    int error = vms_file_error(f, VMS_FILE_PUTTING, &offset);
    if (error)
        return channel(m, error, offset);
    vms_error state = vms_file_writer(f)->error;
    if (state.code == VMS_FULL)
        return vms_machine_out_of_memory(m);
    return refused(m, state, vms_file_put_position(f), "the device");
}

void vms_machine_of_section(vms_machine *m, const char *idstr, uint32_t instance_id)
{
    snprintf(m->error.section, sizeof m->error.section, "%s", idstr);
    m->error.instance_id = instance_id;
}

/* Differences ------------------------------------------------------------------------------------------------------ */

vms_machine_difference *vms_machine_differs(vms_machine *m, vms_machine_unlike kind, const char *subject, size_t length)
{
    if (m->difference_count == m->difference_room) {
        size_t room = m->difference_room ? 2 * m->difference_room : 8;
        vms_machine_difference *larger =
            (vms_machine_difference *)realloc(m->differences, room * sizeof(vms_machine_difference));
        if (!larger) {
            vms_machine_out_of_memory(m);
            return NULL;
        }
        m->differences = larger;
        m->difference_room = room;
    }
    vms_machine_difference *d = &m->differences[m->difference_count++];
    memset(d, 0, sizeof *d);
    d->kind = kind;
    memcpy(d->subject, subject, length < sizeof d->subject ? length : sizeof d->subject - 1);
    return d;
}

int vms_machine_differs_section(vms_machine *m, vms_machine_unlike kind, const char *idstr, uint32_t instance_id)
{
    vms_machine_difference *d = vms_machine_differs(m, kind, idstr, strlen(idstr));
    if (!d)
        return -1;
    d->instance_id = instance_id;
    return 0;
}

int vms_machine_different(vms_machine *m, uint64_t offset)
{
    return vms_machine_fail_range(m, VMS_MACHINE_DIFFERENT, offset, m->difference_count, 0, 0,
                                  "the stream is not of this machine, '%.100s'", m->name);
}

/* Words ------------------------------------------------------------------------------------------------------------ */

typedef struct words {
    char *text;
    size_t room, length;
} words;

static void say(words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(words *w, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t left = w->length < w->room ? w->room - w->length : 0;
    int length = vsnprintf(left ? w->text + w->length : NULL, left, format, list);
    va_end(list);
    w->length += length > 0 ? (size_t)length : 0;
}

static void say_section(words *w, const char *idstr, uint32_t instance_id)
{
    say(w, "section '%s'", idstr);
    if (instance_id)
        say(w, ", instance %" PRIu32, instance_id);
}

static void say_block(words *w, const vms_machine_difference *d)
{
    switch (d->ram) {
    case VMS_RAM_MISSING_BLOCK: say(w, "the stream has no RAM block '%s'", d->subject); return;
    case VMS_RAM_UNKNOWN_BLOCK: say(w, "the machine has no RAM block '%s'", d->subject); return;
    case VMS_RAM_OTHER_LENGTH: say(w, "bytes of RAM block '%s'", d->subject); break;
    case VMS_RAM_OTHER_PAGE_SIZE: say(w, "page size of RAM block '%s'", d->subject); break;
    case VMS_RAM_OTHER_ADDRESS: say(w, "address of RAM block '%s'", d->subject); break;
    }
    say(w, ": %" PRIu64 " here, %" PRIu64 " in the stream", d->here, d->there);
}

static void say_difference(words *w, const vms_machine *m, const vms_machine_difference *d)
{
    static const char *const switched[] = {"off", "on"};
    switch (d->kind) {
    case VMS_UNLIKE_MACHINE: say(w, "machine: '%s' here, '%s' in the stream", m->name, d->subject); break;
    case VMS_UNLIKE_MISSING:
    case VMS_UNLIKE_EXTRA:
        say(w, "the %s has no ", d->kind == VMS_UNLIKE_MISSING ? "stream" : "machine");
        say_section(w, d->subject, d->instance_id);
        break;
    case VMS_UNLIKE_PAGE_BITS:
        say(w, "bits of a page: %" PRIu64 " here, %" PRIu64 " in the stream", d->here, d->there);
        break;
    case VMS_UNLIKE_CAPABILITY:
        say(w, "capability %s: %s here, %s in the stream", d->subject, switched[d->here & 1], switched[d->there & 1]);
        break;
    case VMS_UNLIKE_UUID: say(w, "uuid: another one in the stream"); break;
    case VMS_UNLIKE_RAM: say_block(w, d); break;
    }
}

size_t vms_machine_tell(const vms_machine *m, char *text, size_t room)
{
    words w = {text, room, 0};
    const vms_machine_error *e = &m->error;
    if (room)
        text[0] = 0;
    if (e->code == VMS_MACHINE_OK)
        return 0;
    if (e->section[0]) {
        say_section(&w, e->section, e->instance_id);
        say(&w, "%s%s: ", e->state.path[0] ? ", " : "", e->state.path);
    }
    say(&w, "%s (offset %" PRIu64 ")", e->text, e->offset);
    if (e->code == VMS_MACHINE_DIFFERENT)
        for (size_t i = 0; i < e->difference_count; i++) {
            say(&w, "\n  ");
            say_difference(&w, m, &e->differences[i]);
        }
    return w.length;
}
