"""The standard library's struct, by hand: states that are lists of objects."""

from __future__ import annotations

import struct

from benchmarks.values import JOB_FIELDS, URGENT, Values

_JOB = struct.Struct(">BBHI")


class Job:
    __slots__ = tuple(JOB_FIELDS)

    def __init__(self, kind: int, length: int, address: int) -> None:
        self.kind, self.length, self.address = kind, length, address


class Queue:
    """A list of objects: 01 before each on the wire, 00 behind the last."""

    __slots__ = ("jobs",)

    def __init__(self, values: Values) -> None:
        self.jobs = [Job(**job) for job in values["jobs"]]

    def values(self) -> Values:
        return {"jobs": [{name: getattr(job, name) for name in JOB_FIELDS} for job in self.jobs]}

    def save(self) -> bytes:
        pack = _JOB.pack
        return b"".join([pack(1, job.kind, job.length, job.address) for job in self.jobs]) + b"\0"

    def restore(self, data: bytes) -> None:
        if data[-1] or len(data) % _JOB.size != 1:
            raise ValueError("jobs")
        jobs = []
        for more, kind, length, address in _JOB.iter_unpack(data[:-1]):
            if not more:
                raise ValueError("jobs")
            jobs.append(Job(kind, length, address))
        self.jobs = jobs


_REQUEST_DEADLINE = struct.Struct(">I")


class Request(Job):
    __slots__ = ("deadline",)

    def __init__(self, kind: int, length: int, address: int, deadline: int) -> None:
        super().__init__(kind, length, address)
        self.deadline = deadline


class Varied:
    """As Queue, but those that are not urgent have a deadline at their end."""

    __slots__ = ("requests",)

    def __init__(self, values: Values) -> None:
        self.requests = [Request(**request) for request in values["requests"]]

    def values(self) -> Values:
        names = (*JOB_FIELDS, "deadline")
        return {"requests": [{name: getattr(request, name) for name in names} for request in self.requests]}

    def save(self) -> bytes:
        pack, pack_deadline = _JOB.pack, _REQUEST_DEADLINE.pack
        parts = []
        for request in self.requests:
            parts.append(pack(1, request.kind, request.length, request.address))
            if request.kind < URGENT:
                parts.append(pack_deadline(request.deadline))
        return b"".join(parts) + b"\0"

    def restore(self, data: bytes) -> None:
        requests, at = [], 0
        while data[at]:
            _, kind, length, address = _JOB.unpack_from(data, at)
            at += _JOB.size
            deadline = 0
            if kind < URGENT:
                (deadline,) = _REQUEST_DEADLINE.unpack_from(data, at)
                at += _REQUEST_DEADLINE.size
            requests.append(Request(kind, length, address, deadline))
        if at != len(data) - 1:
            raise ValueError("requests")
        self.requests = requests


class Core:
    __slots__ = ("tag", "value")

    def __init__(self, tag: int, value: int) -> None:
        self.tag = tag
        self.value = value


class Box:
    __slots__ = ("core",)

    def __init__(self, core: Core) -> None:
        self.core = core


class Item:
    __slots__ = ("box",)

    def __init__(self, box: Box) -> None:
        self.box = box


class Nested:
    """A byte before each item, and one or two in it."""

    __slots__ = ("items",)

    def __init__(self, values: Values) -> None:
        self.items = [Item(Box(Core(**item["box"]["core"]))) for item in values["items"]]

    def values(self) -> Values:
        cores = [item.box.core for item in self.items]
        return {"items": [{"box": {"core": {"tag": core.tag, "value": core.value}}} for core in cores]}

    def save(self) -> bytes:
        data = bytearray()
        for item in self.items:
            core = item.box.core
            data += bytes((1, core.tag, core.value)) if core.tag & 1 else bytes((1, core.tag))
        return bytes(data) + b"\0"

    def restore(self, data: bytes) -> None:
        items, at = [], 0
        while data[at]:
            tag = data[at + 1]
            value = data[at + 2] if tag & 1 else 0
            at += 3 if tag & 1 else 2
            items.append(Item(Box(Core(tag, value))))
        if at != len(data) - 1:
            raise ValueError("items")
        self.items = items
