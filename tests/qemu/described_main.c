/* described_main.c: device number, version, old machine or not, size, body on standard input; descriptions on standard
 * output, a line each. `devices` is made by the test. */
#include "devices.h"

#include <stdio.h>

static uint32_t number(void)
{
    uint8_t bytes[4];
    return fread(bytes, 1, sizeof bytes, stdin) == sizeof bytes ? vms_get32(bytes) : UINT32_MAX;
}

int main(void)
{
    static char text[1 << 20];
    for (;;) {
        uint32_t which = number();
        if (which == UINT32_MAX)
            return 0;
        const vms_device *device = devices[which];
        uint32_t version = number(), old = number(), size = number();
        uint8_t *body = (uint8_t *)malloc(size + 1), *state = (uint8_t *)malloc(device->state_size);
        if (!body || !state || fread(body, 1, size, stdin) != size)
            return 1;
        device->init(state);
        if (old)
            set_old(device, state);
        vms_reader r;
        vms_reader_init(&r, body, size);
        r.receiver = false;
        vms_writer w;
        vms_writer_init(&w, text, sizeof text);
        if (device->load(state, &r, version, NULL) || device->describe(state, &w, version, NULL) != size) {
            fprintf(stderr, "%s: %s %s\n", device->name, r.error.path, w.error.path);
            return 1;
        }
        printf("%.*s\n", (int)((char *)w.p - text), text);
        free(body);
        free(state);
    }
}
