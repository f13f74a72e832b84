/* port.h: what a program had before it had a schema. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

enum { FIFO_SIZE = 16 };

typedef struct Fifo8 {
    const char *owner;
    uint8_t *data;
    uint32_t capacity;
    uint8_t used;
} Fifo8;

struct SerialState {
    int lock;
    uint8_t ncpus, scratch;
    Fifo8 queue;
    uint16_t divider;
    bool irq, levels[2];
    struct {
        uint32_t z, y, x;
    } position;
    struct {
        bool open;
        int users;
        uint16_t base;
    } *windows;
    uint16_t frame_size;
    uint8_t *frame;
    uint32_t frame_count;
    uint32_t more;
    uint8_t answer;
    int wakes;
    uint8_t priority;
};

typedef struct Secret {
    int value;
} Secret;

#endif
