"""Schemas that the tests of the runtime are made with."""

PCI = """
/// What every PCI function has.
struct PCIDevice version 2 {
    hook post_load
    irq_state : u8[4]
    config    : buffer[16]
    bar       : u32 = 0xfffffff0
}
enum Speed : u8 { SLOW = 0  FAST = 1 }
"""

UART = """
/// A 16550A serial port.

const FIFO_SIZE = 16

/// What the line says.
flags LineStatus : u8 { DATA_READY = 0x01  OVERRUN = 0x02  THR_EMPTY = 0x20  TX_EMPTY = 0x40 }
enum Mode : u8 { IDLE = 0  READ = 1  WRITE = 2 }

/// A receive or transmit queue, oldest byte at `head`.
struct Fifo version 1 {
    data : u8[16]
    head : u32 in 0..15
    num  : u32 in 0..16
}

/// The "serial" one.
device uart "serial" version 2..3 {
    hook post_load

    divider : u16
    ier     : u8
    lsr     : LineStatus = LineStatus.THR_EMPTY | LineStatus.TX_EMPTY
    mode    : Mode
    /// Since version 3.
    fcr     : u8 since 3 else 0

    /// Bytes wait in the receive queue.
    subsection recv_fifo version 1 needed recv_fifo.num != 0 {
        recv_fifo : Fifo
    }
}

device pckbd version 3 {
    write_cmd : u8
    status    : u8 in 0..3
    mode      : u8
    pending   : u8
}

/// Nothing but four bytes.
device tiny version 1 { a : u8  b : u8  c : u8  d : u8 }
"""

BOARD = """
use "pci.vms"

struct Tx "board/tx" version 1 {
    hook pre_save, post_load
    size   : u16 in 0..16384
    frames : u16 = 7
}

device board version 1..2 {
    hook pre_save, post_load, pre_load, post_save
    parent   : PCIDevice
    speed    : Speed = Speed.FAST
    eecd     : { val_in "eecd_state.val_in" : u32 = 5   tx : Tx   bits : bool[3] }
    rings    : Tx[4]
    grid     : Tx[2][3]
    matrix   : u16[3][5]
    signed_  : i16[4]
    wide     : u64[2]
    flags    : bool[4]
    on       : bool
    deadline : timer
    alarms   : timer[2]
    big      : u64
    small    : i8
    nvec     : u16 in 0..8
    vectors  : u32[nvec]
    nbytes   : u8
    bytes_   : buffer[nbytes max 32]
    nslots   : u8 in 0..3
    slots    : { addr : u64  cfg : u8 }[nslots max 3]
    save     : u8
    check nbytes <= 32 "too many bytes"
    maybe    : u8 when hook has_maybe

    subsection mit_state version 1 needed hook mit_in_use {
        hook post_load
        mit_on : bool
        subsection deeper version 1 needed mit_on == 1 { depth : u8 }
    }
}
"""

STORE = """\
/// A block of bytes.
struct Chunk version 1 {
    size : u8
    data : u8[size max 255] alloc
}

struct Job "job" version 1 {
    hook post_load

    id     : u16
    chunks : list<Chunk max 4>
}

struct Key version 1 { low : u32 }

device store version 1..3 {
    hook pre_save

    n      : u8 in 0..4
    level  : f64 since 2
    gauges : cpudouble[2]
    jobs   : list<Job max 4>
    index  : map<u64, Key max 4>
    spans  : map<Key, Key max 3>
    seen   : bitmap[70]
    masks  : bitmap[9][2]
    slots  : Key?[2]
    grid   : u16?[2][2]
    words  : u16[n max 4][2] alloc
    keys   : Key[n] alloc
    cells  : Job[n][2] alloc
    late   : u8 since 3 else 7
}

device special version 3..4 old 2 priority iommu early_setup needed n != 3 {
    hook load_state_old, dev_unplug_pending, get_extra, put_extra

    n     : u8
    extra : custom
    tail  : u8
    jobs  : list<Job max 2>
}
"""
