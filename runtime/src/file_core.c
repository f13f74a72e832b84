/* file_core.c: files: made, failing, cancelled, closed. */
#include "file_channel.h"

#include <errno.h>

vms_file *vms_file_new(const vms_file_ops *ops, void *opaque)
{
    vms_file *f = (vms_file *)calloc(1, sizeof *f);
    if (!f)
        return NULL;
    if (ops)
        f->ops = *ops;
    f->opaque = opaque;
    f->room = VMS_FILE_PIECE;
    vms_reader_init(&f->reader, NULL, 0);
    f->reader.refill = vms_file_refill;
    f->reader.whole = false;        /* what follows belongs to whoever reads next */
    vms_writer_init(&f->writer, NULL, 0);
    f->writer.flush = vms_file_flush_window;
    return f;
}

vms_reader *vms_file_reader(vms_file *f) { return &f->reader; }

vms_writer *vms_file_writer(vms_file *f) { return &f->writer; }

void vms_file_set_room(vms_file *f, size_t size) { f->room = size < VMS_FILE_LEAST ? VMS_FILE_LEAST : size; }

/* Errors ------------------------------------------------------------------------------------------------------- */

int vms_file_side_error(const vms_file *f, vms_file_side side)
{
    return atomic_load_explicit(&f->failed[side - VMS_FILE_PUTTING].error, memory_order_acquire);
}

int vms_file_fail(vms_file *f, vms_file_side side, int error, uint64_t offset)
{
    vms_failure *failed = &f->failed[side - VMS_FILE_PUTTING];
    int before = atomic_load_explicit(&failed->error, memory_order_acquire), none = 0;
    if (before)
        return before;
    failed->offset = offset;
    atomic_store_explicit(&failed->error, error, memory_order_release);
    atomic_compare_exchange_strong(&f->first, &none, (int)side);
    if (side == VMS_FILE_PUTTING)
        f->writer.end = f->writer.p;        /* the cursor finds no room from now on */
    return error;
}

int vms_file_error(const vms_file *f, vms_file_side side, uint64_t *offset)
{
    if (side == VMS_FILE_ANY) {
        int first = atomic_load(&f->first);
        if (!first)
            return 0;
        side = (vms_file_side)first;
    }
    int error = vms_file_side_error(f, side);
    if (error && offset)
        *offset = f->failed[side - VMS_FILE_PUTTING].offset;
    return error;
}

void vms_file_set_error(vms_file *f, vms_file_side side, int error)
{
    if (side != VMS_FILE_GETTING)
        vms_file_fail(f, VMS_FILE_PUTTING, error, vms_file_put_position(f));
    if (side != VMS_FILE_PUTTING)
        vms_file_fail(f, VMS_FILE_GETTING, error, vms_file_get_position(f));
}

/* The end ------------------------------------------------------------------------------------------------------ */

void vms_file_cancel(vms_file *f)
{
    atomic_store(&f->cancelled, true);
    if (f->extras)
        f->extras->wake(f->opaque);
}

int vms_file_close(vms_file *f)
{
    if (f->putting || f->getting)
        return -EDEADLK;
    if (f->closed)
        return vms_file_error(f, VMS_FILE_ANY, NULL);
    vms_file_flush(f);
    f->closed = true;
    int error = f->ops.close ? f->ops.close(f->opaque) : 0;
    int first = vms_file_error(f, VMS_FILE_ANY, NULL);
    if (error < 0 && !first)
        first = vms_file_fail(f, VMS_FILE_PUTTING, error, vms_file_put_position(f));
    /* Whatever comes after this is told that the file is closed, and close goes on saying what it said. */
    f->writer.end = f->writer.p;
    f->ended = true;
    return first;
}

void vms_file_free(vms_file *f)
{
    if (!f)
        return;
    if (!f->closed && f->ops.close)
        f->ops.close(f->opaque);
    if (f->extras)
        f->extras->release(f->opaque);
    free(f->loan);
    free(f->out);
    free(f->in);
    free(f);
}

/* Descriptors -------------------------------------------------------------------------------------------------- */

int vms_file_descriptor(const vms_file *f, bool writing)
{
    return f->extras && !f->closed ? f->extras->descriptor(f->opaque, writing) : -1;
}

void vms_file_set_idle(vms_file *f, int64_t idle_ms)
{
    if (f->extras && !f->closed)
        f->extras->set_idle(f->opaque, idle_ms);
}

int vms_file_seek(vms_file *f, uint64_t pos)
{
    if (!f->extras || f->closed)
        return f->closed ? -EBADF : -ESPIPE;
    int error = vms_file_flush(f);
    if (error)
        return error;
    error = f->extras->seek(f->opaque, pos);
    if (error)
        return error;
    f->out_offset = pos - (uint64_t)(f->writer.p - (f->out ? f->out : f->writer.p));
    f->window_offset = pos;
    vms_file_forget_input(f, pos);
    return 0;
}
