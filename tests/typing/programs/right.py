"""What a type checker must accept."""

from typing import assert_type

from devices.board import Board, Speed, Tx
from devices.store import Job, Key, Special, Store
from devices.uart import FIFO_SIZE, Fifo, LineStatus, Mode, Pckbd, Uart

import vmstate
from vmstate import transport


class MyTx(Tx):
    def post_load(self, version: int) -> None:
        self.frames = version


class MyBoard(Board):
    Tx = MyTx

    def pre_save(self) -> None:
        self.nvec = 3

    def mit_in_use(self, version: int) -> bool:
        return self.mit_on


keyboard = Pckbd(status=3)
assert_type(keyboard.status, int)
assert_type(keyboard.save(), bytes)
assert_type(keyboard.save_into(bytearray(8), offset=2), int)
keyboard.restore(memoryview(b"\0\0\0\0"), version=3)
assert_type(Pckbd.load(b"\0\0\0\0", 3), Pckbd)
assert_type(Pckbd.loads(keyboard.dumps()), Pckbd)
assert_type(Pckbd.versions, tuple[int, int])
assert_type(Pckbd.size_max + FIFO_SIZE, int)

uart = Uart(lsr=LineStatus.OVERRUN | LineStatus.TX_EMPTY, mode=Mode.READ, recv_fifo={"num": 3})
assert_type(uart.lsr, LineStatus)
assert_type(uart.mode, Mode | int)
uart.lsr |= LineStatus.DATA_READY
uart.mode = 3
uart.recv_fifo = Fifo(num=1, data=bytes(16))
uart.recv_fifo = {"num": 1}
assert_type(uart.recv_fifo, Fifo)
assert_type(uart.recv_fifo.data[3], int)
assert_type(uart.present("recv_fifo"), bool)
uart.update({"divider": 3}, ier=1)
uart.update(recv_fifo={"num": 1})

board = MyBoard(rings=[Tx(), {"size": 3}, Tx(), MyTx()], matrix=[range(5)] * 3, speed=Speed.SLOW)
assert_type(board.rings[0], Tx)
assert_type(board.rings[1:], list[Tx])
assert_type(board.grid[1][2].size, int)
assert_type([ring.size for ring in board.rings], list[int])
assert_type(board.flags[0], bool)
assert_type(board.deadline, int | None)
board.deadline = None
board.vectors = b"" if board.nvec == 0 else [1, 2, 3]
board.rings[0] = Tx(size=3)
board.slots = [{"addr": 1}]

try:
    board.restore(b"", 2)
except vmstate.ValidationError as error:
    assert_type(error.path, str)
    assert_type(error.offset, int | None)


class MySpecial(Special):
    def get_extra(self, reader: vmstate.Reader) -> None:
        assert_type(reader.get_be32() + reader.offset, int)
        assert_type(reader.get_buffer(3), bytes)

    def put_extra(self, writer: vmstate.Writer) -> None:
        writer.put_be32(3)
        writer.put_counted_string("3")

    def load_state_old(self, reader: vmstate.Reader, version: int) -> None:
        assert_type(reader.get_counted_string(), str)

    def dev_unplug_pending(self) -> bool:
        return self.n == 3


store = Store(jobs=[Job(id=1), {"id": 2}], index={1: Key(), 2: {"low": 3}}, seen=3, slots=[None, Key()], level=1)
assert_type(store.level, float)
assert_type(store.gauges[0], float)
assert_type(store.jobs[0], Job)
assert_type(store.jobs[0].chunks[0].data[0], int)
store.jobs.append({"id": 3})
store.jobs[1:] = [Job()]
assert_type(store.jobs.pop(), Job)
assert_type(store.index[1].low, int)
store.index[3] = {"low": 1}
store.index[4] = Key()
store.spans = [(Key(), {"low": 3})]
assert_type(store.spans[0].key, Key)
assert_type(store.seen[0], bool)
store.seen[1] = True
assert_type(store.masks[0], vmstate.Bitmap)
store.seen = [True] * 70
assert_type(store.slots[0], Key | None)
assert_type(store.grid[0][0], int | None)
store.slots[0] = None
store.words = [(1, 2)]
assert_type(store.cells[0][1].id, int)
assert_type(store.save(version=2), bytes)
assert_type(Store.load(b"", 3, layout=store), Store)
assert_type((MySpecial().needed, Special.priority, Special.early_setup), tuple[bool, str, bool])


def put_buffer(buf: bytes, pos: int) -> int:
    return len(buf)


def get_buffer(buf: memoryview, pos: int) -> int:
    return 0


with vmstate.File.from_ops(put_buffer, get_buffer, close=lambda: None, rate_limit=lambda: False) as file:
    file.put_be32(1)
    file.put_buffer(memoryview(b"raw"))
    file.put_counted_string("ram")
    assert_type(file, vmstate.File)
    assert_type(file.get_be64(), int)
    assert_type(file.get_counted_string(), str)
    assert_type(file.get_buffer(3), bytes)
    assert_type(file.set_rate_limit(1000), int)
assert_type(transport.connect("tcp:host:4444", idle_timeout=None), vmstate.File)
assert_type(transport.listen("unix:/s").accept(3), vmstate.File)
