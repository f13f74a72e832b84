/* file_owned.h: descriptors that are stored where their owner looks, in the call that opens them: for languages that
 * may be interrupted between a call and a store. */
#ifndef FILE_OWNED_H
#define FILE_OWNED_H

/* A path, close-on-exec and made for its user alone; an eventfd that does not block. What *fd was is closed before.
 * 0 or -errno, and *fd is -1 then. EINTR is not tried again: whoever calls may have handlers of signals to run. */
int vms_owned_open(int *fd, const char *path, int flags);
int vms_owned_event(int *fd);
/* *fd is -1 then; again: nothing. */
void vms_owned_close(int *fd);

#endif
