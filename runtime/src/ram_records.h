/* ram_records.h: the flags that the low bits of every record have. */
#ifndef RAM_RECORDS_H
#define RAM_RECORDS_H

enum {
    RAM_FULL = 0x01,
    RAM_ZERO = 0x02,
    RAM_MEM_SIZE = 0x04,
    RAM_PAGE = 0x08,
    RAM_EOS = 0x10,
    RAM_CONTINUE = 0x20,
    RAM_XBZRLE = 0x40,
    RAM_HOOK = 0x80,
    RAM_COMPRESS = 0x100,
    RAM_FLUSH = 0x200
};

#endif
