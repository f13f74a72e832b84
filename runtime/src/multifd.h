/* multifd.h: what begins every packet. */
#ifndef MULTIFD_H
#define MULTIFD_H

enum { MULTIFD_MAGIC = 0x11223344, MULTIFD_VERSION = 1, MULTIFD_NAME = 64, MULTIFD_NAME_ROOM = 256 };

#endif
