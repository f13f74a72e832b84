/* vms_xbzrle.h as `vmstate._stream` knows it. */
#define VMS_XBZRLE_OVERFLOW ...
#define VMS_XBZRLE_PAGE_MAX ...

int vms_xbzrle_encode(const uint8_t *before, const uint8_t *after, size_t size, uint8_t *out, size_t most);
const char *vms_xbzrle_wrong(const uint8_t *in, size_t n, size_t size, size_t *at);
void vms_xbzrle_apply(const uint8_t *in, size_t n, uint8_t *page);

struct vms_xbzrle {
    size_t page_size, slots;
    uint64_t round;
    ...;
};

int vms_xbzrle_init(vms_xbzrle *x, size_t page_size, uint64_t bytes);
void vms_xbzrle_clear(vms_xbzrle *x);
uint8_t *vms_xbzrle_find(vms_xbzrle *x, uint64_t number);
uint8_t *vms_xbzrle_insert(vms_xbzrle *x, uint64_t number);
