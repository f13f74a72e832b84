/* vms.h as `vmstate._stream` knows it: what all pieces share. */
typedef struct vms_number {
    uint64_t bits;
    bool negative;
    ...;
} vms_number;

typedef enum vms_code {
    VMS_OK, VMS_TRUNCATED, VMS_FULL, ...
} vms_code;

typedef struct vms_error {
    vms_code code;
    char path[160];
    char text[160];
    uint64_t offset;
    vms_number found, low, high;
    ...;
} vms_error;

typedef struct vms_reader {
    vms_error error;
    ...;
} vms_reader;

typedef struct vms_writer {
    vms_error error;
    ...;
} vms_writer;

const char *vms_code_name(vms_code code);
void vms_reader_init(vms_reader *r, const void *data, size_t size);
void vms_writer_init(vms_writer *w, void *room, size_t size);
const uint8_t *vms_take(vms_reader *r, size_t n, const char *fields);
uint8_t *vms_room(vms_writer *w, size_t n);
