/* Hooks in C: their order, what they are handed, what they may do, and each of them failing. */
#include "hooked.h"
#include "program.h"

/* What was called, in order; the call numbered `failing` answers -5. */
typedef struct journal {
    char text[512];
    int calls, failing;
    struct board *board;
} journal;

static int noted(void *opaque, const char *text)
{
    journal *j = (journal *)opaque;
    size_t used = strlen(j->text);
    snprintf(j->text + used, sizeof j->text - used, "%s%s", used ? " " : "", text);
    return ++j->calls == j->failing ? -5 : 0;
}

static int noted_version(void *opaque, const char *name, uint32_t version)
{
    char text[40];
    snprintf(text, sizeof text, "%s(%u)", name, (unsigned)version);
    return noted(opaque, text);
}

#define PLAIN(function, type, text) \
    static int function(struct type *s, void *opaque) { (void)s; return noted(opaque, text); }
#define LOADED(function, type, text) \
    static int function(struct type *s, uint32_t v, void *opaque) { (void)s; return noted_version(opaque, text, v); }
#define ANSWER(function, text)                                                  \
    static int function(struct board *s, uint32_t v, void *opaque)              \
    {                                                                           \
        EXPECT(s == ((journal *)opaque)->board);                                \
        int failed = noted_version(opaque, text, v);                            \
        return failed ? failed : 1;                                             \
    }

PLAIN(pre_save, board, "pre_save")
PLAIN(post_save, board, "post_save")
PLAIN(pre_load, board, "pre_load")
LOADED(wake, board, "wake")
PLAIN(more_pre_save, board, "more_pre_save")
PLAIN(more_post_save, board, "more_post_save")
PLAIN(more_pre_load, board, "more_pre_load")
LOADED(more_post_load, board, "more_post_load")
ANSWER(has_irq, "has_irq")
ANSWER(wants_more, "wants_more")
PLAIN(part_pre_save, Part, "<")
PLAIN(part_post_save, Part, ">")
PLAIN(part_pre_load, Part, "[")
LOADED(part_post_load, Part, "]")

#define PART {part_pre_save, part_post_save, part_pre_load, part_post_load}

static const board_hooks all = {
    .pre_save = pre_save, .post_save = post_save, .pre_load = pre_load, .wake = wake,
    .more_pre_save = more_pre_save, .more_post_save = more_post_save,
    .more_pre_load = more_pre_load, .more_post_load = more_post_load,
    .has_irq = has_irq, .wants_more = wants_more, .Part = PART, .Plain = {.Part = PART},
};

static const uint8_t stream[] = {
    2, 1, 'a', 2, 'b', 'c', 0, 0x77,
    5, 10, 'b', 'o', 'a', 'r', 'd', '/', 'm', 'o', 'r', 'e', 0, 0, 0, 1, 0x12, 0x34,
};

static void fill(struct board *s)
{
    board_init(s);
    s->count = 2;
    s->parts[0].size = 1, s->parts[0].body[0] = 'a';
    s->parts[1].size = 2, memcpy(s->parts[1].body, "bc", 2);
    s->irq = 0x77, s->more = 0x1234;
}

static int save(struct board *s, journal *j, const board_hooks *hooks, uint8_t *out, size_t *size, vms_error *error)
{
    vms_writer w;
    vms_writer_init(&w, out, 256);
    w.opaque = j;
    int failed = board_save(s, &w, hooks);
    *size = (size_t)(w.p - out);
    *error = w.error;
    return failed;
}

static int load(struct board *s, journal *j, uint32_t version, const board_hooks *hooks, vms_error *error)
{
    vms_reader r;
    vms_reader_init(&r, stream, sizeof stream);
    r.opaque = j;
    int failed = board_load(s, &r, version, hooks);
    *error = r.error;
    return failed;
}

static void order(void)
{
    struct board s;
    journal j = {.board = &s};
    uint8_t out[256];
    size_t size;
    vms_error error;
    fill(&s);
    EXPECT(save(&s, &j, &all, out, &size, &error) == 0 && size == sizeof stream && memcmp(out, stream, size) == 0);
    EXPECT(strcmp(j.text, "pre_save < > < > < > has_irq(3) wants_more(1) more_pre_save more_post_save post_save") == 0);

    j = (journal){.board = &s};
    board_init(&s);
    EXPECT(load(&s, &j, 2, &all, &error) == 0 && s.count == 2 && s.irq == 0x77 && s.more == 0x1234 && s.vms_present == 1);
    EXPECT(strcmp(j.text, "pre_load [ ](1) [ ](1) [ ](1) has_irq(2) more_pre_load more_post_load(1) wake(2)") == 0);
    EXPECT(error.hook_count == 8 && strcmp(error.hooks[0], "pre_load") == 0 && strcmp(error.hooks[1], "pre_load") == 0 &&
           strcmp(error.hooks[2], "post_load") == 0);       /* the first eight of ten */
}

/* Every hook fails once: nothing after it runs but post_save, and the state is what it was. */
static void failing(void)
{
    static const char *const save_paths[] = {
        "", "parts[0]", "parts[0]", "parts[1]", "parts[1]", "inner.part", "inner.part", "", "", "", "", "",
    };
    static const char *const save_names[] = {
        "pre_save", "pre_save", "post_save", "pre_save", "post_save", "pre_save", "post_save",
        "has_irq", "wants_more", "more_pre_save", "more_post_save", "post_save",
    };
    static const char *const load_paths[] = {
        "", "parts[0]", "parts[0]", "parts[1]", "parts[1]", "inner.part", "inner.part", "", "", "", "",
    };
    static const char *const load_names[] = {
        "pre_load", "pre_load", "post_load", "pre_load", "post_load", "pre_load", "post_load",
        "has_irq", "more_pre_load", "more_post_load", "wake",
    };
    static const uint64_t load_offsets[] = {0, 1, 3, 3, 6, 6, 7, 7, 24, 26, 26};
    struct board s, before;
    uint8_t out[256];
    size_t size;
    vms_error error;
    for (int n = 1; n <= 12; n++) {
        journal j = {.failing = n, .board = &s};
        fill(&s);
        EXPECT(save(&s, &j, &all, out, &size, &error) == -1);
        EXPECT(error.code == VMS_HOOK && error.found.negative && (int64_t)error.found.bits == -5);
        EXPECT(strcmp(error.path, save_paths[n - 1]) == 0 && strcmp(error.text, save_names[n - 1]) == 0);
        /* post_save of whatever had its pre_save */
        const char *end = j.text + strlen(j.text) - strlen("post_save");
        EXPECT(n == 1 ? j.calls == 1 : strcmp(end, "post_save") == 0);
    }
    for (int n = 1; n <= 11; n++) {
        journal j = {.failing = n, .board = &s};
        memset(&s, 0, sizeof s);
        board_init(&s);
        s.irq = 9, s.parts[3].body[99] = 8, s.vms_present = 1;
        before = s;
        EXPECT(load(&s, &j, 3, &all, &error) == -1 && j.calls == n);
        EXPECT(error.code == VMS_HOOK && (int64_t)error.found.bits == -5 && error.offset == load_offsets[n - 1]);
        EXPECT(strcmp(error.path, load_paths[n - 1]) == 0 && strcmp(error.text, load_names[n - 1]) == 0);
        EXPECT(memcmp(&s, &before, sizeof s) == 0);
    }
}

/* Without a table, and with an empty one: an optional field is not there, a subsection is if it came. */
static void without(void)
{
    static const board_hooks none = {0};
    const board_hooks *tables[] = {NULL, &none};
    for (size_t i = 0; i < 2; i++) {
        struct board s;
        uint8_t out[256];
        size_t size;
        vms_error error;
        fill(&s);
        EXPECT(save(&s, NULL, tables[i], out, &size, &error) == 0 && size == 7 && memcmp(out, stream, 7) == 0);
        s.vms_present = 1;
        EXPECT(save(&s, NULL, tables[i], out, &size, &error) == 0 && size == 25 && memcmp(out + 7, stream + 8, 18) == 0);
        vms_reader r;
        vms_reader_init(&r, out, size);
        EXPECT(board_load(&s, &r, 3, tables[i]) == 0 && s.irq == 0 && s.more == 0x1234 && r.error.hook_count == 0);
    }
}

/* A hook that changes what a count was read from, in the middle of the loop over it. */
static int grow(struct Part *s, void *opaque)
{
    journal *j = (journal *)opaque;
    j->board->count = 200;
    s->size = 3;
    return 0;
}

static int outgrow(struct Part *s, void *opaque)
{
    (void)opaque;
    s->size = 101;
    return 0;
}

static void meddling(void)
{
    struct board s;
    journal j = {.board = &s};
    uint8_t out[256];
    size_t size;
    vms_error error;
    board_hooks hooks = {.Part = {.pre_save = grow}};
    fill(&s);
    EXPECT(save(&s, &j, &hooks, out, &size, &error) == 0);
    EXPECT(size == 10 && memcmp(out, "\002\003a\0\0\003bc\0\0", 10) == 0);

    hooks.Part.pre_save = outgrow;
    fill(&s);
    EXPECT(save(&s, &j, &hooks, out, &size, &error) == -1);
    EXPECT(error.code == VMS_RANGE && strcmp(error.path, "parts[0].size") == 0 && error.found.bits == 101);
}

int main(void)
{
    order();
    failing();
    without();
    meddling();
    puts("hooked: all is well");
    return 0;
}
