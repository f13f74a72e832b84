"""Texts that are put one after the other, and not joined before."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from vmstate import ChannelError, File
from vmstate._types import Texts

TEXTS = [b"short", b"x" * 1020, b"y" * 1024, b"z" * 5000, b"l" * 300_000, b"!"]


def made(texts: list[bytes], between: bytes = b", ") -> Texts:
    """Of copies that nothing else holds."""
    one = Texts(between)
    for text in texts:
        one.append(bytes(bytearray(text)))
    return one


def test_what_a_join_would_be() -> None:
    for texts in ([], TEXTS[:1], TEXTS, TEXTS * 50):
        for between in (b"", b", ", b"-" * 2000):
            with File.to_bytes() as file:
                file.put_byte(0x3C)
                file._put_texts(made(texts, between))
                file.put_byte(0x3E)
                assert file.getvalue() == b"<" + between.join(texts) + b">"
            assert made(texts, between).size == len(between.join(texts))


def test_on_a_disk(tmp_path: Path) -> None:
    with (tmp_path / "texts").open("wb") as disk, File.from_fd(disk.fileno(), "w", close=False) as file:
        file._put_texts(made(TEXTS * 3))
        file._put_texts(made([b"end"]))
    assert (tmp_path / "texts").read_bytes() == b", ".join(TEXTS * 3) + b"end"


def test_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = socket.create_connection(listener.getsockname())
        there, _ = listener.accept()
    got: list[bytes] = []

    def receive() -> None:
        with there, there.makefile("rb") as whole:
            got.append(whole.read())

    thread = threading.Thread(target=receive)
    thread.start()
    with File.from_fd(here.detach(), "w") as file:
        file.put_byte(0x3C)
        for _ in range(20):
            file._put_texts(made(TEXTS))
        file.put_byte(0x3E)
        assert file.put_position == 2 + 20 * len(b", ".join(TEXTS))
    thread.join()
    assert got == [b"<" + b", ".join(TEXTS) * 20 + b">"]


def test_they_can_be_put_again_and_added_to() -> None:
    texts = made(TEXTS[:2])
    with File.to_bytes() as file:
        file._put_texts(texts)
        texts.append(b"more")
        file._put_texts(texts)
        assert file.getvalue() == b", ".join(TEXTS[:2]) + b", ".join([*TEXTS[:2], b"more"])


def test_what_is_wrong() -> None:
    texts = Texts(b", ")
    for wrong in ("text", bytearray(b"text"), None):
        with pytest.raises(TypeError):
            texts.append(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a text is not empty"):
        texts.append(b"")
    for between in ("", 5, None):
        with pytest.raises(TypeError):
            Texts(between)  # type: ignore[arg-type]
    assert texts.size == 0 and texts.parts == b""
    closed = File.to_bytes()
    closed.close()
    with pytest.raises(ChannelError, match="the channel is closed"):
        closed._put_texts(made(TEXTS))
