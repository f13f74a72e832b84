/* machine_inflate_main.c: compressed pages of old senders, by a function that inflates them; here one of the test's own. */
#include "program.h"
#include "vms_machine.h"

enum { PAGE = 4096 };

/* Two compressed pages of a block `r`: the first with its name, the second one continues. `x` is the payload. */
static const uint8_t stream[] =
    "QEVM\0\0\0\3"
    "\1\0\0\0\0\3ram\0\0\0\0\0\0\0\4"               /* START */
    "\0\0\0\0\0\0\x20\4" "\1r\0\0\0\0\0\0\x20\0" "\0\0\0\0\0\0\0\x10"
    "\3\0\0\0\0"                                        /* END */
    "\0\0\0\0\0\0\1\0" "\1r" "\0\0\0\2xA"
    "\0\0\0\0\0\0\x11\x20" "\0\0\0\2xB"
    "\0\0\0\0\0\0\0\x10"
    "\0";

/* What `x` and a byte stand for: a page of it. */
static int inflate_runs(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t page_size)
{
    unsigned *calls = (unsigned *)opaque;
    ++*calls;
    EXPECT(page_size == PAGE);
    if (n != 2 || data[0] != 'x')
        return -1;
    memset(page, data[1], page_size);
    return 0;
}

static int load(vms_machine *m, const uint8_t *bytes, size_t size)
{
    vms_file *f = vms_file_from_memory(bytes, size);
    EXPECT(f);
    int failed = vms_machine_load(m, f, 0);
    vms_file_free(f);
    return failed;
}

int main(void)
{
    static uint8_t memory[2 * PAGE];
    vms_ram_block block = {.name = "r", .host = memory, .used_length = sizeof memory};
    vms_ram ram = {.blocks = &block, .count = 1, .page_size = PAGE};
    unsigned calls = 0;
    vms_machine m;
    EXPECT(vms_machine_init(&m, "old") == 0 && !m.inflate);
    m.switches = VMS_WITHOUT_CONFIGURATION | VMS_WITHOUT_FOOTERS | VMS_WITHOUT_DESCRIPTION;
    EXPECT(vms_machine_register_ram(&m, &ram) == 0);

    EXPECT(load(&m, stream, sizeof stream - 1) && m.error.code == VMS_MACHINE_STATE && m.error.offset == 56);
    char text[400];
    vms_machine_tell(&m, text, sizeof text);
    EXPECT(strstr(text, "a compressed page, but nothing inflates it") && !memory[0] && !m.incomplete);

    m.inflate = inflate_runs;
    m.inflate_opaque = &calls;
    EXPECT(load(&m, stream, sizeof stream - 1) == 0 && calls == 4);         /* to look, and to load */
    EXPECT(memory[0] == 'A' && memory[PAGE - 1] == 'A' && memory[PAGE] == 'B' && memory[2 * PAGE - 1] == 'B');

    uint8_t damaged[sizeof stream];
    memcpy(damaged, stream, sizeof stream);
    damaged[71] = 'D';                                  /* another first page, */
    damaged[84] = 'y';                                  /* and a second one that does not inflate */
    EXPECT(load(&m, damaged, sizeof damaged - 1) && calls == 6 && m.error.code == VMS_MACHINE_STATE);
    EXPECT(memory[0] == 'A' && memory[PAGE] == 'B' && !m.incomplete);
    vms_machine_clear(&m);
    puts("machine_inflate: all is well");
    return 0;
}
