/* vms_file.h as `vmstate._stream` knows it. */
typedef struct vms_file_ops {
    int64_t (*put_buffer)(void *opaque, const uint8_t *buf, int64_t pos, size_t size);
    int64_t (*get_buffer)(void *opaque, uint8_t *buf, int64_t pos, size_t size);
    int (*close)(void *opaque);
    int (*rate_limit)(void *opaque);
    int64_t (*set_rate_limit)(void *opaque, int64_t rate);
    int64_t (*get_rate_limit)(void *opaque);
} vms_file_ops;

typedef struct vms_file vms_file;
vms_file *vms_file_new(const vms_file_ops *ops, void *opaque);

typedef struct vms_descriptors {
    int in, out;
    bool keep;
    int64_t idle_ms;
    int (*interrupted)(void *opaque);
    void *opaque;
    bool copy;
} vms_descriptors;

int vms_file_on_descriptors(vms_file **file, const vms_descriptors *descriptors);
int vms_file_descriptor(const vms_file *f, bool writing);
void vms_file_set_idle(vms_file *f, int64_t idle_ms);
void vms_file_set_room(vms_file *f, size_t size);
int vms_file_seek(vms_file *f, uint64_t pos);
int vms_file_sync_folder(const char *path);
vms_file *vms_file_from_memory(const void *data, size_t size);
vms_file *vms_file_to_memory(void);
const uint8_t *vms_file_memory(const vms_file *f, size_t *size);
int vms_file_close(vms_file *f);
void vms_file_free(vms_file *f);
void vms_file_cancel(vms_file *f);

typedef enum vms_file_side { VMS_FILE_ANY, VMS_FILE_PUTTING, VMS_FILE_GETTING } vms_file_side;
int vms_file_error(const vms_file *f, vms_file_side side, uint64_t *offset);
void vms_file_set_error(vms_file *f, vms_file_side side, int error);
vms_reader *vms_file_reader(vms_file *f);
vms_writer *vms_file_writer(vms_file *f);

int vms_file_put_byte(vms_file *f, uint8_t value);
int vms_file_put_be16(vms_file *f, uint16_t value);
int vms_file_put_be32(vms_file *f, uint32_t value);
int vms_file_put_be64(vms_file *f, uint64_t value);
int vms_file_put_buffer(vms_file *f, const void *buf, size_t size);
int vms_file_lend(vms_writer *w, const uint8_t *bytes, size_t size);
typedef struct vms_file_part {
    const void *bytes;
    size_t size;
} vms_file_part;
int vms_file_put_parts(vms_file *f, const vms_file_part *parts, size_t count);
int vms_file_put_counted_string(vms_file *f, const char *text, size_t length);
int vms_file_flush(vms_file *f);
uint64_t vms_file_put_position(const vms_file *f);
bool vms_file_can_put(const vms_file *f);

int vms_file_get_byte(vms_file *f, uint8_t *value);
int vms_file_get_be16(vms_file *f, uint16_t *value);
int vms_file_get_be32(vms_file *f, uint32_t *value);
int vms_file_get_be64(vms_file *f, uint64_t *value);
int vms_file_get_buffer(vms_file *f, void *buf, size_t size);
int vms_file_get_counted_string(vms_file *f, char text[256], size_t *length);
int64_t vms_file_get_some(vms_file *f, void *buf, size_t size);
int vms_file_at_end(vms_file *f);
bool vms_file_ready(vms_file *f);
uint64_t vms_file_get_position(const vms_file *f);

int vms_file_rate_limit(vms_file *f);
int64_t vms_file_set_rate_limit(vms_file *f, int64_t rate);
int64_t vms_file_get_rate_limit(vms_file *f);
int64_t vms_file_rate_wait(vms_file *f);

/* The operations of a channel written in Python; vmstate/file/callbacks.py. */
extern "Python" {
    int64_t vms_python_put_buffer(void *opaque, const uint8_t *buf, int64_t pos, size_t size);
    int64_t vms_python_get_buffer(void *opaque, uint8_t *buf, int64_t pos, size_t size);
    int vms_python_close(void *opaque);
    int vms_python_rate_limit(void *opaque);
    int64_t vms_python_set_rate_limit(void *opaque, int64_t rate);
    int64_t vms_python_get_rate_limit(void *opaque);
    int vms_python_interrupted(void *opaque);
}
