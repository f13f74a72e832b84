/* vms_mapped.h as `vmstate._stream` knows it. */
#define VMS_MAPPED_HEADER ...
#define VMS_MAPPED_VERSION ...
#define VMS_MAPPED_ALIGN ...

typedef struct vms_mapped {
    uint64_t length;
    uint64_t page_size;
    uint64_t bitmap_offset;
    uint64_t pages_offset;
} vms_mapped;

uint64_t vms_mapped_bitmap_size(uint64_t pages);
uint64_t vms_mapped_layout(const vms_ram *ram, uint64_t offset, vms_mapped *blocks);

typedef struct vms_mapped_file {
    int (*write_at)(void *opaque, const uint8_t *data, size_t n, uint64_t offset);
    void *opaque;
} vms_mapped_file;

int vms_mapped_write_list(const vms_ram *ram, const vms_mapped *blocks, const vms_mapped_file *file, uint64_t offset);
int vms_mapped_write_pages(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                           uint64_t first, uint64_t count, vms_dirty *stored);
int64_t vms_mapped_write_dirty(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                               vms_dirty *dirty, uint64_t most, vms_dirty *stored);
int vms_mapped_write_bitmap(const vms_mapped *at, const vms_mapped_file *file, const vms_dirty *stored);
int vms_mapped_descriptor(void *fd, const uint8_t *data, size_t n, uint64_t offset);
int64_t vms_mapped_read_descriptor(void *fd, uint8_t *data, size_t n, uint64_t offset);

typedef struct vms_mapped_counted {
    int fd;
    uint64_t written;
} vms_mapped_counted;
int vms_mapped_counted_descriptor(void *counted, const uint8_t *data, size_t n, uint64_t offset);

typedef struct vms_mapped_source {
    int64_t (*read_at)(void *opaque, uint8_t *data, size_t n, uint64_t offset);
    void *opaque;
    uint64_t size;
    int error;
} vms_mapped_source;

int vms_mapped_load_from(vms_ram_loader *l, vms_mapped_source *file, uint64_t offset, uint64_t *next, vms_error *error);
int vms_mapped_load(vms_ram_loader *l, const uint8_t *file, size_t size, uint64_t offset, uint64_t *next, vms_error *error);
