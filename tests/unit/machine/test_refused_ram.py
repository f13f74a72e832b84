"""What a load that is refused leaves of RAM, however its pages came."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from vmstate import transport
from vmstate.errors import FunctionError, VMStateError
from vmstate.machine import Machine

PAGE = 4096


def machine(fill: bytes, mark: int) -> tuple[Machine, bytearray]:
    """RAM, and functions behind it that take no other mark than their own."""

    def load(file: Any, opaque: Any, version: int) -> int:
        return 0 if file.get_byte() == mark else -22

    vm, memory = Machine("x"), bytearray(fill * (8 * PAGE))
    vm.add_ram("main", memory)
    vm.register_savevm(None, "mark", 0, 1, lambda file, opaque: file.put_byte(mark), load, None)
    return vm, memory


@pytest.mark.parametrize("shadow", [False, True])
@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_pages_of_channels_are_overwritten_pages(tmp_path: Path, compression: str, shadow: bool) -> None:
    here, _ = machine(b"n", 1)
    there, memory = machine(b"o", 2)
    how: dict[str, Any] = {"channels": 2, "compression": compression}
    with transport.listen(f"unix:{tmp_path}/s") as listener:
        migration = here.migrate(listener.uri, **how)
        with pytest.raises(FunctionError, match="returned -22"):
            there.incoming(listener, shadow=shadow, **how)
        with pytest.raises(VMStateError):
            migration.result(30)
    assert memory == (b"o" if shadow else b"n") * (8 * PAGE)
    assert there.incomplete == (not shadow)


def test_a_payload_that_is_cut_has_overwritten(tmp_path: Path) -> None:
    """The first page of a packet of two is stored; the second never comes."""
    there, memory = machine(b"o", 2)
    main = (
        bytes.fromhex("5145564d0000000307 00000001 7801 00000000 03 72616d 00000000 00000004")
        + bytes.fromhex("0000000000008004 04 6d61696e 000000000000800000000000000000107e 00000000")
        + bytes.fromhex("02 0000000000000000000000107e 00000000")
    )
    start = bytes.fromhex("11223344 00000001") + bytes(56)
    sync = bytes.fromhex("11223344 00000001 00000001 00000080") + bytes(304 + 1024)
    packet = bytes.fromhex("11223344 00000001 00000000 00000080 00000002 00002000") + bytes(40)
    packet += b"main".ljust(256, b"\0") + bytes(8) + PAGE.to_bytes(8, "big") + bytes(1008)
    with transport.listen(f"unix:{tmp_path}/s") as listener:

        def send() -> None:
            with contextlib.ExitStack() as stack:
                ends = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
                for end, data in zip(ends, (main, start + sync + packet + b"n" * PAGE), strict=True):
                    end.connect(f"{tmp_path}/s")
                    end.sendall(data)
                    end.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        with pytest.raises(VMStateError, match="main"):
            there.incoming(listener, channels=1)
        sender.join()
    assert memory[: 2 * PAGE] == b"n" * PAGE + b"o" * PAGE and there.incomplete
