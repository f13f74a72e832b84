/* Runs a generated device's save or load a given number of times over contiguous bytes, to be counted by callgrind.
 *
 *     harness save|load COUNT FILE
 *
 * FILE has the device's bytes. The state is filled by loading them, so that this file needs to know no field of it;
 * before anything is counted a save must give the same bytes again. Compile with -DDEVICE=tiny -DDEVICE_HEADER='"tiny.h"'.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vms.h"
#include DEVICE_HEADER

#define PASTE(a, b) a##b
#define JOIN(a, b) PASTE(a, b)
#define DEVICE_INIT JOIN(DEVICE, _init)
#define DEVICE_SAVE JOIN(DEVICE, _save)
#define DEVICE_LOAD JOIN(DEVICE, _load)

enum { SIZE_MOST = 1 << 20, VERSION = 1 };

static struct DEVICE state;
static uint8_t input[SIZE_MOST], output[SIZE_MOST];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "harness: %s\n", what);
    exit(1);
}

static size_t save(void)
{
    vms_writer w;
    vms_writer_init(&w, output, sizeof output);
    if (DEVICE_SAVE(&state, &w))
        fail("the save failed");
    return (size_t)(w.p - output);
}

static void load(size_t size)
{
    vms_reader r;
    vms_reader_init(&r, input, size);
    if (DEVICE_LOAD(&state, &r, VERSION))
        fail("the load failed");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fail("usage: harness save|load COUNT FILE");
    FILE *file = fopen(argv[3], "rb");
    if (!file)
        fail("FILE cannot be read");
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);

    DEVICE_INIT(&state);
    load(size);
    if (save() != size || memcmp(input, output, size) != 0)
        fail("what was loaded is not what is saved");

    long count = strtol(argv[2], NULL, 10);
    if (!strcmp(argv[1], "save"))
        for (long i = 0; i < count; i++)
            save();
    else if (!strcmp(argv[1], "load"))
        for (long i = 0; i < count; i++)
            load(size);
    else
        fail("neither save nor load");
    return 0;
}
