/* machine_undo_main.c: functions that do not load what they saved themselves: nothing can put them back. */
#include "program.h"
#include "vms_machine.h"

typedef struct number {
    uint32_t value;
    uint32_t hated;             /* a load of it stops half way; 0: none does */
} number;

static int number_save(vms_file *f, void *opaque)
{
    return vms_file_put_be32(f, ((const number *)opaque)->value);
}

static int number_load(vms_file *f, void *opaque, uint32_t version_id)
{
    number *n = (number *)opaque;
    uint32_t value;
    int error = vms_file_get_be32(f, &value);
    EXPECT(version_id == 1);
    if (error)
        return error;
    if (n->hated && value == n->hated) {
        n->value = 0xbad;
        return -5;
    }
    n->value = value;
    return 0;
}

/* One section, of the number 77. */
static const uint8_t bytes[] = "QEVM\0\0\0\3\4\0\0\0\0\6number\0\0\0\0\0\0\0\1\0\0\0\x4d";

static int64_t get_some(void *opaque, uint8_t *buf, int64_t pos, size_t size)
{
    size_t left = *(const size_t *)opaque - (size_t)pos;
    size = size < left ? size : left;
    memcpy(buf, bytes + pos, size);
    return (int64_t)size;
}

/* `size` bytes from memory, which are looked at first, or from a pipe. */
static int load(vms_machine *m, size_t size, bool piped)
{
    static const vms_file_ops ops = {.get_buffer = get_some};
    vms_file *f = piped ? vms_file_new(&ops, &size) : vms_file_from_memory(bytes, size);
    EXPECT(f);
    int failed = vms_machine_load(m, f, 0);
    EXPECT(failed == (m->error.code != VMS_MACHINE_OK ? -1 : 0) && !m->checking);
    vms_file_free(f);
    return failed;
}

int main(void)
{
    const size_t whole = sizeof bytes;              /* the zero at the end is the stream's */
    vms_machine m;
    number n = {.value = 5};
    EXPECT(vms_machine_init(&m, "x") == 0);
    m.switches = VMS_WITHOUT_CONFIGURATION | VMS_WITHOUT_FOOTERS | VMS_WITHOUT_DESCRIPTION;
    EXPECT(register_savevm(&m, NULL, "number", 0, 1, number_save, number_load, &n) == 0);
    for (int piped = 0; piped < 2; piped++) {
        /* Refused, and put back. */
        EXPECT(load(&m, whole - 1, piped) && m.error.code == VMS_MACHINE_TRUNCATED && n.value == 5 && !m.incomplete);
        n.hated = 77;
        EXPECT(load(&m, whole, piped) && m.error.code == VMS_MACHINE_FUNCTION && m.error.error == -5);
        EXPECT(m.error.offset == 28 && strcmp(m.error.section, "number") == 0 && n.value == 5 && !m.incomplete);
        /* Refused, and not put back. */
        n.hated = 5;
        EXPECT(load(&m, whole - 1, piped) && n.value == 0xbad && m.incomplete);
        EXPECT(m.error.code == (piped ? VMS_MACHINE_TRUNCATED : VMS_MACHINE_FUNCTION));
        n.hated = 0;
        EXPECT(load(&m, whole, piped) == 0 && n.value == 77 && !m.incomplete);
        /* It stops half way, and what it was is hated, too. */
        n.hated = 77;
        EXPECT(load(&m, whole, piped) && m.error.code == VMS_MACHINE_FUNCTION && m.error.error == -5 && m.incomplete);
        n.hated = 0;
        EXPECT(load(&m, whole, piped) == 0 && !m.incomplete);
        n.value = 5;
    }
    /* Nothing is wrong with the stream: still it is not loaded. */
    n.hated = 5;
    EXPECT(load(&m, whole, false) && m.error.code == VMS_MACHINE_FUNCTION && m.error.offset == 32 && m.incomplete);
    EXPECT(strcmp(m.error.text, "load_state refused what save_state had given") == 0 && n.value == 0xbad);
    vms_machine_clear(&m);
    puts("machine_undo: all is well");
    return 0;
}
