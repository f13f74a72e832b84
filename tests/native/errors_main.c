/* errors.c: paths, legends of runs, texts, and expressions at the edges of 64 bits. */
#include "program.h"

/* Expressions -------------------------------------------------------------------------------------------------- */

typedef vms_wide operation(vms_wide, vms_wide, vms_fault *);

static void gives(operation *apply, vms_wide a, vms_wide b, vms_wide expected)
{
    vms_fault fault = {VMS_OK};
    EXPECT(apply(a, b, &fault) == expected && fault.code == VMS_OK);
}

static void faults(operation *apply, vms_wide a, vms_wide b)
{
    vms_fault fault = {VMS_OK};
    EXPECT(apply(a, b, &fault) == 0 && fault.code == VMS_ARITHMETIC);
}

static void expressions(void)
{
    const vms_wide top = (vms_wide)UINT64_MAX, high = INT64_MAX, low = INT64_MIN;
    gives(vms_add, top, 0, top), faults(vms_add, top, 1);
    gives(vms_add, high, high, top - 1), faults(vms_add, low, -1);
    gives(vms_subtract, top, top, 0), faults(vms_subtract, low, 1);
    gives(vms_subtract, -1, high, low), faults(vms_subtract, 0, top);
    gives(vms_multiply, low, -1, high + 1), faults(vms_multiply, top, top);
    faults(vms_multiply, low, low), faults(vms_multiply, top, -1), faults(vms_multiply, low, 2);
    gives(vms_divide, low, -1, high + 1), faults(vms_divide, 0, 0);
    gives(vms_divide, -7, 2, -3), gives(vms_divide, top, -2, -high), faults(vms_divide, top, -1);
    gives(vms_remainder, low, -1, 0), faults(vms_remainder, 1, 0);
    gives(vms_remainder, -7, 2, -1), gives(vms_remainder, 7, -2, 1);
    gives(vms_shift_left, 1, 63, high + 1), faults(vms_shift_left, 1, 64), faults(vms_shift_left, 1, -1);
    gives(vms_shift_left, -1, 63, low), faults(vms_shift_left, -1, 64), faults(vms_shift_left, top, 1);
    faults(vms_shift_left, top, 63), faults(vms_shift_left, low, 63);
    gives(vms_shift_right, -1, 63, -1), gives(vms_shift_right, top, 63, 1), faults(vms_shift_right, 1, 64);
    faults(vms_shift_right, 1, top), faults(vms_shift_right, 1, low);

    vms_fault fault = {VMS_OK};
    EXPECT(vms_index(3, 4, &fault) == 3 && fault.code == VMS_OK);
    EXPECT(vms_index(4, 4, &fault) == 0 && fault.code == VMS_INDEX);
    vms_divide(1, 0, &fault);
    EXPECT(fault.code == VMS_INDEX);                        /* the first one counts */
    fault.code = VMS_OK;
    EXPECT(vms_index(-1, 4, &fault) == 0 && fault.code == VMS_INDEX);
    fault.code = VMS_OK;
    EXPECT(vms_index(top, SIZE_MAX, &fault) == 0 && fault.code == VMS_INDEX);
    EXPECT(vms_between(low, low, top) && vms_between(top, low, top) && !vms_between(-1, 0, top));
    EXPECT(vms_number_of(top).bits == UINT64_MAX && !vms_number_of(top).negative);
    EXPECT(vms_number_of(low).bits == (uint64_t)1 << 63 && vms_number_of(low).negative);
}

/* Legends ------------------------------------------------------------------------------------------------------ */

/* A run of `need` bytes that is cut after `left`, 100 bytes into the stream. */
static void cut(size_t left, size_t need, const char *fields, const char *path, uint64_t offset, uint64_t found, uint64_t size)
{
    uint8_t *data = (uint8_t *)malloc(left ? left : 1);
    EXPECT(data);
    vms_reader r;
    vms_reader_init(&r, data, left);
    r.end_offset += 100;
    memset(&r.error, 0xa5, sizeof r.error);                 /* whatever was there */
    EXPECT(!vms_take(&r, need, fields));
    EXPECT(r.error.code == VMS_TRUNCATED && r.error.offset == 100 + offset && r.error.text[0] == 0);
    EXPECT(strcmp(r.error.path, path) == 0);
    EXPECT(r.error.found.bits == found && r.error.low.bits == size && r.error.high.bits == size);
    free(data);
}

static void legends(void)
{
    static const char fields[] = "a:2 list:3*4 b:16 tail:5*1";
    cut(0, 35, fields, "a", 0, 0, 2);
    cut(1, 35, fields, "a", 0, 1, 2);
    cut(2, 35, fields, "list[0]", 2, 0, 3);
    cut(4, 35, fields, "list[0]", 2, 2, 3);
    cut(5, 35, fields, "list[1]", 5, 0, 3);
    cut(13, 35, fields, "list[3]", 11, 2, 3);
    cut(14, 35, fields, "b", 14, 0, 16);
    cut(29, 35, fields, "b", 14, 15, 16);
    cut(30, 35, fields, "tail", 30, 0, 5);                      /* an array of one is called by its name */
    cut(7, 1000, "words", "words", 0, 7, 1000);             /* without sizes: the run is one thing */
    cut(3, 1000, "unused", "unused", 0, 3, 1000);
    cut(9, 4104, "x:8 page:0", "page", 8, 1, 4096);         /* a size that the text does not know */
    cut(9, 12, "eecd.val_in:4 eecd.bitnum_in:8", "eecd.bitnum_in", 4, 5, 8);
}

/* Paths -------------------------------------------------------------------------------------------------------- */

static void fresh(vms_error *error, const char *path)
{
    vms_reader r;
    vms_reader_init(&r, "", 0);
    vms_refuse(&r, VMS_RANGE, path, r.p, vms_signed(-1), vms_unsigned(0), vms_unsigned(9));
    *error = r.error;
}

static void paths(void)
{
    vms_error error;
    fresh(&error, "size");
    EXPECT(vms_within_element(&error, "rings", 3) == -1 && strcmp(error.path, "rings[3].size") == 0);
    EXPECT(vms_within(&error, "port") == -1 && strcmp(error.path, "port.rings[3].size") == 0);

    fresh(&error, "");                                      /* matrix[2][0] */
    vms_within_element(&error, "", 0);
    vms_within_element(&error, "matrix", SIZE_MAX);
    EXPECT(strcmp(error.path, "matrix[18446744073709551615][0]") == 0 || SIZE_MAX < UINT64_MAX);
    fresh(&error, "");
    vms_within(&error, "alone");
    EXPECT(strcmp(error.path, "alone") == 0);
    vms_within(&error, "");
    EXPECT(strcmp(error.path, "alone") == 0);

    /* What is too long loses its beginning, wherever the length comes from. */
    char name[400];
    memset(name, 'n', sizeof name);
    memcpy(name + sizeof name - 5, ".end", 5);
    for (size_t length = 140; length < sizeof name; length++) {
        const char *path = name + sizeof name - 1 - length;
        fresh(&error, path);
        size_t kept = length < 159 ? length : 159;
        EXPECT(strlen(error.path) == kept && strcmp(error.path, path + length - kept) == 0);
        vms_within_element(&error, path, 7);
        EXPECT(strcmp(error.path + strlen(error.path) - 4, ".end") == 0 && strlen(error.path) == 159);
        fresh(&error, "x");
        vms_within_element(&error, path, 7);
        EXPECT(strcmp(error.path + strlen(error.path) - 9, ".end[7].x") == 0);
        EXPECT(strlen(error.path) == (length + 5 < 159 ? length + 5 : 159));
    }
}

/* Texts -------------------------------------------------------------------------------------------------------- */

/* An unknown subsection's name is anything: cut at 159 bytes, always ended. */
static void texts(void)
{
    uint8_t data[2 + 255 + 4] = {0x05, 255, 'd', 'e', 'v', '/'};
    memset(data + 6, 'x', 251);
    vms_reader r;
    vms_reader_init(&r, data, sizeof data);
    memset(&r.error, 0xa5, sizeof r.error);
    EXPECT(vms_no_subsection(&r, "dev", 3) == -1 && r.error.code == VMS_UNKNOWN_SUBSECTION && r.error.offset == 0);
    EXPECT(strlen(r.error.text) == 159 && memcmp(r.error.text, "dev/xxx", 7) == 0 && r.error.path[0] == 0);

    data[1] = 6, data[6] = 0, data[7] = 'y';
    vms_reader_init(&r, data, 12);
    memset(r.error.text, 0xa5, sizeof r.error.text);
    EXPECT(vms_no_subsection(&r, "dev", 3) == -1 && strcmp(r.error.text, "dev/") == 0);
    EXPECT(memcmp(r.error.text, "dev/\0y", 7) == 0);        /* the rest stands behind the first end, and has its own */

    data[1] = 3;                                            /* not longer than its owner: no subsection */
    vms_reader_init(&r, data, 12);
    EXPECT(vms_no_subsection(&r, "dev", 3) == 0 && r.error.code == VMS_OK);
    data[1] = 11;                                           /* longer than the stream: not one either */
    vms_reader_init(&r, data, 12);
    EXPECT(vms_no_subsection(&r, "dev", 3) == 0 && r.error.code == VMS_OK);

    for (int code = VMS_OK; code <= VMS_FULL; code++)
        EXPECT(strcmp(vms_code_name((vms_code)code), "unknown") != 0);
    EXPECT(strcmp(vms_code_name(VMS_UNKNOWN_SUBSECTION), "unknown-subsection") == 0);

    vms_writer w;
    vms_writer_init(&w, NULL, 0);
    EXPECT(vms_room(&w, 0) && !vms_room(&w, 1) && w.error.code == VMS_FULL);
    EXPECT(w.error.found.bits == 0 && w.error.low.bits == 1 && w.error.offset == 0 && w.error.text[0] == 0);
}

int main(void)
{
    expressions();
    legends();
    paths();
    texts();
    puts("errors: all is well");
    return 0;
}
