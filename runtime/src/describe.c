/* describe.c: text, numbers in it, and writers that write nothing. */
#include "vms_describe.h"

/* The flush of a muted writer: what it is asked for is dropped before it comes to that. */
static int flush_muted(vms_writer *w, size_t need)
{
    (void)w;
    (void)need;
    return -1;
}

int vms_text_slow(vms_writer *w, const char *text, size_t len)
{
    if (w->flush == flush_muted)
        return 0;
    uint8_t *p = vms_room(w, len);
    if (!p)
        return -1;
    memcpy(p, text, len);
    return 0;
}

int vms_text_long(vms_writer *w, const char *text, size_t len)
{
    uint8_t *p = w->p;
    if (VMS_UNLIKELY((size_t)(w->end - p) < len))
        return vms_text_slow(w, text, len);
    w->p = p + len;
    memcpy(p, text, len);
    return 0;
}

uint8_t *vms_text_room_slow(vms_writer *w, uint8_t *at, size_t len)
{
    if (w->flush == flush_muted)
        return w->p;
    w->p = at;
    uint8_t *p = vms_room(w, len);
    if (p)
        w->p = p;
    return p;
}

enum { PIECE = 1 << 14 };

int vms_text_times(vms_writer *w, const char *text, size_t len, size_t times)
{
    if (w->flush == flush_muted || !times)
        return 0;
    size_t total = len * times, done = len;
    uint8_t *p = vms_room(w, total);
    if (!p)
        return -1;
    memcpy(p, text, len);
    /* What is there is copied behind itself, twice as much each time, while it stays in the nearest cache. */
    size_t most = len < PIECE ? PIECE / len * len : len;
    while (done < total) {
        size_t n = done < most ? done : most;
        if (n > total - done)
            n = total - done;
        memcpy(p + done, p, n);
        done += n;
    }
    return 0;
}

int vms_text_number_long(vms_writer *w, int64_t number)
{
    if (w->flush == flush_muted)
        return 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    size_t len = number < 0 ? 2 : 1;
    for (uint64_t more = rest; more >= 10; more /= 10)
        len++;
    uint8_t *p = vms_room(w, len);
    if (!p)
        return -1;
    *p = '-';       /* a digit takes its place, unless the number is negative */
    do
        p[--len] = (uint8_t)('0' + rest % 10);
    while (rest /= 10);
    return 0;
}

void vms_mute(vms_writer *w, vms_muted *muted)
{
    muted->p = w->p;
    muted->end = w->end;
    muted->flush = w->flush;
    w->p = w->end = muted->nowhere;
    w->flush = flush_muted;
}

void vms_unmute(vms_writer *w, const vms_muted *muted)
{
    w->p = muted->p;
    w->end = muted->end;
    w->flush = muted->flush;
}

/* The room is used again and again: nobody reads what is in it. */
static int flush_counting(vms_writer *w, size_t need)
{
    vms_counting *count = (vms_counting *)w;
    count->before += w->p - count->room;
    if (need > count->size) {
        uint8_t *room = (uint8_t *)malloc(need);
        if (!room) {
            w->p = count->room;
            return -1;
        }
        if (count->room != count->small)
            free(count->room);
        count->room = room;
        count->size = need;
    }
    w->p = count->room;
    w->end = w->p + count->size;
    return 0;
}

void vms_count_begin(vms_counting *count, const vms_writer *w)
{
    count->room = count->small;
    count->size = sizeof count->small;
    count->before = 0;
    vms_writer_init(&count->w, count->small, sizeof count->small);
    count->w.flush = flush_counting;
    count->w.opaque = w->opaque;
    count->w.error = w->error;
}

int64_t vms_count_end(vms_counting *count, vms_writer *w, int failed)
{
    int64_t size = count->before + (count->w.p - count->room);
    w->error = count->w.error;
    if (count->room != count->small)
        free(count->room);
    return failed ? -1 : size;
}
