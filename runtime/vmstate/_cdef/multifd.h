/* vms_multifd.h as `vmstate._stream` knows it. */
#define VMS_MULTIFD_INIT ...
#define VMS_MULTIFD_HEADER ...
#define VMS_MULTIFD_BYTES ...
#define VMS_MULTIFD_PAGES ...
#define VMS_MULTIFD_PAYLOAD ...
#define VMS_MULTIFD_SYNC ...
#define VMS_MULTIFD_ZLIB ...
#define VMS_MULTIFD_ZSTD ...
#define VMS_MULTIFD_COMPRESSION ...

typedef struct vms_multifd_packet {
    uint32_t flags, normal_pages, zero_pages, payload;
    uint64_t number;
    size_t block;
    uint64_t offsets[512];
} vms_multifd_packet;

typedef struct vms_multifd_channel {
    uint32_t compression;
    bool zero_pages;
} vms_multifd_channel;

uint32_t vms_multifd_room(const vms_ram *ram);
int vms_multifd_send_init(vms_writer *w, const uint8_t uuid[16], uint8_t channel);
int64_t vms_multifd_pick(vms_ram_sender *s, vms_writer *main, vms_dirty *dirty, vms_multifd_packet *packet);
void vms_multifd_gather(const vms_ram *ram, const vms_multifd_packet *packet, uint8_t *out);
int vms_multifd_send_header(const vms_ram *ram, vms_writer *w, const vms_multifd_packet *packet);
int vms_multifd_send_plain(const vms_ram *ram, vms_writer *w, vms_multifd_packet *packet);
int vms_multifd_load_init(vms_reader *r, const uint8_t uuid[16], unsigned channels, uint8_t *channel);
int vms_multifd_load_header(const vms_ram_loader *l, vms_reader *r, const vms_multifd_channel *channel,
                            vms_multifd_packet *packet);
int vms_multifd_load_plain(const vms_ram_loader *l, vms_reader *r, const vms_multifd_packet *packet);
void vms_multifd_scatter(const vms_ram_loader *l, const vms_multifd_packet *packet, const uint8_t *pages);
void vms_multifd_zero(const vms_ram_loader *l, const vms_multifd_packet *packet);
