/* vms_dirty.h as `vmstate._stream` knows it. */
struct vms_dirty {
    uint64_t *words;
    uint64_t pages;
};

int vms_dirty_init(vms_dirty *d, uint64_t pages);
void vms_dirty_clear(vms_dirty *d);
void vms_dirty_mark(vms_dirty *d, uint64_t page);
bool vms_dirty_test(const vms_dirty *d, uint64_t page);
bool vms_dirty_take(vms_dirty *d, uint64_t page);
void vms_dirty_mark_range(vms_dirty *d, uint64_t first, uint64_t count);
uint64_t vms_dirty_next(const vms_dirty *d, uint64_t from, uint64_t *first);
uint64_t vms_dirty_take_word(vms_dirty *d, uint64_t word, uint64_t mask);
uint64_t vms_dirty_count(const vms_dirty *d);
uint64_t vms_dirty_fetch(vms_dirty *log, vms_dirty *into);
uint64_t vms_dirty_compare(vms_dirty *d, const uint8_t *memory, uint8_t *shadow, size_t page_size);

typedef struct vms_userfault {
    int fd, pagemap, process;
    uint8_t *host;
    uint64_t length;
} vms_userfault;

int vms_userfault_probe(void);
int vms_userfault_start(vms_userfault *u, uint8_t *host, uint64_t length);
int vms_userfault_collect(vms_userfault *u, vms_dirty *d, size_t page_size);
bool vms_userfault_lost(const vms_userfault *u);
void vms_userfault_stop(vms_userfault *u);

typedef struct vms_softdirty {
    int pagemap, clear_refs, process;
} vms_softdirty;

int vms_softdirty_probe(void);
int vms_softdirty_start(vms_softdirty *s);
int vms_softdirty_restart(vms_softdirty *s);
int vms_softdirty_collect(const vms_softdirty *s, const uint8_t *host, uint64_t length, vms_dirty *d, size_t page_size);
bool vms_softdirty_lost(const vms_softdirty *s);
void vms_softdirty_stop(vms_softdirty *s);
