"""URIs of channels, read strictly: what is wrong is refused by name, with what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from vmstate.errors import AddressError

ALLOWED = "tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER or file:PATH[,offset=BYTES]"
NOT_HERE = {"rdma": "RDMA", "vsock": "vsock", "socket": "QEMU's own names for sockets"}


@dataclass(frozen=True)
class Tcp:
    """`host` is a name or an address, without brackets; "" where none was given."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


@dataclass(frozen=True)
class Unix:
    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True)
class Command:
    """A line for /bin/sh."""

    line: str

    def __str__(self) -> str:
        return f"exec:{self.line}"


@dataclass(frozen=True)
class Descriptor:
    number: int

    def __str__(self) -> str:
        return f"fd:{self.number}"


@dataclass(frozen=True)
class Path:
    """The stream begins `offset` bytes into the file."""

    path: str
    offset: int = 0

    def __str__(self) -> str:
        return f"file:{self.path}" + (f",offset={self.offset}" if self.offset else "")


Address = Tcp | Unix | Command | Descriptor | Path


def parse(uri: str, *, listening: bool = False) -> Address:
    """The address that `uri` is; an AddressError otherwise. Port 0 is for listening alone."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme not in _PARSERS:
        if colon and scheme in NOT_HERE:
            _refuse(uri, f"{NOT_HERE[scheme]} is not supported; allowed is {ALLOWED}")
        _refuse(uri, f"allowed is {ALLOWED}")
    if "\0" in rest:
        _refuse(uri, "a NUL cannot be part of it")
    return _PARSERS[scheme](uri, rest, listening)


def _refuse(uri: str, why: str) -> NoReturn:
    raise AddressError(f"{uri!r}: {why}")


def _tcp(uri: str, rest: str, listening: bool) -> Tcp:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\[\]:,/\s]*)):([0-9]+)", rest)
    if not found:
        _refuse(uri, "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6")
    port, lowest = int(found[3]), 0 if listening else 1
    if not lowest <= port <= 65535:
        _refuse(uri, f"the port is {port}, allowed is {lowest}..65535")
    return Tcp(found[1] or found[2] or "", port)


def _unix(uri: str, rest: str, listening: bool) -> Unix:
    if not rest:
        _refuse(uri, "allowed is unix:PATH")
    size = len(rest.encode(errors="surrogateescape"))
    if size > 107:
        _refuse(uri, f"the path has {size} bytes, a socket's path at most 107")
    return Unix(rest)


def _exec(uri: str, rest: str, listening: bool) -> Command:
    if not rest.strip():
        _refuse(uri, "allowed is exec:COMMAND, for /bin/sh")
    return Command(rest)


def _fd(uri: str, rest: str, listening: bool) -> Descriptor:
    if not re.fullmatch(r"[0-9]{1,9}", rest):
        _refuse(uri, "allowed is fd:NUMBER")
    return Descriptor(int(rest))


def _file(uri: str, rest: str, listening: bool) -> Path:
    path, comma, offset = rest.rpartition(",offset=")
    if not comma:
        path, offset = rest, "0"
    if not path:
        _refuse(uri, "allowed is file:PATH[,offset=BYTES]")
    if not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]+", offset) or int(offset, 0 if "x" in offset.lower() else 10) >> 63:
        _refuse(uri, f"the offset is {offset!r}, allowed is a number of bytes, 0..2**63-1")
    return Path(path, int(offset, 0 if "x" in offset.lower() else 10))


_PARSERS: dict[str, Callable[[str, str, bool], Address]] = {
    "tcp": _tcp,
    "unix": _unix,
    "exec": _exec,
    "fd": _fd,
    "file": _file,
}
