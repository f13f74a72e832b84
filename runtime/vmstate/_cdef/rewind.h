/* vms_rewind.h as `vmstate._stream` knows it. */
typedef struct vms_rewind vms_rewind;
typedef struct vms_checkpoint vms_checkpoint;

int vms_rewind_new(const vms_ram *ram, vms_rewind **made);
void vms_rewind_free(vms_rewind *r);
int vms_rewind_checkpoint(vms_rewind *r, vms_dirty *dirty, vms_checkpoint **made);
uint64_t vms_rewind_to(vms_rewind *r, vms_checkpoint *c, vms_dirty *dirty);
void vms_rewind_drop(vms_rewind *r, vms_checkpoint *c);
uint64_t vms_rewind_compare(vms_rewind *r);
uint64_t vms_rewind_compare_dirty(vms_rewind *r, vms_dirty *dirty);
uint64_t vms_rewind_pages(const vms_rewind *r);
