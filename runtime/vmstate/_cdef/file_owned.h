/* file_owned.h as `vmstate._stream` knows it. */
int vms_owned_open(int *fd, const char *path, int flags);
int vms_owned_event(int *fd);
void vms_owned_close(int *fd);
