/* vms_bind.h: structs of a program's own that a schema binds to. Generated C asks of each member whether it is as the schema
 * says, in assertions at compile time. */
#ifndef VMS_BIND_H
#define VMS_BIND_H

/* Has the member's address this type? `uint8_t (*)[16]` is that of an array of just so many; one without a length, which would
 * pass for it, has no size either. */
#define VMS_HAS(type, member, address) \
    (sizeof(((type *)0)->member) && _Generic(&((type *)0)->member, address: 1, default: 0))

/* Has an array of structs whose type has no name so many elements? A pointer has as many as the program says. */
#define VMS_HAS_ROOM(type, member, count)                                  \
    (sizeof(((type *)0)->member) == (count) * sizeof(((type *)0)->member[0]) || \
     __builtin_types_compatible_p(__typeof__(((type *)0)->member), __typeof__(&((type *)0)->member[0])))

#endif
