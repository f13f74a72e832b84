/* arrays.c and errors.c against plain loops: every length, every alignment, the edges of 64 bits. */
#include "program.h"

static void copies(void)
{
    static uint8_t from[4096], to[4096];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 7 + 3);
    for (size_t width = 1; width <= 8; width *= 2)
        for (size_t count = 0; count <= 200; count++)
            for (size_t shift = 0; shift < 8; shift++) {
                memset(to, 0xee, sizeof to);
                switch (width) {
                case 1: vms_copy_bool(to + shift, from, count); break;
                case 2: vms_copy16(to + shift, from, count); break;
                case 4: vms_copy32(to + shift, from, count); break;
                default: vms_copy64(to + shift, from, count);
                }
                for (size_t i = 0; i < count * width; i++) {
                    size_t turned = i / width * width + width - 1 - i % width;
                    EXPECT(to[shift + i] == (width == 1 ? from[i] != 0 : from[turned]));
                }
                EXPECT(to[shift + count * width] == 0xee && (shift == 0 || to[shift - 1] == 0xee));
            }
}

static vms_code fault_of(vms_wide (*operation)(vms_wide, vms_wide, vms_fault *), vms_wide a, vms_wide b)
{
    vms_fault fault = {VMS_OK};
    operation(a, b, &fault);
    return fault.code;
}

static void expressions(void)
{
    const vms_wide top = (vms_wide)UINT64_MAX, bottom = INT64_MIN;
    EXPECT(fault_of(vms_add, top, 0) == VMS_OK && fault_of(vms_add, top, 1) == VMS_ARITHMETIC);
    EXPECT(fault_of(vms_subtract, bottom, 0) == VMS_OK && fault_of(vms_subtract, bottom, 1) == VMS_ARITHMETIC);
    EXPECT(fault_of(vms_multiply, top, top) == VMS_ARITHMETIC && fault_of(vms_multiply, bottom, -1) == VMS_OK);
    EXPECT(fault_of(vms_divide, 1, 0) == VMS_ARITHMETIC && fault_of(vms_divide, bottom, -1) == VMS_OK);
    EXPECT(fault_of(vms_remainder, 1, 0) == VMS_ARITHMETIC && fault_of(vms_remainder, bottom, -1) == VMS_OK);
    EXPECT(fault_of(vms_shift_left, 1, 63) == VMS_OK && fault_of(vms_shift_left, 1, 64) == VMS_ARITHMETIC);
    EXPECT(fault_of(vms_shift_left, 2, 63) == VMS_ARITHMETIC && fault_of(vms_shift_left, -1, 63) == VMS_OK);
    EXPECT(fault_of(vms_shift_right, -1, 63) == VMS_OK && fault_of(vms_shift_right, 1, -1) == VMS_ARITHMETIC);
    vms_fault fault = {VMS_OK};
    EXPECT(vms_divide(-7, 2, &fault) == -3 && vms_remainder(-7, 2, &fault) == -1 && fault.code == VMS_OK);
    EXPECT(vms_index(3, 4, &fault) == 3 && fault.code == VMS_OK);
    EXPECT(vms_index(4, 4, &fault) == 0 && fault.code == VMS_INDEX);
}

static void paths(void)
{
    vms_reader r;
    vms_reader_init(&r, "abcdefgh", 8);
    EXPECT(!vms_take(&r, 30, "a:2 list:3*4 b:16"));
    EXPECT(r.error.code == VMS_TRUNCATED && strcmp(r.error.path, "list[2]") == 0 && r.error.offset == 8);
    EXPECT(r.error.found.bits == 0 && r.error.high.bits == 3);
    vms_within_element(&r.error, "rings", 3);
    EXPECT(strcmp(r.error.path, "rings[3].list[2]") == 0);
    for (int i = 0; i < 40; i++)
        vms_within(&r.error, "somewhere");
    EXPECT(strlen(r.error.path) < sizeof r.error.path);
    EXPECT(strcmp(r.error.path + strlen(r.error.path) - 16, "rings[3].list[2]") == 0);
}

int main(void)
{
    copies();
    expressions();
    paths();
    puts("arrays: all is well");
    return 0;
}
