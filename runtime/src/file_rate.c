/* file_rate.c: how much may be put: an allocation for every tenth of a second. What was put too much is paid back. */
#define _POSIX_C_SOURCE 200809L

#include "file_channel.h"

#include <time.h>

#define WINDOW_NS ((uint64_t)100 * 1000 * 1000)

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t allocation(const vms_file *f)
{
    uint64_t bytes = (uint64_t)f->rate / 10;
    return bytes ? bytes : 1;
}

/* What was put in this window, which is a new one if its time has come. */
static uint64_t used(vms_file *f, uint64_t now)
{
    uint64_t position = vms_file_put_position(f), put = position - f->window_offset;
    uint64_t windows = (now - f->window_ns) / WINDOW_NS;
    if (windows) {
        put = windows > put / allocation(f) ? 0 : put - windows * allocation(f);
        f->window_ns += windows * WINDOW_NS;
        f->window_offset = position - put;
    }
    return put;
}

int vms_file_rate_limit(vms_file *f)
{
    int error = vms_file_side_error(f, VMS_FILE_PUTTING);
    if (error)
        return error;
    if (f->ops.rate_limit && !f->closed)
        return f->ops.rate_limit(f->opaque);
    return f->rate > 0 && used(f, now_ns()) >= allocation(f);
}

int64_t vms_file_set_rate_limit(vms_file *f, int64_t rate)
{
    if (f->ops.set_rate_limit && !f->closed)
        return f->ops.set_rate_limit(f->opaque, rate);
    if (rate >= 0 && !f->ops.rate_limit) {
        f->rate = rate;
        f->window_ns = now_ns();
        f->window_offset = vms_file_put_position(f);
    }
    return vms_file_get_rate_limit(f);
}

int64_t vms_file_get_rate_limit(vms_file *f)
{
    return f->ops.get_rate_limit && !f->closed ? f->ops.get_rate_limit(f->opaque) : f->rate;
}

int64_t vms_file_rate_wait(vms_file *f)
{
    if (f->ops.rate_limit || f->rate <= 0)
        return 0;
    uint64_t now = now_ns(), windows = used(f, now) / allocation(f);
    if (windows > (uint64_t)INT64_MAX / WINDOW_NS)
        windows = (uint64_t)INT64_MAX / WINDOW_NS;
    return windows ? (int64_t)(windows * WINDOW_NS - (now - f->window_ns)) : 0;
}
