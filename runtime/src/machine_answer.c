/* machine_answer.c: what a stream commands, and what a sender that waits for it is answered. */
#include "machine_parts.h"

#include <errno.h>
#include <inttypes.h>

enum {
    COMMAND_OPEN_RETURN_PATH = 1,
    COMMAND_PING = 2,
    COMMAND_SWITCHOVER_START = 11,
    MESSAGE_SHUT = 1,
    MESSAGE_PONG = 2
};

/* Does the sender wait for answers? Not in a stream that lies in memory or on a disk, whatever it once asked for. */
static bool answers(const walk *w)
{
    return w->return_path && !w->check && !w->checked && vms_file_can_put(w->f);
}

static void answer(walk *w, uint16_t message, uint32_t value)
{
    vms_file_put_be16(w->f, message);
    vms_file_put_be16(w->f, 4);
    vms_file_put_be32(w->f, value);
    vms_file_flush(w->f);
}

int vms_walk_command(walk *w, uint64_t start)
{
    const uint8_t *p = vms_walk_take(w, 4, "a command");
    if (!p)
        return -1;
    unsigned number = vms_get16(p), length = vms_get16(p + 2);
    unsigned wanted = number == COMMAND_PING ? 4 : 0;
    if ((number != COMMAND_OPEN_RETURN_PATH && number != COMMAND_PING && number != COMMAND_SWITCHOVER_START)
        || length != wanted)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, number, 0, 0,
                                      "the command %u with %u bytes is not one of a precopy migration", number, length);
    if (!(p = vms_walk_take(w, length, "a command")))
        return -1;
    if (number == COMMAND_OPEN_RETURN_PATH)
        w->return_path = true;
    if (number != COMMAND_PING)
        return 0;
    if (!w->return_path)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, number, 0, 0,
                                      "a ping, and no return path was opened");
    if (answers(w))
        answer(w, MESSAGE_PONG, vms_get32(p));
    return 0;
}

/* The end ------------------------------------------------------------------------------------------------------------ */

static int trailing(walk *w)
{
    return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, vms_walk_offset(w), "bytes follow the end of the stream");
}

/* A sender that waits for the answer sends nothing, and does not hang up. One that has given up runs on: it and this
 * machine would be two. */
static int waited_for(walk *w)
{
    if (!vms_file_ready(w->f))
        return 0;
    int ended = vms_file_at_end(w->f);
    if (ended < 0)
        return vms_machine_not_read(w->m, w->f, "what follows");
    if (!ended)
        return trailing(w);
    vms_machine_fail(w->m, VMS_MACHINE_CHANNEL, vms_walk_offset(w),
                     "the sender hung up before it was told that all is loaded: the machine goes on there");
    w->m->error.error = -EPIPE;
    return -1;
}

int vms_walk_nothing_follows(walk *w)
{
    if (answers(w))
        return waited_for(w);
    int ended = vms_file_at_end(w->f);
    if (ended < 0)
        return vms_machine_not_read(w->m, w->f, "what follows");
    return ended ? 0 : trailing(w);
}

void vms_walk_refused(walk *w)
{
    if (answers(w))
        answer(w, MESSAGE_SHUT, 1);
}

int vms_walk_loaded(walk *w)
{
    if (!answers(w))
        return 0;
    if (waited_for(w)) {
        vms_walk_refused(w);
        return -1;
    }
    answer(w, MESSAGE_SHUT, 0);
    return vms_file_error(w->f, VMS_FILE_PUTTING, NULL) ? vms_machine_not_written(w->m, w->f) : 0;
}
