"""describe(): the entry of a device at the end of a stream."""

from __future__ import annotations

import json
from typing import Any

import pytest

import vmstate

TINY = b"".join(
    b'{"name": "%s", "type": "uint8", "size": 1}' % name + b", " * (name != b"d") for name in (b"a", b"b", b"c", b"d")
)
UART = (
    b'"vmsd_name": "serial", "version": 3, "fields": [{"name": "divider", "type": "uint16", "size": 2}, '
    b'{"name": "ier", "type": "uint8", "size": 1}, {"name": "lsr", "type": "uint8", "size": 1}, '
    b'{"name": "mode", "type": "uint8", "size": 1}, {"name": "fcr", "type": "uint8", "size": 1}]'
)
FIFO = (
    b', "subsections": [{"vmsd_name": "serial/recv_fifo", "version": 1, "fields": [{"name": "recv_fifo", '
    b'"type": "struct", "struct": {"vmsd_name": "Fifo", "version": 1, "fields": ['
    b'{"name": "data", "array_len": 16, "type": "uint8", "size": 1}, {"name": "head", "type": "uint32", "size": 4}, '
    b'{"name": "num", "type": "uint32", "size": 4}]}, "size": 24}]}]'
)


def test_a_constant(uart: Any) -> None:
    head = b'"vmsd_name": "tiny", "version": 1, "fields": ['
    assert uart.Tiny().describe() == b'{"name": "tiny", "instance_id": 0, ' + head + TINY + b"]}"
    named = uart.Tiny().describe("isa/tiny", 2)
    assert named == b'{"name": "isa/tiny", "instance_id": 2, ' + head + TINY + b"]}"


def test_what_is_sent_now(uart: Any) -> None:
    start = b'{"name": "serial", "instance_id": 0, '
    state = uart.Uart()
    assert state.describe() == start + UART + b"}"
    state.recv_fifo.num = 1
    assert state.describe() == start + UART + FIFO + b"}"
    older = UART.replace(b'"version": 3', b'"version": 2').replace(
        b', {"name": "fcr", "type": "uint8", "size": 1}', b""
    )
    assert state.describe(version=2) == start + older + FIFO + b"}"


def test_the_same_text_while_what_decides_it_is_the_same(uart: Any) -> None:
    state = uart.Uart()
    text = state.describe()
    state.divider = 7
    assert state.describe() is text
    assert state.describe("serial") == text
    named = text.replace(b'"serial", "instance_id": 0', b'"isa/serial", "instance_id": 2', 1)
    assert state.describe("isa/serial", 2) == named
    assert state.describe("isa/serial", 3) == named.replace(b'"instance_id": 2', b'"instance_id": 3')
    assert state.describe(instance_id=3) == text.replace(b'"instance_id": 0', b'"instance_id": 3')
    assert state.describe() == text
    state.recv_fifo.num = 1
    assert state.describe() == text.removesuffix(b"}") + FIFO + b"}"
    state.recv_fifo.num = 0
    assert state.describe() == text


def test_two_texts_are_kept(uart: Any) -> None:
    state = uart.Uart()
    without = state.describe()
    state.recv_fifo.num = 1
    with_fifo = state.describe()
    for num, text in ((0, without), (1, with_fifo), (2, with_fifo), (0, without)):
        state.recv_fifo.num = num
        assert state.describe() is text


def test_of_a_long_text_only_the_last_is_kept(uart: Any) -> None:
    state, name = uart.Uart(), "x" * 17000
    without = state.describe(name)
    assert state.describe(name) is without
    state.recv_fifo.num = 1
    with_fifo = state.describe(name)
    assert state.describe(name) is with_fifo
    state.recv_fifo.num = 0
    assert state.describe(name) == without
    assert state.describe(name) is not without


def test_texts_are_kept_for_one_section(uart: Any) -> None:
    state = uart.Uart()
    text = state.describe()
    other = state.describe("other", 3)
    assert other == text.replace(b"serial", b"other", 1).replace(b": 0", b": 3", 1)
    assert state.describe("oth" + "er", 3) is other
    assert state.describe("other", 4) == other.replace(b": 3", b": 4", 1)
    assert state.describe("other") == other.replace(b": 3", b": 0", 1)
    assert state.describe() == text


def test_a_name_that_may_run_code_is_not_kept(uart: Any) -> None:
    class Name(str):
        __slots__ = ()

    state = uart.Uart()
    text = state.describe(Name("serial"))
    assert text == state.describe("serial") == state.describe(Name("serial"))
    assert state.describe(Name("serial")) is not state.describe(Name("serial"))
    assert state.describe("serial") is state.describe("serial")


def test_texts_of_all_lengths(uart: Any) -> None:
    """Each is bytes of its own length, however long the one before it was."""
    state = uart.Uart()
    texts = []
    for length in (0, 20000, 19000, 1, 40000, 39000, 10):
        text = state.describe("x" * length)
        assert text == b'{"name": "' + b"x" * length + b'", "instance_id": 0, ' + UART + b"}"
        assert len(bytearray(text)) == len(text) == length + len(UART) + 32
        assert text + b"" in {text} and hash(text) == hash(bytes(bytearray(text)))
        texts.append((text, bytes(bytearray(text))))
    assert all(text == copy for text, copy in texts)


def test_names_are_json(uart: Any) -> None:
    for name in ("", 'a"b\\c/d', "\n\t\0\x7f", "\u00e9\u20ac\U0001f600", "\ud800", "a\0", "x" * 5000):
        entry = uart.Tiny().describe(name=name, instance_id=4294967295)
        assert entry.isascii()
        assert entry.startswith(
            b'{"name": ' + json.dumps(name).encode().replace(b"\x7f", b"\\u007f") + b', "instance_id": 4'
        )
        assert json.loads(entry)["name"] == name
        assert json.loads(entry)["instance_id"] == 4294967295


def test_what_is_wrong(uart: Any) -> None:
    tiny = uart.Tiny()
    with pytest.raises(TypeError, match="a string"):
        tiny.describe(b"tiny")
    with pytest.raises(TypeError, match=r"describe\(\) has no argument 'size'"):
        tiny.describe(size=1)
    with pytest.raises(TypeError, match=r"describe\(\) got twice the argument 'name'"):
        tiny.describe("a", name="b")
    with pytest.raises(TypeError, match="not 4 arguments"):
        tiny.describe("a", 0, 1, 2)
    with pytest.raises(OverflowError):
        tiny.describe(instance_id=1 << 32)
    with pytest.raises(OverflowError):
        tiny.describe(instance_id=-1)
    with pytest.raises(vmstate.VersionError) as caught:
        tiny.describe(version=2)
    assert (caught.value.code, caught.value.found, caught.value.allowed) == ("version", 2, (1, 1))
    with pytest.raises(vmstate.VersionError) as caught:
        uart.Uart().describe(version=1)
    assert (caught.value.found, caught.value.allowed) == (1, (2, 3))
