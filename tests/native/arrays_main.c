/* arrays.c against a byte loop: every length to 300, every alignment of either side, and nothing beside it touched. */
#include "program.h"

enum { LONGEST = 300, ROOM = 8 * LONGEST + 64 };

typedef void copier(void *to, const void *from, size_t count);

static void copies(copier *copy, size_t width)
{
    static uint8_t from[ROOM], to[ROOM];
    for (size_t i = 0; i < ROOM; i++)
        from[i] = (uint8_t)(i * 7 + i / 64);
    for (size_t count = 0; count <= LONGEST; count++)
        for (size_t shift = 0; shift < 64; shift++) {
            const uint8_t *in = from + shift % 8;
            uint8_t *out = to + 8 + shift / 8;
            size_t size = count * width;
            memset(to, 0xee, ROOM);
            copy(out, in, count);
            for (size_t i = 0; i < size; i++)
                EXPECT(out[i] == (width == 1 ? in[i] != 0 : in[i / width * width + width - 1 - i % width]));
            for (uint8_t *p = to; p < out; p++)
                EXPECT(*p == 0xee);
            for (uint8_t *p = out + size; p < out + size + 48; p++)
                EXPECT(*p == 0xee);
        }
}

int main(void)
{
    copies(vms_copy_bool, 1);
    copies(vms_copy16, 2);
    copies(vms_copy32, 4);
    copies(vms_copy64, 8);
    puts("arrays: all is well");
    return 0;
}
