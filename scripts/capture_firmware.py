"""Our own 64 KiB firmware for the captures: machine code put together in memory, no one else's ROM in it.

It runs from the reset vector in real mode, programs the devices of a PC through their ports and registers (the values
are arbitrary, chosen so that states differ from those at reset), then counts in EBX and at physical address 0x600.
"""

from __future__ import annotations

import struct

__all__ = ["COUNTER", "SIZE", "firmware"]

SIZE = 0x10000
COUNTER = 0x600
"""Physical address of the 32-bit little-endian counter."""
LAST_COUNT = 0x8000
"""Where the counting of a firmware that ends by itself stops."""

_GDT = 0xFF00  # two descriptors: null, flat data
_GDT_POINTER = 0xFF20
_RESET = 0xFFF0
_BASE = 0xF0000

# (port, byte) in this order. Ports as every PC has them.
_PROGRAM: tuple[tuple[int, int], ...] = (
    # interrupt controllers: initialisation words, then masks and a read-register selection
    *((0x20, 0x11), (0x21, 0x08), (0x21, 0x04), (0x21, 0x01), (0x21, 0xFA), (0x20, 0x0B)),
    *((0xA0, 0x11), (0xA1, 0x70), (0xA1, 0x02), (0xA1, 0x01), (0xA1, 0xEF), (0xA0, 0x68)),
    *((0x4D0, 0x00), (0x4D1, 0x0C)),
    # interval timer: three channels in three modes, one counter half written, channel 0 latched; speaker gate
    *((0x43, 0x34), (0x40, 0x9C), (0x40, 0x2E), (0x43, 0x54), (0x41, 0x12)),
    *((0x43, 0xB6), (0x42, 0x33), (0x42, 0x05), (0x43, 0xB6), (0x42, 0x77), (0x61, 0x03), (0x43, 0x00)),
    # DMA controllers: a floppy-like channel 2, a 16-bit channel 5, pages, masks
    *((0x0C, 0x00), (0x04, 0x34), (0x04, 0x12), (0x05, 0xFF), (0x05, 0x01), (0x0B, 0x46), (0x81, 0x07), (0x0A, 0x02)),
    *((0xD8, 0x00), (0xC4, 0x78), (0xC4, 0x56), (0xC6, 0xFE), (0xD6, 0x59), (0x8B, 0x0A), (0xD4, 0x01)),
    # clock: periodic interrupt at 1024 Hz, an alarm, and a word in its memory
    *((0x70, 0x0A), (0x71, 0x26), (0x70, 0x0B), (0x71, 0x62), (0x70, 0x01), (0x71, 0x30)),
    *((0x70, 0x03), (0x71, 0x15), (0x70, 0x05), (0x71, 0x12)),
    *(pair for i, byte in enumerate(b"vmsgen") for pair in ((0x70, 0x50 + i), (0x71, byte))),
    # keyboard and mouse: LEDs on, scan code set 3, mouse reporting; then the controller's mode byte and output port
    *((0x60, 0xED), (0x60, 0x02), (0x64, 0xD4), (0x60, 0xF4), (0x64, 0xD4), (0x60, 0xE8), (0x64, 0xD4), (0x60, 0x03)),
    *((0x64, 0x60), (0x60, 0x43), (0x64, 0xD1), (0x60, 0x03)),
    # serial port: 9600 baud, queues on, loop-back, and as many bytes as the receive queue holds (what of a queue was
    # never written is whatever the emulator's memory held, and not the same in the next run)
    *((0x3FB, 0x83), (0x3F8, 0x0C), (0x3F9, 0x00), (0x3FB, 0x03), (0x3FA, 0xC7), (0x3F9, 0x05), (0x3FC, 0x1B)),
    *((0x3F8, byte) for byte in b"vmsgen was here!"),
    (0x3FF, 0x5A),
    # parallel port, fast A20 gate, floppy controller with both motors on and a command that waits for its arguments
    *((0x378, 0x55), (0x37A, 0x0E), (0x92, 0x02), (0x3F2, 0x3C), (0x3F5, 0x03), (0x3F5, 0xAF), (0x3F5, 0x1E)),
    *((0x3F5, 0x07),),
    # disks: registers of the first bus, a bus master's command
    *((0x1F2, 0x04), (0x1F3, 0x2A), (0x1F4, 0x34), (0x1F5, 0x12), (0x1F6, 0xB0)),
)

# (physical address, 32-bit value): the memory-mapped ones.
_REGISTERS: tuple[tuple[int, int], ...] = (
    (0xFEE000F0, 0x000001FF),  # local APIC: on, spurious vector
    (0xFEE000D0, 0x02000000),  # logical destination
    (0xFEE003E0, 0x0000000B),  # timer divides by one
    (0xFEE00320, 0x00020031),  # periodic, vector 0x31
    (0xFEE00380, 0x00010000),  # initial count
    (0xFEC00000, 0x00000010),  # I/O APIC: redirection entry 0, low half
    (0xFEC00010, 0x00010020),
    (0xFEC00000, 0x00000016),
    (0xFEC00010, 0x0000A023),
    (0xFED00108, 0x00001234),  # event timer 0: comparator, configuration; then counting on
    (0xFED00100, 0x0000000C),
    (0xFED00010, 0x00000001),
)

# (command, parameter) of the absolute mouse behind port 0x5658: read its id (which enables it), ask for absolute mode.
_MOUSE = ((0x29, 0x45414552), (0x29, 0x53424152))


def _out(port: int, value: int) -> bytes:
    return b"\xba" + struct.pack("<H", port) + b"\xb0" + bytes([value]) + b"\xee"  # mov dx; mov al; out dx, al


def _out32(port: int, value: int) -> bytes:
    return b"\xba" + struct.pack("<H", port) + b"\x66\xb8" + struct.pack("<I", value) + b"\x66\xef"


def _in(port: int, times: int = 1) -> bytes:
    return b"\xba" + struct.pack("<H", port) + b"\xec" * times


def _mouse(command: int, parameter: int) -> bytes:
    return (
        b"\x66\xb8" + struct.pack("<I", 0x564D5868)  # mov eax, the port's magic number
        + b"\x66\xbb" + struct.pack("<I", parameter)  # mov ebx
        + b"\x66\xb9" + struct.pack("<I", command)  # mov ecx
        + b"\xba\x58\x56\x66\xed"  # mov dx, 0x5658; in eax, dx
    )  # fmt: skip


def _flat_ds() -> bytes:
    """Give DS a base of 0 and a limit of 4 GiB: into protected mode, load it, and back."""
    return (
        b"\x2e\x66\x0f\x01\x16" + struct.pack("<H", _GDT_POINTER)  # lgdt cs:[...]
        + b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0"  # cr0 |= 1
        + b"\xb9\x08\x00\x8e\xd9"  # mov cx, 8; mov ds, cx
        + b"\x24\xfe\x0f\x22\xc0"  # cr0 &= ~1
    )  # fmt: skip


def _store(address: int, value: int) -> bytes:
    return b"\x67\x66\xc7\x05" + struct.pack("<II", address, value)  # mov dword [address], value


def _set_up() -> bytes:
    code = b"".join(_out(port, value) for port, value in _PROGRAM)
    code += _in(0x40)  # half of the latched count: the timer's read state is then in the middle
    code += b"\xba\x10\x05\x31\xc0\xef" + _in(0x511, 2)  # firmware configuration: select item 0, read two bytes
    code += _out32(0xCF8, 0x8000_0B40) + _out32(0xCFC, 0x0000_B001)  # power management's I/O base, where there is one
    code += _out32(0xCF8, 0x8000_0B80) + _out32(0xCFC, 0x0000_0001)
    code += _out32(0xB000, 0x0120_0000)  # its event enables
    code += _out32(0xCF8, 0x8000_0900)  # leave the address of the disk controller behind
    code += _flat_ds() + b"".join(_store(address, value) for address, value in _REGISTERS)
    return code + b"".join(_mouse(command, parameter) for command, parameter in _MOUSE)


def firmware(*, set_up: bool, stop: bool) -> bytes:
    """The 64 KiB image. `set_up`: program the devices first. `stop`: count to LAST_COUNT, then ask for a reset and
    halt (a QEMU told to pause on reset stops there, always after the same instruction); else count for ever."""
    code = b"\xfa\x31\xc0\x8e\xd8"  # cli; xor ax, ax; mov ds, ax
    if set_up:
        code += _set_up()
    code += b"\x66\x31\xdb"  # xor ebx, ebx
    loop = len(code)
    code += b"\x66\x43" + b"\x66\x89\x1e" + struct.pack("<H", COUNTER)  # inc ebx; mov [COUNTER], ebx
    if stop:
        code += b"\x66\x81\xfb" + struct.pack("<I", LAST_COUNT)  # cmp ebx, LAST_COUNT
        code += b"\x75" + _back(len(code) + 2, loop)  # jne loop
        code += _out(0x64, 0xFE) + b"\xf4" + b"\xeb\xfd"  # keyboard controller: reset; hlt; jmp to the hlt
    else:
        code += b"\xeb" + _back(len(code) + 2, loop)  # jmp loop
    image = bytearray(SIZE)
    image[: len(code)] = code
    struct.pack_into("<QQ", image, _GDT, 0, 0x00CF_9300_0000_FFFF)
    struct.pack_into("<HI", image, _GDT_POINTER, 15, _BASE + _GDT)
    image[_RESET : _RESET + 5] = b"\xea\x00\x00\x00\xf0"  # jmp f000:0000
    return bytes(image)


def _back(end: int, target: int) -> bytes:
    return struct.pack("<b", target - end)
