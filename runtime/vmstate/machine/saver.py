"""Writing a machine: the steps of a stream, in their order.

A save takes them at once, a migration while the machine runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from vmstate._types import Sections, State, Texts
from vmstate.errors import FramingError, VMStateError
from vmstate.machine import wire
from vmstate.machine.configuration import describe, encode, with_mapped_ram
from vmstate.machine.differences import named
from vmstate.machine.legacy import saved
from vmstate.machine.live import LiveHandler
from vmstate.machine.registry import Entry, Legacy
from vmstate.machine.wire import Element
from vmstate.ram.mapped import on_disk

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.machine import Machine

How = bytes | tuple[str, int] | Callable[[int], bytes]
"""How a device is described: see `Sections.describe`."""

END = b"]}"
UNLIMITED = (1 << 63) - 1
"""A budget of bytes that no round uses up."""


class Saver:
    """One stream, from `begin` to `finish`. `file` is a vmstate.File that is written to."""

    def __init__(self, machine: Machine, file: Any, commands: bytes = b"", *, mapped_ram: bool = False) -> None:
        """`commands`: elements that stand before all sections. `mapped_ram`: pages have places in the file.

        Raises ValueError if they cannot have them.
        """
        self._machine = machine
        self._mapped_ram = mapped_ram
        if mapped_ram:
            refuse_without_places(machine, file)
        self._file = file
        self._commands = commands
        self._switches = machine.switches
        self._live = [entry for entry in machine.registry.live if _handler(entry).active()]
        self._begun: list[LiveHandler] = []
        self._described = Texts(b", ")
        self._configured = b""

    # Steps, in their order ---------------------------------------------------------------------------------------

    def begin(self, *, live: bool = True) -> None:
        """Header, configuration, what is sent early, and a START for all live state.

        `live`: the machine runs meanwhile, or may be started; otherwise nothing asks what its guest writes.
        """
        configuration = self._machine.configuration
        if self._mapped_ram:
            self._machine.ram.mapped = True
            configuration = with_mapped_ram(configuration)
            # QEMU 7.2 never says it; those that know of such files always do.
            self._configured = b'"configuration": %s, ' % describe(configuration)
        for entry in self._live:
            handler = _handler(entry)
            self._begun.append(handler)
            handler.begin_save(live)
        start = wire.header() + (encode(configuration) if self._switches.configuration else b"")
        self._file.put_buffer(start + self._commands)
        self._devices(early=True)
        for entry in self._live:
            header = wire.section_header(Element.START, entry.section_id, entry.idstr, entry.instance_id, entry.version)
            self._file.put_buffer(header)
            _handler(entry).setup(self._file)
            self._end_section(entry)

    def pending(self, exact: bool = True) -> int:
        """Bytes of live state that are still to be sent."""
        return sum(_handler(entry).pending(exact) for entry in self._live)

    def iterate(self, budget: int = UNLIMITED) -> bool:
        """One round of PARTs, of about `budget` bytes at most. Has all live state said that there is nothing more?

        The round ends at the first that has more: what comes first in the registry is finished first.
        """
        start = self._file.put_position
        for entry in self._live:
            left = budget - (self._file.put_position - start)
            if left <= 0:
                return False
            self._file.put_buffer(wire.part_header(Element.PART, entry.section_id))
            finished = _handler(entry).iterate(self._file, left)
            self._end_section(entry)
            if not finished:
                return False
        return True

    def complete(self) -> None:
        """The rest, with the machine stopped: an END for all live state, and every device. No receiver takes it yet."""
        for entry in self._live:
            self._file.put_buffer(wire.part_header(Element.END, entry.section_id))
            _handler(entry).complete(self._file)
            self._end_section(entry)
        self._devices(early=False)
        if self._switches.description and self._description_size > wire.MAX_DESCRIPTION:
            found, most = self._description_size, wire.MAX_DESCRIPTION
            what = f"a description of {found} bytes, no load takes more than {most}: `Switches(description=False)`"
            raise FramingError(what, found=found, allowed=most, code="stream-description")

    @property
    def _description_start(self) -> bytes:
        return b'{%s"page_size": %d, "devices": [' % (self._configured, 1 << self._machine.page_bits)

    @property
    def _description_size(self) -> int:
        return len(self._description_start) + self._described.size + len(END)

    def end(self) -> None:
        """What makes it whole: the end of the stream, and its description."""
        self._file.put_byte(Element.EOF)
        if self._switches.description:
            head = bytes([Element.DESCRIPTION]) + wire.be32(self._description_size)
            self._file.put_buffer(head + self._description_start)
            self._file._put_texts(self._described)
            self._file.put_buffer(END)
        self._file.flush()

    def finish(self) -> None:
        """The save is over, done or not: what the live state keeps for it is given up."""
        while self._begun:
            self._begun.pop().end_save()
        if self._mapped_ram:
            self._machine.ram.mapped = False

    def run(self) -> None:
        """All of it, of a machine that stands still."""
        try:
            self.begin(live=False)
            while self.pending() > 0 and not self.iterate():
                pass
            self.complete()
            self.end()
        finally:
            self.finish()

    # Devices -------------------------------------------------------------------------------------------------------

    def _devices(self, early: bool) -> None:
        for run in self._machine.runs(early):
            if run.sections is not None:
                self._native(run.sections, run)
            else:
                for entry in run.entries:
                    self._legacy(entry)

    def _native(self, sections: Sections, run: Run) -> None:
        try:
            self._file._put_sections(sections)
            if self._switches.description:
                sections.describe(run.described, self._described)
        except Exception as error:
            _tell_instance(error, sections, run.entries)
            raise

    def _legacy(self, entry: Entry) -> None:
        try:
            body = saved(cast(Legacy, entry.subject))
        except Exception as error:
            _tell_entry(error, entry)
            raise
        header = wire.section_header(Element.FULL, entry.section_id, entry.idstr, entry.instance_id, entry.version)
        self._file.put_buffer(header + body)
        self._end_section(entry)
        self._described.append(_opaque(entry, len(body)))

    def _end_section(self, entry: Entry) -> None:
        if self._switches.footers:
            self._file.put_buffer(wire.footer(entry.section_id))


@dataclass(frozen=True)
class Run:
    """Neighbours: devices with their native table, or functions, which have none.

    `described`: of each device how it is described, as `Sections.describe` takes it.
    """

    entries: tuple[Entry, ...]
    sections: Sections | None
    described: tuple[How, ...]


def make_runs(entries: Iterable[Entry], footers: bool) -> Iterator[Run]:
    for native, group in groupby(entries, key=lambda entry: isinstance(entry.subject, State)):
        found = tuple(group)
        if native:
            yield Run(found, make_sections(found, footers), tuple(map(_how_described, found)))
        else:
            yield Run(found, None, ())


def make_sections(entries: Sequence[Entry], footers: bool) -> Sections:
    """The native table of these devices."""
    return Sections(
        [
            (
                wire.section_header(Element.FULL, entry.section_id, entry.idstr, entry.instance_id, entry.version),
                cast(State, entry.subject),
                wire.footer(entry.section_id) if footers else b"",
            )
            for entry in entries
        ]
    )


def _handler(entry: Entry) -> LiveHandler:
    return cast(LiveHandler, entry.subject)


def refuse_without_places(machine: Machine, file: File | None) -> None:
    """Raises ValueError if pages of this machine, or in this file, cannot have places. None: it is not open yet."""
    if not machine.has_ram:
        raise ValueError(f"{machine.name} has no RAM whose pages could have places in a file")
    if not machine.switches.configuration:
        raise ValueError("without a configuration no stream says that its pages have places in the file")
    if file is not None and not on_disk(file, writing=True):
        raise ValueError("pages have places in a plain file on a disk alone, one that is not compressed")


def _tell_instance(error: Exception, sections: Sections, entries: Sequence[Entry]) -> None:
    if sections.failed is None:
        return
    _tell_entry(error, entries[sections.failed])


def _tell_entry(error: Exception, entry: Entry) -> None:
    if isinstance(error, VMStateError):
        error.device = error.device or entry.idstr
        error.instance = entry.instance_id
    error.add_note(f"in {named(entry.idstr, entry.instance_id)}")


def _how_described(entry: Entry) -> How:
    state = cast(State, entry.subject)
    cls = type(state)
    if cls.describe is not State.describe:
        return partial(_described, entry)
    if cls.__binding__.layout.described_alike:
        return state.describe(entry.idstr, entry.instance_id)
    return entry.idstr, entry.instance_id


def _described(entry: Entry, size: int) -> bytes:
    describe = getattr(entry.subject, "describe", None)
    return _opaque(entry, size) if describe is None else bytes(describe(entry.idstr, entry.instance_id))


def _opaque(entry: Entry, size: int) -> bytes:
    """What nothing more is known of than its size."""
    field = {"name": "data", "size": size, "type": "buffer"}
    return json.dumps({"name": entry.idstr, "instance_id": entry.instance_id, "size": size, "fields": [field]}).encode()
