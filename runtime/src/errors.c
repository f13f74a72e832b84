/* errors.c: the slow paths of vms.h: noting what was refused, where, and why. */
#include "vms.h"

#include <stdio.h>

const char *vms_code_name(vms_code code)
{
    switch (code) {
    case VMS_OK: return "ok";
    case VMS_TRUNCATED: return "truncated";
    case VMS_TRAILING: return "trailing";
    case VMS_VERSION: return "version";
    case VMS_UNKNOWN_SUBSECTION: return "unknown-subsection";
    case VMS_RANGE: return "range";
    case VMS_WHERE: return "where";
    case VMS_CHECK: return "check";
    case VMS_EQUAL: return "equal";
    case VMS_COUNT: return "count";
    case VMS_ARITHMETIC: return "arithmetic";
    case VMS_INDEX: return "index";
    case VMS_HOOK: return "hook";
    case VMS_MEMORY: return "memory";
    case VMS_FULL: return "full";
    case VMS_MARKER: return "marker";
    case VMS_KEY: return "key";
    case VMS_NO_HOOK: return "no-hook";
    case VMS_REPEATED_SUBSECTION: return "repeated-subsection";
    case VMS_FRAMING: return "framing";
    }
    return "unknown";
}

/* Texts -------------------------------------------------------------------------------------------------------- */

/* Copies at most the room, always with an end. */
static void put_text(char *to, size_t room, const char *text, size_t length)
{
    if (length >= room)
        length = room - 1;
    memcpy(to, text, length);
    to[length] = 0;
}

/* Puts text before the path. What does not fit is lost on the left, where the big things stand. */
static void put_before(vms_error *error, const char *text, size_t length)
{
    size_t rest = strlen(error->path), room = sizeof error->path - 1 - rest;
    size_t kept = length < room ? length : room;
    memmove(error->path + kept, error->path, rest + 1);
    memcpy(error->path, text + length - kept, kept);
}

static void put_name_before(vms_error *error, const char *name)
{
    if (error->path[0] && error->path[0] != '[' && *name)
        put_before(error, ".", 1);
    put_before(error, name, strlen(name));
}

static void put_index_before(vms_error *error, size_t index)
{
    char text[32];
    int length = snprintf(text, sizeof text, "[%zu]", index);
    if (error->path[0] && error->path[0] != '[')
        put_before(error, ".", 1);
    put_before(error, text, (size_t)length);
}

int vms_within(vms_error *error, const char *path)
{
    put_name_before(error, path);
    return -1;
}

int vms_within_element(vms_error *error, const char *path, size_t index)
{
    put_index_before(error, index);
    put_name_before(error, path);
    return -1;
}

static void note(vms_error *error, vms_code code, const char *path, vms_number found, vms_number low, vms_number high)
{
    error->code = code;
    error->path[0] = 0;
    put_before(error, path, strlen(path));
    error->text[0] = 0;
    error->offset = 0;
    error->found = found;
    error->low = low;
    error->high = high;
}

static uint64_t offset_of(const vms_reader *r, const uint8_t *at)
{
    return r->end_offset - (uint64_t)(r->end - at);
}

/* Loads -------------------------------------------------------------------------------------------------------- */

int vms_refuse(vms_reader *r, vms_code code, const char *path, const uint8_t *at,
               vms_number found, vms_number low, vms_number high)
{
    note(&r->error, code, path, found, low, high);
    r->error.offset = offset_of(r, at);
    return -1;
}

int vms_refuse_text(vms_reader *r, vms_code code, const char *path, const uint8_t *at, const char *text)
{
    vms_refuse(r, code, path, at, vms_unsigned(0), vms_unsigned(0), vms_unsigned(0));
    put_text(r->error.text, sizeof r->error.text, text, strlen(text));
    return -1;
}

int vms_refuse_equal(vms_reader *r, const char *path, const uint8_t *at, vms_number found, vms_number held,
                     const char *hint)
{
    vms_refuse(r, VMS_EQUAL, path, at, found, held, held);
    put_text(r->error.text, sizeof r->error.text, hint, strlen(hint));
    return -1;
}

/* Of the subsection that comes next, with its name. */
static int refuse_next(vms_reader *r, vms_code code)
{
    vms_refuse(r, code, "", r->p, vms_unsigned(0), vms_unsigned(0), vms_unsigned(0));
    put_text(r->error.text, sizeof r->error.text, (const char *)r->p + 2, r->p[1]);
    return -1;
}

int vms_refuse_subsection(vms_reader *r)
{
    return refuse_next(r, VMS_UNKNOWN_SUBSECTION);
}

int vms_refuse_repeated(vms_reader *r)
{
    return refuse_next(r, VMS_REPEATED_SUBSECTION);
}

int vms_refuse_hook(vms_reader *r, const char *hook, int result)
{
    vms_refuse_text(r, VMS_HOOK, "", r->p, hook);
    r->error.found = vms_signed(result);
    return -1;
}

static size_t decimal(const char **text)
{
    size_t value = 0;
    while (**text >= '0' && **text <= '9')
        value = value * 10 + (size_t)(*(*text)++ - '0');
    return value;
}

/* Finds the entry of `fields` ("ier:1 ranges:9*16") that the bytes end in. */
static void truncated(vms_reader *r, size_t need, const char *fields)
{
    size_t left = (size_t)(r->end - r->p), start = 0, size = need, name_length = strlen(fields);
    const char *name = fields;
    bool in_array = false;
    size_t index = 0;
    for (const char *text = fields; *text;) {
        const char *colon = strchr(text, ':');
        if (!colon)
            break;
        name = text;
        name_length = (size_t)(colon - text);
        text = colon + 1;
        size = decimal(&text);
        size_t count = 1;
        if (*text == '*') {
            text++;
            count = decimal(&text);
        }
        /* A size that no text can say, of a page for one: the last entry has the rest. */
        if (!*text && start + size * count < need) {
            size = need - start;
            count = 1;
        }
        if (left < start + size * count) {
            index = size ? (left - start) / size : 0;
            in_array = count > 1;
            start += index * size;
            break;
        }
        start += size * count;
        text += *text == ' ';
    }
    vms_refuse(r, VMS_TRUNCATED, "", r->p + start, vms_unsigned(left - start), vms_unsigned(size), vms_unsigned(size));
    if (in_array)
        put_index_before(&r->error, index);
    put_before(&r->error, name, name_length);
}

const uint8_t *vms_take_slow(vms_reader *r, size_t n, const char *fields)
{
    if (!r->refill || r->refill(r, n)) {
        truncated(r, n, fields);
        return NULL;
    }
    r->p += n;
    return r->p - n;
}

int vms_left_over(vms_reader *r)
{
    if (!r->whole || r->p == r->end)
        return 0;
    return vms_refuse(r, VMS_TRAILING, "", r->p, vms_unsigned((uint64_t)(r->end - r->p)), vms_unsigned(0), vms_unsigned(0));
}

/* The bytes from `p` on count as unread while more is asked for, so that a refill keeps them. */
const uint8_t *vms_end_slow(vms_reader *r, const uint8_t *p, const char *owner, size_t owner_len)
{
    size_t size = (size_t)(r->p - p);
    r->p = p;
    const uint8_t *next = vms_peek(r, size + 1);
    bool claims = false;
    if (next && next[size] == 0x05 && (next = vms_peek(r, size + 2)) && next[size + 1] > owner_len) {
        next = vms_peek(r, size + 2 + next[size + 1]);
        claims = next && memcmp(next + size + 2, owner, owner_len) == 0;
    }
    r->p += size;
    if (claims ? vms_refuse_subsection(r) : vms_left_over(r))
        return NULL;
    return r->p - size;
}

/* Saves -------------------------------------------------------------------------------------------------------- */

int vms_not_saved(vms_writer *w, vms_code code, const char *path, vms_number found, vms_number low, vms_number high)
{
    note(&w->error, code, path, found, low, high);
    return -1;
}

uint8_t *vms_room_slow(vms_writer *w, size_t n)
{
    if (!w->flush || w->flush(w, n)) {
        vms_not_saved(w, VMS_FULL, "", vms_unsigned((uint64_t)(w->end - w->p)), vms_unsigned(n), vms_unsigned(n));
        return NULL;
    }
    w->p += n;
    return w->p - n;
}

int vms_not_saved_text(vms_writer *w, vms_code code, const char *path, const char *text)
{
    note(&w->error, code, path, vms_unsigned(0), vms_unsigned(0), vms_unsigned(0));
    put_text(w->error.text, sizeof w->error.text, text, strlen(text));
    return -1;
}

int vms_not_saved_hook(vms_writer *w, const char *hook, int result)
{
    vms_not_saved_text(w, VMS_HOOK, "", hook);
    w->error.found = vms_signed(result);
    return -1;
}
