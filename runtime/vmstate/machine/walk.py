"""A stream read from its first byte to its last. What becomes of its sections is a Receiver's business."""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass
from typing import Protocol

from vmstate.errors import ChannelError, FramingError
from vmstate.machine.differences import named
from vmstate.machine.registry import Entry
from vmstate.machine.source import Source
from vmstate.machine.switches import Switches
from vmstate.machine.wire import COMMAND_LENGTHS, MAGIC, MAX_DESCRIPTION, VERSION, Command, Element
from vmstate.stream import description as descriptions
from vmstate.stream.configuration import read_configuration
from vmstate.stream.model import Configuration

_SHUT, _PONG = 1, 2
_LENGTHS = {command.value: length for command, length in COMMAND_LENGTHS.items()}


@dataclass(frozen=True)
class Header:
    """Of a section, as it came. `offset` is that of its type byte."""

    kind: Element
    section_id: int
    idstr: str
    instance_id: int
    version: int
    offset: int


class Receiver(Protocol):
    """What a walk hands the parts of a stream to. All of them read exactly what is theirs, or raise."""

    def configuration(self, found: Configuration | None, offset: int) -> None: ...
    def find(self, header: Header) -> Entry: ...
    def live(self, entry: Entry, kind: Element, version: int, source: Source) -> None: ...
    def device(self, entry: Entry, header: Header, source: Source) -> None: ...
    def end(self, offset: int) -> None: ...

    @property
    def checked(self) -> bool:
        """Was all of the stream judged before, so that its description need not be again?"""


class Walk:
    """One reading of one stream.

    Strict: every section once, the live ones finished, nothing behind the end, and a description that lists what came.
    """

    def __init__(self, source: Source, receiver: Receiver, switches: Switches) -> None:
        self._source = source
        self._receiver = receiver
        self._switches = switches
        self._ids: dict[int, tuple[Entry, Header]] = {}
        self._came: set[Entry] = set()
        self._open: dict[int, str] = {}
        self._devices: list[Header] = []
        self.return_path = False

    def run(self) -> None:
        """To the end. Raises VMStateErrors, with the offset, and whatever the receiver raises."""
        self._header()
        source = self._source
        while True:
            start = source.offset
            kind = source.u8("the next element")
            if kind == Element.EOF:
                break
            if kind in (Element.START, Element.FULL):
                self._section(Element(kind), start)
            elif kind in (Element.PART, Element.END):
                self._part(Element(kind), start)
            elif kind == Element.COMMAND:
                self._command(start)
            else:
                raise refused(start, f"{kind:#04x} is no element of a stream, or not here", "stream-element", kind)
        if self._open:
            raise refused(
                start, f"the live state {', '.join(self._open.values())} was never finished", "stream-unfinished"
            )
        if self._switches.description:
            self._description()
        self._nothing_follows()
        self._receiver.end(start)

    def _header(self) -> None:
        source = self._source
        magic = source.be32("the file header")
        if magic != MAGIC:
            what = f"not a migration stream: its first number is {magic:#010x}"
            raise refused(0, what, "stream-magic", magic, MAGIC)
        version = source.be32("the file header")
        if version != VERSION:
            raise refused(
                4, f"a stream of version {version}; {VERSION} can be read", "stream-version", version, VERSION
            )
        if not self._switches.configuration:
            self._receiver.configuration(None, 8)
            return
        kind = source.u8("the configuration")
        if kind != Element.CONFIGURATION:
            raise refused(8, "no configuration where it should be", "stream-configuration", kind, Element.CONFIGURATION)
        self._receiver.configuration(read_configuration(source), 8)

    def _section(self, kind: Element, start: int) -> None:
        source = self._source
        section_id = source.be32("a section's id")
        if section_id in self._ids:
            other = self._ids[section_id][1].idstr
            raise refused(
                start, f"the section id {section_id} belongs to {other!r} already", "stream-section-id", section_id
            )
        idstr = source.counted("a section's name")
        instance, version = source.be32("an instance"), source.be32("a section's version")
        header = Header(kind, section_id, idstr, instance, version, start)
        entry = self._receiver.find(header)
        if entry.is_live != (kind == Element.START):
            how = "at once" if kind == Element.FULL else "in parts"
            raise refused(start, f"{named(idstr, instance)} is not sent {how}", "stream-section-kind", kind)
        if entry in self._came:
            raise refused(start, f"{named(idstr, instance)} came already", "stream-repeated-section")
        self._came.add(entry)
        self._ids[section_id] = entry, header
        if entry.is_live:
            self._open[section_id] = named(idstr, instance)
            self._receiver.live(entry, kind, version, source)
        else:
            self._devices.append(header)
            self._receiver.device(entry, header, source)
        self._footer(header)

    def _part(self, kind: Element, start: int) -> None:
        section_id = self._source.be32("a section's id")
        if section_id not in self._open:
            raise refused(start, f"no section {section_id} was started", "stream-section-id", section_id)
        entry, header = self._ids[section_id]
        self._receiver.live(entry, kind, header.version, self._source)
        self._footer(header)
        if kind == Element.END:
            del self._open[section_id]

    def _footer(self, header: Header) -> None:
        if not self._switches.footers:
            return
        start, which = self._source.offset, named(header.idstr, header.instance_id)
        kind = self._source.u8("a section's footer")
        if kind != Element.FOOTER:
            raise refused(start, f"no footer where {which} should end", "stream-footer", kind, Element.FOOTER)
        found = self._source.be32("a section's footer")
        if found != header.section_id:
            raise refused(start, f"the footer of {which} has another id", "stream-footer", found, header.section_id)

    def _command(self, start: int) -> None:
        number, length = self._source.be16("a command"), self._source.be16("a command's length")
        if _LENGTHS.get(number) != length:
            known = {each.value: each.name.lower().replace("_", "-") for each in Command}
            what = f"the command {known.get(number, number)} with {length} bytes is not one of a precopy migration"
            raise refused(start, what, "stream-command", number)
        payload = self._source.take(length, "a command")
        if number == Command.OPEN_RETURN_PATH:
            self.return_path = True
        elif number == Command.PING:
            if not self.return_path:
                raise refused(start, "a ping, and no return path was opened", "stream-command", number)
            if self.answers:
                self._answer(_PONG, int.from_bytes(payload, "big"))

    # The way back -----------------------------------------------------------------------------------------------------

    @property
    def answers(self) -> bool:
        """Does the sender wait for an answer? Not that of a stream in memory or on a disk, though it once did."""
        return self.return_path and self._source.file.two_way

    def loaded(self) -> None:
        """Tells a sender that waits for it that the machine is here; from then on it is nowhere else. Raises a
        ChannelError if that cannot be said: then it goes on there.
        """
        self._nothing_follows()
        self._answer(_SHUT, 0)

    def failed(self) -> None:
        """Tells a sender that waits for it that the load was refused."""
        with contextlib.suppress(Exception):
            if self.answers:
                self._answer(_SHUT, 1)

    def _nothing_follows(self) -> None:
        """A sender that waits for an answer neither sends more nor hangs up: only what is there can be looked at."""
        source = self._source
        if self.answers and not source.ready():
            return
        if not source.at_end():
            raise refused(source.offset, "bytes follow the end of the stream", "stream-trailing")
        if self.answers:
            # It has given up, and lets its machine go on: that and this one would be two.
            what = "the sender hung up before it was told that all is loaded: the machine goes on there"
            raise ChannelError(f"at offset {source.offset}: {what}", number=errno.EPIPE, offset=source.offset)

    def _answer(self, message: int, value: int) -> None:
        file = self._source.file
        file.put_buffer(message.to_bytes(2, "big") + (4).to_bytes(2, "big") + value.to_bytes(4, "big"))
        file.flush()

    def _description(self) -> None:
        source, start = self._source, self._source.offset
        kind = source.u8("the description")
        if kind != Element.DESCRIPTION:
            raise refused(start, "no description at the stream's end", "stream-description", kind, Element.DESCRIPTION)
        length = source.be32("the description")
        if length > MAX_DESCRIPTION:
            raise refused(start, f"a description of {length} bytes", "stream-description", length, MAX_DESCRIPTION)
        at = source.offset
        text = source.take(length, "the description")
        if self._receiver.checked:
            return
        try:
            described = descriptions.parse(memoryview(text), 0)
        except FramingError as error:
            what = f"in the description that begins at offset {at}: {error}"
            raise FramingError(what, offset=at + (error.offset or 0), code=error.code) from None
        names = [(device["name"], device["instance_id"]) for device in described.devices]
        if names != [(header.idstr, header.instance_id) for header in self._devices]:
            raise refused(
                start, "the description lists other sections than the stream has", "stream-undescribed-section"
            )


def refused(offset: int, what: str, code: str, found: int | None = None, allowed: int | None = None) -> FramingError:
    """The error of something that should not stand at `offset`."""
    return FramingError(f"at offset {offset}: {what}", offset=offset, found=found, allowed=allowed, code=code)
