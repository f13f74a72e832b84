"""What a type checker must refuse, and no other line."""

from devices.board import Board
from devices.store import Store
from devices.uart import Fifo, Pckbd, Uart

import vmstate
from vmstate import transport

keyboard = Pckbd(phase=3)  # refused
keyboard.status = "3"  # refused
keyboard.phase = 3  # refused
keyboard.restore(b"")  # refused
Pckbd.load(b"")  # refused
Uart().recv_fifo = 3  # refused
Uart(recv_fifo=Pckbd())  # refused
Board().rings = [Fifo()]  # refused
Board().on = None  # refused
Board().deadline = "soon"  # refused
Board(eecd=3)  # refused
Store().jobs = 3  # refused
Store().jobs = [Fifo()]  # refused
Store().index = {"a": {}}  # refused
Store().level = "1"  # refused
Store().slots = [3, None]  # refused
Store().save(version="1")  # refused
vmstate.File.from_ops(lambda buf: 1)  # refused
vmstate.File.to_bytes().put_be32("1")  # refused
vmstate.File.to_bytes().put_buffer("text")  # refused
transport.connect(4444)  # refused


class Wrong(Board):
    def post_load(self, version: str) -> None:  # refused
        pass
