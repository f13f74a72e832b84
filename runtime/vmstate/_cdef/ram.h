/* vms_ram.h as `vmstate._stream` knows it. */
typedef struct vms_dirty vms_dirty;
typedef struct vms_xbzrle vms_xbzrle;

#define VMS_RAM_VERSION ...
#define VMS_RAM_PAGE_MIN ...
#define VMS_RAM_PAGE_MAX ...
#define VMS_RAM_ROOM ...
#define VMS_RAM_PAGE_SIZES ...
#define VMS_RAM_ADDRESSES ...
#define VMS_RAM_MAPPED ...
#define VMS_RAM_CHECK ...
#define VMS_RAM_KEEP_MISSING ...
#define VMS_RAM_NO_XBZRLE ...
#define VMS_RAM_MULTIFD ...
#define VMS_RAM_ANY_FILL ...

typedef struct vms_ram_block {
    const char *name;
    uint8_t *host;
    uint64_t used_length;
    uint64_t max_length;
    uint64_t page_size;
    uint64_t address;
    bool ignored;
} vms_ram_block;

typedef struct vms_ram {
    vms_ram_block *blocks;
    size_t count;
    uint32_t page_size;
    uint32_t flags;
    uint64_t host_page_size;
} vms_ram;

const char *vms_ram_wrong(const vms_ram *ram, size_t *block);
uint64_t vms_ram_total(const vms_ram *ram);

typedef struct vms_ram_sender {
    vms_xbzrle *xbzrle;
    int (*lend)(vms_writer *w, const uint8_t *bytes, size_t size);
    bool repeating;
    bool last;
    uint64_t zero_pages, plain_pages, xbzrle_pages, xbzrle_bytes, unchanged_pages, overflows, misses;
    ...;
} vms_ram_sender;

void vms_ram_sender_init(vms_ram_sender *s, const vms_ram *ram);
int vms_ram_send_blocks(vms_ram_sender *s, vms_writer *w);
int vms_ram_send_end(vms_writer *w);
int vms_ram_send_flush(vms_writer *w);
int vms_ram_send_pages(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t first, uint64_t count);
int64_t vms_ram_send_dirty(vms_ram_sender *s, vms_writer *w, vms_dirty *dirty, uint64_t most);

typedef enum vms_ram_unlike {
    VMS_RAM_UNKNOWN_BLOCK, VMS_RAM_MISSING_BLOCK, VMS_RAM_OTHER_LENGTH, VMS_RAM_OTHER_PAGE_SIZE, VMS_RAM_OTHER_ADDRESS, ...
} vms_ram_unlike;

typedef struct vms_ram_difference {
    vms_ram_unlike kind;
    char name[256];
    uint64_t found, held;
    uint64_t offset;
} vms_ram_difference;

typedef struct vms_ram_loader {
    uint32_t flags;
    bool listed;
    uint64_t *lengths;
    int (*inflate)(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t page_size);
    int (*flush)(void *opaque);
    void *opaque;
    vms_ram_difference *differences;
    size_t room, difference_count;
    uint64_t zero_pages, plain_pages, xbzrle_pages, compressed_pages;
    ...;
} vms_ram_loader;

int vms_ram_loader_init(vms_ram_loader *l, vms_ram *ram, uint32_t flags);
void vms_ram_loader_clear(vms_ram_loader *l);
int vms_ram_load(vms_ram_loader *l, vms_reader *r);
bool vms_page_is_zero(const uint8_t *page, size_t size);

/* What a loader calls; vmstate/ram/load.py. */
extern "Python" {
    int vms_python_inflate(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t page_size);
    int vms_python_flush(void *opaque);
}
