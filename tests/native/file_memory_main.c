/* Files in memory, counted strings, and rates. */
#define _POSIX_C_SOURCE 200809L

#include "file_store.h"

#include <time.h>

static void names(void)
{
    char text[256];
    memset(text, 'n', sizeof text);
    vms_file *f = vms_file_to_memory();
    EXPECT(f && vms_file_put_counted_string(f, text, 256) == -EINVAL && vms_file_put_position(f) == 0);
    EXPECT(!vms_file_put_counted_string(f, text, 255) && vms_file_put_position(f) == 256);
    size_t size, length;
    const uint8_t *data = vms_file_memory(f, &size);
    EXPECT(size == 256 && data[0] == 255 && data[255] == 'n');
    vms_file *back = vms_file_from_memory(data, size);
    char read[256];
    EXPECT(back && !vms_file_get_counted_string(back, read, &length) && length == 255 && read[254] == 'n' && !read[255]);
    EXPECT(vms_file_at_end(back) == 1 && vms_file_put_byte(back, 1) == -EBADF);
    EXPECT(vms_file_get_byte(back, (uint8_t *)read) == -ENODATA && vms_file_close(back) == -ENODATA);
    vms_file_free(back);
    vms_file_free(f);
}

static void memory(void)
{
    vms_file *f = vms_file_to_memory();
    size_t size;
    EXPECT(f && vms_file_memory(f, &size) == NULL && size == 0);
    for (uint32_t i = 0; i < 100000; i++)
        EXPECT(!vms_file_put_be32(f, i));
    const uint8_t *data = vms_file_memory(f, &size);
    EXPECT(size == 400000 && vms_get32(data + 399996) == 99999 && vms_get32(data) == 0);
    vms_file *back = vms_file_from_memory(data, size);
    for (uint32_t i = 0, value; i < 100000; i++)
        EXPECT(!vms_file_get_be32(back, &value) && value == i);
    uint8_t room[4];
    EXPECT(vms_file_get_some(back, room, 4) == 0 && vms_file_get_buffer(back, room, 1) == -ENODATA);
    vms_file_free(back);
    EXPECT(vms_file_get_byte(f, room) == -EBADF && vms_file_close(f) == -EBADF && vms_file_memory(f, &size) && size == 400000);
    vms_file_free(f);
}

/* Rates -------------------------------------------------------------------------------------------------------- */

static void rates(void)
{
    store s = {0};
    vms_file *f = open_store(&s, &rated);
    EXPECT(vms_file_set_rate_limit(f, 7) == 7 && vms_file_rate_limit(f) == 1);
    EXPECT(vms_file_set_rate_limit(f, 8) == 8 && vms_file_rate_limit(f) == 0);
    EXPECT(vms_file_set_rate_limit(f, 100) == 8 && vms_file_get_rate_limit(f) == 8);    /* refused: the old one */
    EXPECT(vms_file_rate_wait(f) == 0 && !vms_file_put_byte(f, 1));                     /* it is soft */
    vms_file_free(f);

    store t = {0};
    f = open_store(&t, &plain);
    EXPECT(vms_file_get_rate_limit(f) == 0 && vms_file_rate_limit(f) == 0 && vms_file_rate_wait(f) == 0);
    EXPECT(vms_file_set_rate_limit(f, 1000000000) == 1000000000 && vms_file_set_rate_limit(f, -1) == 1000000000);
    EXPECT(!vms_file_put_byte(f, 1) && vms_file_rate_limit(f) == 0);
    EXPECT(vms_file_set_rate_limit(f, 10) == 10 && vms_file_rate_limit(f) == 0);        /* a byte every tenth of a second */
    for (int i = 0; i < 50; i++)
        EXPECT(!vms_file_put_byte(f, 1));
    EXPECT(vms_file_rate_limit(f) == 1);
    /* Fifty windows' worth was put: what is too much is not forgiven when the next window begins. */
    EXPECT(vms_file_rate_wait(f) > (int64_t)4500 * 1000000 && vms_file_rate_wait(f) <= (int64_t)5000 * 1000000);
    struct timespec pause = {0, 210 * 1000000};
    EXPECT(!nanosleep(&pause, NULL) && vms_file_rate_limit(f) == 1);
    EXPECT(vms_file_rate_wait(f) <= (int64_t)4800 * 1000000);
    EXPECT(vms_file_set_rate_limit(f, 0) == 0 && vms_file_rate_limit(f) == 0);
    vms_file_free(f);
    free(s.data);
    free(t.data);
}

int main(void)
{
    names();
    memory();
    rates();
    puts("file_memory: all is well");
    return 0;
}
