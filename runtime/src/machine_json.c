/* machine_json.c: JSON, strictly read and with limits: nothing is kept but what is asked for. */
#include "machine_json.h"

enum { MAX_DEPTH = 96 };        /* as deep as objects and arrays may nest */

bool vms_json_fail(json *j, const char *why)
{
    if (!j->wrong)
        j->wrong = why;
    return false;
}

void vms_json_skip_space(json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
        j->p++;
}

/* Is the next thing this character? Then it is taken. */
bool vms_json_next_is(json *j, char c)
{
    vms_json_skip_space(j);
    if (j->p == j->end || *j->p != (uint8_t)c)
        return false;
    j->p++;
    return true;
}

/* Strings ---------------------------------------------------------------------------------------------------------- */

static int hex_unit(const json *j)
{
    int value = 0;
    if (j->end - j->p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        uint8_t c = j->p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* As UTF-8, half a pair of surrogates in three bytes like anything else: it equals no name then. */
static size_t encode(uint32_t c, uint8_t out[4])
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size; --i; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)(lead[size] | c);
    return size;
}

/* Behind `\u`. */
static bool escaped_unit(json *j, uint32_t *c)
{
    int unit = hex_unit(j);
    if (unit < 0)
        return vms_json_fail(j, "has an escape of no four hex digits");
    j->p += 4;
    *c = (uint32_t)unit;
    if (unit >= 0xd800 && unit < 0xdc00 && j->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u') {
        json second = {j->p + 2, j->end, NULL};
        int low = hex_unit(&second);
        if (low >= 0xdc00 && low < 0xe000) {
            *c = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            j->p += 6;
        }
    }
    return true;
}

/* One character of a string, at most four bytes; 0 at its end or, with `wrong` set, on an error. */
static size_t character(json *j, uint8_t out[4])
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (j->p == j->end || *j->p < 0x20) {
        vms_json_fail(j, "has a string that does not end");
        return 0;
    }
    uint8_t c = *j->p++;
    if (c == '"')
        return 0;
    if (c != '\\') {
        out[0] = c;
        return 1;
    }
    c = j->p < j->end ? *j->p++ : 0;
    uint32_t unit = 0;
    if (c == 'u')
        return escaped_unit(j, &unit) ? encode(unit, out) : 0;
    const char *found = c ? strchr(escapes, c) : NULL;
    if (!found) {
        vms_json_fail(j, "has an unknown escape");
        return 0;
    }
    out[0] = (uint8_t)meant[found - escapes];
    return 1;
}

static bool string(json *j)
{
    uint8_t out[4];
    if (!vms_json_next_is(j, '"'))
        return vms_json_fail(j, "lacks a string");
    while (character(j, out))
        ;
    return !j->wrong;
}

/* Into memory of its own: no more than it has in JSON. */
bool vms_json_string(json *j, char **text, size_t *length)
{
    vms_json_skip_space(j);
    const uint8_t *start = j->p;
    if (!string(j))
        return false;
    json again = {start + 1, j->end, NULL};
    uint8_t *to = (uint8_t *)malloc((size_t)(j->p - start) + 1);
    if (!to)
        return vms_json_fail(j, "does not fit into memory");
    uint8_t out[4];
    *length = 0;
    for (size_t size; (size = character(&again, out)); *length += size)
        memcpy(to + *length, out, size);
    to[*length] = 0;
    *text = (char *)to;
    return true;
}

static bool colon(json *j)
{
    return vms_json_next_is(j, ':') || vms_json_fail(j, "lacks a colon");
}

/* Is it this key? The key and its colon are taken. */
bool vms_json_key(json *j, const char *const names[2], int *which)
{
    char *text = NULL;
    size_t length;
    if (!vms_json_string(j, &text, &length))
        return false;
    *which = -1;
    for (int i = 0; i < 2; i++)
        if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0)
            *which = i;
    free(text);
    return colon(j);
}

/* Values ----------------------------------------------------------------------------------------------------------- */

/* A whole number. What does not fit is UINT64_MAX: no instance has that. */
bool vms_json_number(json *j, uint64_t *value)
{
    vms_json_skip_space(j);
    bool negative = j->p < j->end && *j->p == '-', fits = true;
    j->p += negative;
    const uint8_t *start = j->p;
    for (*value = 0; j->p < j->end && *j->p >= '0' && *j->p <= '9'; j->p++) {
        fits = fits && *value < UINT64_MAX / 10;
        *value = fits ? *value * 10 + (uint64_t)(*j->p - '0') : 0;
    }
    if (j->p == start || (*start == '0' && j->p - start > 1)
        || (j->p < j->end && (*j->p == '.' || *j->p == 'e' || *j->p == 'E')))
        return vms_json_fail(j, "has something that is no whole number");
    if (!fits || (negative && *value))
        *value = UINT64_MAX;
    return true;
}

static bool word(json *j, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(j->end - j->p) < length || memcmp(j->p, text, length) != 0)
        return false;
    j->p += length;
    return true;
}

/* Any value, which is passed over. `depth`: of what it stands in. */
bool vms_json_skip(json *j, int depth)
{
    uint64_t ignored;
    vms_json_skip_space(j);
    if (j->p == j->end)
        return vms_json_fail(j, "ends too early");
    if (*j->p == '"')
        return string(j);
    if (*j->p != '{' && *j->p != '[')
        return word(j, "true") || word(j, "false") || word(j, "null") || vms_json_number(j, &ignored);
    bool object = *j->p++ == '{';
    char close = object ? '}' : ']';
    if (++depth > MAX_DEPTH)
        return vms_json_fail(j, "nests too deeply");
    if (vms_json_next_is(j, close))
        return true;
    do
        if ((object && !(string(j) && colon(j))) || !vms_json_skip(j, depth))
            return false;
    while (vms_json_next_is(j, ','));
    return vms_json_next_is(j, close) || vms_json_fail(j, "lacks a comma or an end");
}
