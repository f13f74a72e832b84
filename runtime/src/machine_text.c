/* machine_text.c: the description at a stream's end, as it is written; and UTF-8. */
#include "machine_parts.h"

#include <inttypes.h>
#include <stdio.h>

/* UTF-8 ------------------------------------------------------------------------------------------------------------ */

size_t vms_utf8_character(const uint8_t *p, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!left)
        return 0;
    size_t size = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    if (!size || size > left)
        return 0;
    uint32_t value = size == 1 ? *p : *p & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *character = value;
    return size;
}

bool vms_utf8_is_valid(const char *text, size_t length)
{
    uint32_t character;
    for (size_t at = 0, size; at < length; at += size)
        if (!(size = vms_utf8_character((const uint8_t *)text + at, length - at, &character)))
            return false;
    return true;
}

/* Writing ---------------------------------------------------------------------------------------------------------- */

#define TEXT(f, text) vms_file_put_buffer(f, text, sizeof(text) - 1)

int vms_machine_put_number(vms_file *text, uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    return vms_file_put_buffer(text, digits, (size_t)length);
}

static void put_unit(vms_file *text, uint32_t unit)
{
    char escape[8];
    int length = snprintf(escape, sizeof escape, "\\u%04x", unit & 0xffff);
    vms_file_put_buffer(text, escape, (size_t)length);
}

/* A string's characters, in ASCII. */
static void put_characters(vms_file *text, const char *name)
{
    static const char escaped[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    size_t length = strlen(name);
    uint32_t c = 0;
    for (size_t at = 0, size; at < length; at += size) {
        size = vms_utf8_character((const uint8_t *)name + at, length - at, &c);
        if (!size)
            return;         /* names are looked at when they are registered */
        const char *found = c < 128 ? strchr(escaped, (int)c) : NULL;
        if (found) {
            char pair[2] = {'\\', letters[found - escaped]};
            vms_file_put_buffer(text, pair, 2);
        } else if (c >= 32 && c < 127) {
            vms_file_put_byte(text, (uint8_t)c);
        } else if (c > 0xffff) {
            put_unit(text, 0xd800 + ((c - 0x10000) >> 10));
            put_unit(text, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            put_unit(text, c);
        }
    }
}

int vms_machine_describe(vms_machine *m, vms_entry *e, vms_file *text, uint64_t size)
{
    const vms_section *section = &e->section;
    TEXT(text, "{\"name\": \"");
    put_characters(text, e->idstr);
    TEXT(text, "\", \"instance_id\": ");
    vms_machine_put_number(text, e->instance_id);
    TEXT(text, ", ");
    if (section->device && section->device->describe) {
        vms_writer *w = vms_file_writer(text);
        w->opaque = section->opaque;
        w->error.code = VMS_OK;
        w->error.hook_count = 0;
        int64_t sent = section->device->describe(section->state, w, e->version, section->hooks);
        w->opaque = NULL;
        if (sent < 0)
            return vms_machine_not_written(m, text);
    } else {
        /* Nothing more is known of it than its size. */
        TEXT(text, "\"size\": ");
        vms_machine_put_number(text, size);
        TEXT(text, ", \"fields\": [{\"name\": \"data\", \"size\": ");
        vms_machine_put_number(text, size);
        TEXT(text, ", \"type\": \"buffer\"}]");
    }
    return TEXT(text, "}") ? vms_machine_out_of_memory(m) : 0;
}
