/* Devices of any schema: loads what standard input says, a line each, and tells what came of it.
 *
 * The same program is built twice: with structs that the schema makes, and with structs of its own. */
#include "devices.h"
#include "program.h"

enum { LARGEST = 1 << 20 };

static uint8_t in[LARGEST], out[LARGEST];

static size_t unhex(const char *text)
{
    size_t size = 0;
    for (; text[0] && text[0] != '\n'; text += 2, size++) {
        unsigned byte;
        EXPECT(size < LARGEST && sscanf(text, "%2x", &byte) == 1);
        in[size] = (uint8_t)byte;
    }
    return size;
}

static void show(const char *what, int failed, const vms_writer *w)
{
    if (failed) {
        printf(" %s: %s %s\n", what, w->error.path, vms_code_name(w->error.code));
        return;
    }
    printf(" %s:", what);
    for (const uint8_t *p = out; p < w->p; p++)
        printf("%02x", *p);
    puts("");
}

static void tell(const any_device *one, void *state)
{
    const vms_device *device = one->device;
    vms_writer w;
    vms_writer_init(&w, out, sizeof out);
    int failed = device->save(state, &w, NULL);
    show("save", failed, &w);
    for (uint32_t version = device->minimum_version; device->save_version && version < device->version; version++) {
        vms_writer_init(&w, out, sizeof out);
        failed = device->save_version(state, &w, version, NULL);
        show("older", failed, &w);
    }
    vms_writer_init(&w, out, sizeof out);
    failed = device->describe(state, &w, device->version, NULL) < 0;
    show("described", failed, &w);
    if (device->shape) {
        vms_writer_init(&w, out, sizeof out);
        failed = device->shape(state, &w);
        show("shape", failed, &w);
    }
    if (device->needed)
        printf(" needed: %d\n", device->needed(state, NULL, NULL));
}

int main(void)
{
    static char line[2 * LARGEST];
    void *states[sizeof devices / sizeof devices[0]];
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        states[i] = devices[i].make();
        devices[i].device->init(states[i]);
        tell(&devices[i], states[i]);
    }
    while (fgets(line, sizeof line, stdin)) {
        unsigned number, version;
        int at;
        EXPECT(sscanf(line, "%u %u %n", &number, &version, &at) == 2 && number < sizeof devices / sizeof devices[0]);
        const any_device *one = &devices[number];
        vms_reader r;
        vms_reader_init(&r, in, unhex(line + at));
        int failed = one->device->load(states[number], &r, version, NULL);
        printf("%u %s %s %s %u\n", number, failed ? "refused" : "loaded", failed ? vms_code_name(r.error.code) : "",
               failed ? r.error.path : "", failed ? (unsigned)r.error.offset : 0);
        tell(one, states[number]);
        one->look(states[number]);
    }
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (devices[i].device->element)
            devices[i].device->element->clear(states[i]);
        devices[i].look(states[i]);
        devices[i].give_up(states[i]);
    }
    return 0;
}
