/* Saves a watchdog to a file and loads it again, in plain C: `main FILE`. */
#include <stdio.h>

#include "watchdog.h"

/* What the device model does after a load: here, refuse what the schema cannot know to be wrong. */
static int post_load(struct watchdog *s, uint32_t version, void *opaque)
{
    (void)version, (void)opaque;
    return s->left > s->period ? -1 : 0;
}

static const watchdog_hooks hooks = {.post_load = post_load};

/* A reader that takes its bytes from a file, a buffer at a time. The reader comes first, so that a pointer to it is
 * one to the source. */
typedef struct source {
    vms_reader reader;
    FILE *file;
    uint8_t buffer[512];        /* more than the device ever asks for at once: see watchdog_device.size_max */
} source;

static int refill(vms_reader *r, size_t need)
{
    source *from = (source *)r;
    size_t unread = (size_t)(r->end - r->p);
    if (need > sizeof from->buffer)
        return -1;
    memmove(from->buffer, r->p, unread);
    size_t more = fread(from->buffer + unread, 1, sizeof from->buffer - unread, from->file);
    r->p = from->buffer;
    r->end = from->buffer + unread + more;
    r->end_offset += more;
    return unread + more < need ? -1 : 0;
}

static void source_init(source *from, FILE *file)
{
    vms_reader_init(&from->reader, NULL, 0);
    from->reader.refill = refill;
    from->file = file;
}

static int save(const char *name, struct watchdog *s)
{
    uint8_t room[512];
    vms_writer w;
    vms_writer_init(&w, room, sizeof room);
    if (watchdog_save(s, &w, &hooks)) {
        fprintf(stderr, "not saved: %s: %s\n", w.error.path, vms_code_name(w.error.code));
        return -1;
    }
    size_t size = (size_t)(w.p - room);
    FILE *file = fopen(name, "wb");
    if (!file)
        return -1;
    size_t written = fwrite(room, 1, size, file);
    if (fclose(file) || written != size)
        return -1;
    printf("saved %zu bytes\n", size);
    return 0;
}

/* The version stands in front of the bytes in a real stream; a file of your own has to say it too. */
static int load(const char *name, struct watchdog *s, uint32_t version)
{
    source from;
    FILE *file = fopen(name, "rb");
    if (!file)
        return -1;
    source_init(&from, file);
    int failed = watchdog_load(s, &from.reader, version, &hooks);
    fclose(file);
    if (failed) {
        const vms_error *error = &from.reader.error;
        printf("refused: %s %s at byte %llu\n", vms_code_name(error->code), error->path[0] ? error->path : error->text,
               (unsigned long long)error->offset);
    }
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    struct watchdog dog, other;
    watchdog_init(&dog);
    dog.enabled = 1, dog.left = 250;
    dog.count = 2, dog.events[0] = 1111, dog.events[1] = 2222;
    dog.barks = 1;
    if (save(argv[1], &dog))
        return 1;

    watchdog_init(&other);
    if (load(argv[1], &other, 2))
        return 1;
    printf("loaded: %u ms left of %u, %u events, barked %u times\n", (unsigned)other.left, (unsigned)other.period,
           (unsigned)other.count, (unsigned)other.barks);

    dog.left = 5000;                        /* more than its period: the hook refuses it */
    if (save(argv[1], &dog))
        return 1;
    if (!load(argv[1], &other, 2))
        return 1;
    printf("still %u ms left\n", (unsigned)other.left);

    dog.count = 17;                         /* more than there is room for: not even saved */
    return save(argv[1], &dog) ? 0 : 1;
}
