"""Whatever sizes are put and got, and however the channel cuts them: the same bytes, at the same positions."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from vmstate import File
from vmstate._stream import ffi, lib

PIECE = 256 * 1024
SIZES = st.lists(
    st.one_of(
        st.integers(0, 300),
        st.sampled_from([4095, 4097, PIECE // 4 - 1, PIECE // 4, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 5]),
    ),
    max_size=12,
)
STEPS = st.lists(st.sampled_from([1000, 4096, 65535, PIECE, 10 * PIECE]), min_size=1, max_size=5)
SOURCE = bytes((i * 7 + i // 251) & 0xFF for i in range(30 * PIECE))


def take(file: File, size: int) -> bytes:
    """By the cursor, as generated code and RAM do: in one piece however large."""
    with file.native(getting=True) as native:
        at = lib.vms_take(lib.vms_file_reader(native), size, b"bytes")
        assert at != ffi.NULL or not size
        return bytes(ffi.buffer(at, size)) if size else b""


def get_into(file: File, size: int) -> bytes:
    room = bytearray(size)
    file.get_into(room)
    return bytes(room)


def get_some(file: File, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += file.get_some(size - len(got))
    return got


WAYS: list[Callable[[File, int], bytes]] = [File.get_buffer, get_into, get_some, take]


@given(sizes=SIZES, steps=STEPS, ways=st.lists(st.sampled_from(WAYS), min_size=1, max_size=5))
def test_getting(sizes: list[int], steps: list[int], ways: list[Callable[[File, int], bytes]]) -> None:
    step, at = itertools.cycle(steps), 0

    def get_buffer(buf: memoryview, pos: int) -> int:
        nonlocal at
        assert pos == at
        count = min(next(step), len(buf), total - at)
        buf[:count] = SOURCE[at : at + count]
        at += count
        return count

    total = sum(sizes)
    with File.from_ops(get_buffer=get_buffer) as file:
        done = 0
        for size, way in zip(sizes, itertools.cycle(ways), strict=False):
            assert way(file, size) == SOURCE[done : done + size]
            done += size
            assert file.get_position == done
        assert file.at_end() and file.get_some() == b""


@given(sizes=SIZES, steps=STEPS, flushes=st.lists(st.booleans(), min_size=1, max_size=4))
def test_putting(sizes: list[int], steps: list[int], flushes: list[bool]) -> None:
    step, sent = itertools.cycle(steps), bytearray()

    def put_buffer(buf: bytes, pos: int) -> int:
        assert pos == len(sent) and 0 < len(buf) <= PIECE
        count = min(next(step), len(buf))
        sent.extend(buf[:count])
        return count

    with File.from_ops(put_buffer) as file:
        done = 0
        for size, flush in zip(sizes, itertools.cycle(flushes), strict=False):
            file.put_buffer(SOURCE[done : done + size])
            done += size
            if flush:
                file.flush()
                assert len(sent) == done
            assert file.put_position == done
    assert sent == SOURCE[:done]
