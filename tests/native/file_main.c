/* vms_file.h: operations that dribble, lie, fail and come back; cursors; errors that stay. */
#include "file_store.h"

/* Bytes -------------------------------------------------------------------------------------------------------- */

static const uint8_t all_sorts[] = {0xfe, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8,
                                    3, 'r', 'a', 'm', 0, 'r', 'a', 'w'};

static void put_all_sorts(vms_file *f)
{
    EXPECT(!vms_file_put_byte(f, 0xfe) && !vms_file_put_be16(f, 0x1234) && !vms_file_put_be32(f, 0xdeadbeef));
    EXPECT(!vms_file_put_be64(f, 0x0102030405060708) && !vms_file_put_counted_string(f, "ram", 3));
    EXPECT(!vms_file_put_counted_string(f, "", 0) && !vms_file_put_buffer(f, "raw", 3));
}

static void get_all_sorts(vms_file *f)
{
    uint8_t byte, raw[3];
    uint16_t half;
    uint32_t word;
    uint64_t quad;
    char text[256];
    size_t length;
    EXPECT(!vms_file_get_byte(f, &byte) && byte == 0xfe && !vms_file_get_be16(f, &half) && half == 0x1234);
    EXPECT(!vms_file_get_be32(f, &word) && word == 0xdeadbeef);
    EXPECT(!vms_file_get_be64(f, &quad) && quad == 0x0102030405060708);
    EXPECT(!vms_file_get_counted_string(f, text, &length) && length == 3 && strcmp(text, "ram") == 0);
    EXPECT(!vms_file_get_counted_string(f, text, &length) && length == 0 && text[0] == 0);
    EXPECT(!vms_file_get_buffer(f, raw, 3) && memcmp(raw, "raw", 3) == 0);
}

static void all_steps(void)
{
    for (size_t step = 1; step < 30; step++) {
        store s = {.step = step, .positions = true};
        vms_file *f = open_store(&s, &plain);
        s.self = f;
        put_all_sorts(f);
        EXPECT(s.calls == 0 && vms_file_put_position(f) == sizeof all_sorts);
        EXPECT(vms_file_close(f) == 0 && vms_file_close(f) == 0 && s.closes == 1);
        EXPECT(s.size == sizeof all_sorts && memcmp(s.data, all_sorts, s.size) == 0);
        EXPECT(vms_file_put_byte(f, 1) == -EBADF);
        vms_file_free(f);

        f = open_store(&s, &plain);
        s.self = f;
        get_all_sorts(f);
        EXPECT(vms_file_get_position(f) == sizeof all_sorts && vms_file_at_end(f) == 1);
        size_t calls = s.calls;
        EXPECT(vms_file_at_end(f) == 1 && s.calls == calls);    /* an end is not asked for again */
        vms_file_free(f);
        EXPECT(s.closes == 2);
        free(s.data);
    }
}

/* Large buffers go past the buffer, in order; positions and pieces are kept. */
static void large(void)
{
    size_t size = 3 * VMS_FILE_PIECE + 12345;
    uint8_t *data = (uint8_t *)malloc(size), *back = (uint8_t *)malloc(size);
    EXPECT(data && back);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    store s = {.step = 100000, .positions = true};
    vms_file *f = open_store(&s, &plain);
    EXPECT(!vms_file_put_byte(f, 9) && !vms_file_put_buffer(f, data, size) && !vms_file_put_byte(f, 8));
    EXPECT(s.size == size + 1 && vms_file_put_position(f) == size + 2 && !vms_file_close(f));
    vms_file_free(f);
    EXPECT(s.data[0] == 9 && memcmp(s.data + 1, data, size) == 0 && s.data[size + 1] == 8);
    f = open_store(&s, &plain);
    uint8_t byte;
    EXPECT(!vms_file_get_byte(f, &byte) && byte == 9 && !vms_file_get_buffer(f, back, size) && memcmp(back, data, size) == 0);
    EXPECT(vms_file_get_position(f) == size + 1 && !vms_file_get_byte(f, &byte) && byte == 8 && vms_file_at_end(f) == 1);
    vms_file_free(f);

    /* The cursors: a room and a take that are larger than the buffers. */
    free(s.data);
    store t = {.step = 77777, .positions = true};
    f = open_store(&t, &plain);
    uint8_t *p = vms_room(vms_file_writer(f), size);
    EXPECT(p);
    memcpy(p, data, size);
    EXPECT(!vms_file_put_be16(f, 0x0506) && !vms_file_flush(f) && t.size == size + 2);
    vms_file_free(f);
    f = open_store(&t, &plain);
    const uint8_t *q = vms_take(vms_file_reader(f), size, "block");
    EXPECT(q && memcmp(q, data, size) == 0);
    EXPECT(vms_peek(vms_file_reader(f), 2)[1] == 6 && !vms_peek(vms_file_reader(f), 3));
    EXPECT(vms_file_error(f, VMS_FILE_ANY, NULL) == 0);         /* a look is no error */
    EXPECT(vms_file_get_some(f, back, size) == 2 && vms_file_get_some(f, back, size) == 0);
    vms_file_free(f);
    free(t.data);
    free(data);
    free(back);
}

/* Errors ------------------------------------------------------------------------------------------------------- */

static void cut_short(void)
{
    store s = {.step = 5};
    vms_file *f = open_store(&s, &plain);
    put_all_sorts(f);
    EXPECT(!vms_file_close(f));
    vms_file_free(f);
    for (size_t cut = 0; cut < 4; cut++) {
        s.at = 0;
        s.size = 3 + cut;
        f = open_store(&s, &plain);
        uint8_t byte;
        uint16_t half;
        uint32_t word = 0x55555555;
        uint64_t offset = 0;
        EXPECT(!vms_file_get_byte(f, &byte) && !vms_file_get_be16(f, &half));
        EXPECT(vms_file_get_be32(f, &word) == -ENODATA && word == 0x55555555);
        EXPECT(vms_file_error(f, VMS_FILE_GETTING, &offset) == -ENODATA && offset == 3);
        const vms_error *error = &vms_file_reader(f)->error;
        EXPECT(error->code == VMS_TRUNCATED && error->offset == 3 && error->found.bits == cut && error->low.bits == 4);
        byte = 0x66;
        EXPECT(vms_file_get_byte(f, &byte) == -ENODATA && byte == 0x66);    /* what is left is not given out either */
        EXPECT(vms_file_error(f, VMS_FILE_PUTTING, NULL) == 0 && vms_file_close(f) == -ENODATA);
        vms_file_free(f);
    }
    /* A string: the error is where it began. */
    s.at = 15;
    s.size = 17;
    f = open_store(&s, &plain);
    char text[256] = "as it was";
    size_t length = 4711;
    EXPECT(vms_file_get_counted_string(f, text, &length) == -ENODATA && length == 4711 && strcmp(text, "as it was") == 0);
    EXPECT(vms_file_reader(f)->error.offset == 0 && vms_file_reader(f)->error.found.bits == 2);
    EXPECT(vms_file_reader(f)->error.low.bits == 4);
    vms_file_free(f);
    /* A large buffer: likewise. */
    s.at = 0;
    s.size = 23;
    f = open_store(&s, &plain);
    uint8_t byte, *room = (uint8_t *)malloc(VMS_FILE_PIECE);
    uint64_t offset = 0;
    EXPECT(room && !vms_file_get_byte(f, &byte) && vms_file_get_buffer(f, room, VMS_FILE_PIECE) == -ENODATA);
    EXPECT(vms_file_error(f, VMS_FILE_ANY, &offset) == -ENODATA && offset == 1);
    EXPECT(vms_file_reader(f)->error.found.bits == 22 && vms_file_reader(f)->error.low.bits == VMS_FILE_PIECE);
    vms_file_free(f);
    free(room);
    free(s.data);
}

static void failing(void)
{
    static const struct { int64_t answer; int error; } lies[] = {
        {-EPIPE, -EPIPE}, {-1, -1}, {INT64_MIN, -EIO}, {INT64_MAX, -EIO}, {(int64_t)VMS_FILE_PIECE + 1, -EIO}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        store s = {.put_answer = lies[i].answer, .room = 4, .step = 4, .close_answer = -ENOSPC};
        uint64_t offset = 0;
        vms_file *f = open_store(&s, &plain);
        EXPECT(!vms_file_put_be64(f, 0x0102030405060708) && vms_file_flush(f) == lies[i].error);
        EXPECT(vms_file_error(f, VMS_FILE_ANY, &offset) == lies[i].error && offset == 4 && s.size == 4);
        size_t calls = s.calls;
        EXPECT(vms_file_put_byte(f, 1) == lies[i].error && vms_file_put_buffer(f, &s, sizeof s) == lies[i].error);
        EXPECT(!vms_room(vms_file_writer(f), 1) && vms_file_writer(f)->error.code == VMS_FULL);
        EXPECT(vms_file_rate_limit(f) == lies[i].error && s.calls == calls && vms_file_put_position(f) == 4);
        EXPECT(vms_file_close(f) == lies[i].error && s.closes == 1);    /* the first error, not close's */
        vms_file_free(f);

        store t = {.get_answer = lies[i].answer};
        uint8_t byte;
        f = open_store(&t, &plain);
        EXPECT(vms_file_get_byte(f, &byte) == lies[i].error && vms_file_at_end(f) == lies[i].error && t.calls == 1);
        EXPECT(vms_file_get_some(f, &byte, 1) == lies[i].error && !vms_file_put_byte(f, 7));
        EXPECT(vms_file_close(f) == lies[i].error && t.size == 1);      /* the put side still worked */
        vms_file_free(f);
        free(s.data);
        free(t.data);
    }
    store none = {.step = 0, .put_answer = 0};
    vms_file *f = vms_file_new(&plain, &none);      /* step 0: nothing is ever written */
    EXPECT(f && !vms_file_put_byte(f, 1) && vms_file_flush(f) == -EIO && vms_file_close(f) == -EIO);
    vms_file_free(f);
    free(none.data);
    store late = {.close_answer = -ENOSPC};
    f = open_store(&late, &plain);
    EXPECT(vms_file_close(f) == -ENOSPC && vms_file_close(f) == -ENOSPC && late.closes == 1);
    vms_file_free(f);
    store stopped = {0};
    f = open_store(&stopped, &plain);
    uint8_t byte;
    EXPECT(!vms_file_put_byte(f, 1));
    vms_file_cancel(f);
    EXPECT(vms_file_flush(f) == -ECANCELED && vms_file_get_byte(f, &byte) == -ECANCELED && stopped.calls == 0);
    EXPECT(vms_file_close(f) == -ECANCELED && stopped.closes == 1);
    vms_file_free(f);
    store mine = {0};
    f = open_store(&mine, &plain);
    vms_file_set_error(f, VMS_FILE_ANY, -EPROTO);
    vms_file_set_error(f, VMS_FILE_ANY, -EIO);
    EXPECT(vms_file_put_byte(f, 1) == -EPROTO && vms_file_get_byte(f, &byte) == -EPROTO && vms_file_close(f) == -EPROTO);
    vms_file_free(f);
    f = vms_file_new(NULL, NULL);                   /* a channel that can do nothing */
    EXPECT(f && vms_file_put_byte(f, 1) == -EBADF && vms_file_get_byte(f, &byte) == -EBADF);
    EXPECT(vms_file_descriptor(f, true) == -1 && vms_file_seek(f, 0) == -ESPIPE);
    vms_file_free(f);
    vms_file_free(NULL);
}

int main(void)
{
    all_steps();
    large();
    cut_short();
    failing();
    puts("file: all is well");
    return 0;
}
