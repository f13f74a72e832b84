/* machine_json.h: JSON, strictly read and with limits. */
#ifndef VMS_MACHINE_JSON_H
#define VMS_MACHINE_JSON_H

#include "machine_parts.h"

/* What is left of a text, and the first thing that is wrong with it. */
typedef struct json {
    const uint8_t *p, *end;
    const char *wrong;
} json;

bool vms_json_fail(json *j, const char *why);               /* false */
void vms_json_skip_space(json *j);
/* Is the next thing this character? Then it is taken. */
bool vms_json_next_is(json *j, char c);
/* A string as UTF-8, in memory of its own. Half a pair of surrogates is three bytes, like anything else. */
bool vms_json_string(json *j, char **text, size_t *length);
/* A key and its colon; *which of the two names it is, or -1. */
bool vms_json_key(json *j, const char *const names[2], int *which);
/* A whole number. What does not fit is UINT64_MAX. */
bool vms_json_number(json *j, uint64_t *value);
/* Any value, which is passed over. `depth`: of what it stands in. */
bool vms_json_skip(json *j, int depth);

#endif
