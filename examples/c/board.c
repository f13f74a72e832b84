/* A machine of two devices and RAM, saved to a file and loaded again, in plain C: `board FILE`. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "console.h"
#include "vms_machine.h"
#include "watchdog.h"

enum { PAGE = 4096 };

typedef struct board {
    vms_machine machine;
    struct watchdog dog;
    struct console console;
    uint8_t memory[16 * PAGE];
    vms_ram_block block;
    vms_ram ram;
} board;

static int post_load(struct watchdog *s, uint32_t version, void *opaque)
{
    (void)version, (void)opaque;
    return s->left > s->period ? -1 : 0;
}

static const watchdog_hooks hooks = {.post_load = post_load};

/* Everything is registered once. The same devices under the same names load again. */
static int board_init(board *b)
{
    memset(b, 0, sizeof *b);
    watchdog_init(&b->dog);
    console_init(&b->console);
    b->block = (vms_ram_block){.name = "ram", .host = b->memory, .used_length = sizeof b->memory};
    b->ram = (vms_ram){.blocks = &b->block, .count = 1, .page_size = PAGE};
    return vms_machine_init(&b->machine, "my-board")
           || vms_machine_register_ram(&b->machine, &b->ram)
           || vmstate_register(&b->machine, "0000:00:02.0", VMSTATE_INSTANCE_ID_ANY, &watchdog_device, &b->dog, &hooks, b)
           || vmstate_register(&b->machine, NULL, VMSTATE_INSTANCE_ID_ANY, &console_device, &b->console, NULL, NULL);
}

/* A file that the machine is written to or read from; NULL if it cannot be opened. */
static vms_file *file_at(const char *name, bool writing)
{
    vms_descriptors ends = {.in = -1, .out = -1, .idle_ms = -1};
    vms_file *file;
    int fd = writing ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644) : open(name, O_RDONLY);
    if (writing)
        ends.out = fd;
    else
        ends.in = fd;
    if (fd < 0)
        return NULL;
    if (!vms_file_on_descriptors(&file, &ends))
        return file;
    close(fd);
    return NULL;
}

/* The answer of the close counts, too: that is when the last bytes are written. */
static int finish(board *b, vms_file *file, int failed)
{
    int error = vms_file_close(file);
    vms_file_free(file);
    if (failed) {
        char text[500];
        vms_machine_tell(&b->machine, text, sizeof text);
        printf("refused: %s\n", text);
    }
    return failed || error;
}

static int save(board *b, const char *name)
{
    vms_file *file = file_at(name, true);
    return !file || finish(b, file, vms_machine_save(&b->machine, file));
}

static int load(board *b, const char *name)
{
    vms_file *file = file_at(name, false);
    return !file || finish(b, file, vms_machine_load(&b->machine, file, 0));
}

int main(int argc, char **argv)
{
    static board here, there;
    if (argc != 2 || board_init(&here) || board_init(&there))
        return 2;
    here.dog.left = 250;
    here.console.typed = 2, here.console.keys[0] = 'h', here.console.keys[1] = 'i';
    strcpy((char *)here.memory + 3 * PAGE, "what the guest wrote");
    if (save(&here, argv[1]) || load(&there, argv[1]))
        return 1;
    printf("loaded: %u ms left, %.2s was typed, %s\n", (unsigned)there.dog.left, (const char *)there.console.keys,
           (const char *)there.memory + 3 * PAGE);

    here.dog.left = 5000;                       /* more than its period: the hook refuses it */
    memset(here.memory, 0xff, sizeof here.memory);
    if (save(&here, argv[1]) || !load(&there, argv[1]))
        return 1;
    printf("still %u ms left, and %s\n", (unsigned)there.dog.left, (const char *)there.memory + 3 * PAGE);

    vms_machine_clear(&there.machine);
    vms_machine_clear(&here.machine);
    return 0;
}
