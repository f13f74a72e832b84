/* machine_files_main.c: a machine to a file and from one: `save FILE`, `copy IN OUT`; and `none IN OUT`, QEMU's own. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <unistd.h>

#include "cpu_timers.h"
#include "globalstate.h"
#include "machine_board.h"

static vms_file *file_at(const char *path, bool writing)
{
    vms_file *f;
    vms_descriptors d = {.in = -1, .out = -1, .idle_ms = -1};
    int fd = writing ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : open(path, O_RDONLY);
    EXPECT(fd >= 0);
    *(writing ? &d.out : &d.in) = fd;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    return f;
}

static int done(vms_machine *m, vms_file *f, int failed)
{
    char text[4000];
    int closed = vms_file_close(f);
    vms_file_free(f);
    vms_machine_tell(m, text, sizeof text);
    if (failed)
        fprintf(stderr, "%s: %s\n", vms_machine_code_name(m->error.code), text);
    return failed || closed;
}

static int save(vms_machine *m, const char *path)
{
    vms_file *f = file_at(path, true);
    return done(m, f, vms_machine_save(m, f));
}

static int load(vms_machine *m, const char *path)
{
    vms_file *f = file_at(path, false);
    return done(m, f, vms_machine_load(m, f, 0));
}

static uint8_t slirp[131];

static int slirp_save(vms_file *f, void *opaque)
{
    (void)opaque;
    return vms_file_put_buffer(f, slirp, sizeof slirp);
}

static int slirp_load(vms_file *f, void *opaque, uint32_t version_id)
{
    (void)opaque;
    return version_id == 4 ? vms_file_get_buffer(f, slirp, sizeof slirp) : -22;
}

/* Every section has the number that QEMU gives it. */
static void none(const char *in, const char *out)
{
    struct cpu_timers timers;
    struct globalstate global;
    vms_machine m;
    vms_ram ram = {.page_size = PAGE};
    vms_section s;
    cpu_timers_init(&timers);
    globalstate_init(&global);
    EXPECT(vms_machine_init(&m, "none") == 0);
    vms_section_init(&s);
    s.device = &cpu_timers_device, s.state = &timers, s.section_id = 0;
    EXPECT(vms_machine_register(&m, &s) == 0);
    vms_section_init(&s);
    s.ram = &ram, s.section_id = 2;
    EXPECT(vms_machine_register(&m, &s) == 0);
    vms_section_init(&s);
    s.idstr = "slirp", s.instance_id = 0, s.version_id = 4, s.section_id = 4;
    s.save_state = slirp_save, s.load_state = slirp_load;
    EXPECT(vms_machine_register(&m, &s) == 0);
    vms_section_init(&s);
    s.device = &globalstate_device, s.state = &global, s.section_id = 5;
    EXPECT(vms_machine_register(&m, &s) == 0);
    EXPECT(load(&m, in) == 0);
    EXPECT(strcmp((const char *)global.runstate, "prelaunch") == 0 && global.size == 10);
    EXPECT(save(&m, out) == 0);
    vms_machine_clear(&m);
}

int main(int argc, char **argv)
{
    board b;
    if (argc == 4 && strcmp(argv[1], "none") == 0) {
        none(argv[2], argv[3]);
        return 0;
    }
    EXPECT(argc >= 3);
    board_init(&b, "a board");
    board_register(&b);
    int failed;
    if (strcmp(argv[1], "save") == 0) {
        board_fill(&b);
        failed = save(&b.m, argv[2]);
    } else {
        EXPECT(strcmp(argv[1], "copy") == 0 && argc == 4);
        failed = load(&b.m, argv[2]) || save(&b.m, argv[3]);
        EXPECT(failed || b.loads == 2);
    }
    board_clear(&b);
    return failed;
}
