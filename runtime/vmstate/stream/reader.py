"""A stream read forwards, element by element, with the description at its end as the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmstate.errors import FramingError, TruncatedError
from vmstate.stream import description as descriptions
from vmstate.stream.configuration import read_configuration
from vmstate.stream.cursor import Cursor
from vmstate.stream.layout import skip_body
from vmstate.stream.model import Configuration, Section, Stream
from vmstate.stream.ram import RAM_VERSION, PageSink, RamReader

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["read_stream"]

MAGIC = 0x5145_564D  # "QEVM"
VERSION = 3
_EOF, _START, _PART, _END, _FULL, _CONFIGURATION, _COMMAND, _FOOTER = 0, 1, 2, 3, 4, 7, 8, 0x7E
# Commands of a plain precopy with a return path; all others announce what this reader does not know.
_PLAIN_COMMANDS = {1: 0, 2: 4}


def read_stream(data: Buffer, *, pages: PageSink | None = None, begin: int = 0) -> Stream:
    """Read one whole stream as QEMU's plain precopy or `savevm` writes it, pages as records or at places (mapped-ram).

    Every device section is located to the byte and its footer checked; nothing is copied: the sections' bodies are
    views of `data`, which may be a file mapped into memory. `pages`, where given, is called with every RAM page record,
    in stream order; with every page of every block where pages have places. Those count from where the file begins:
    if `data` is cut out of one, `begin` says at which byte.

    Raises `TruncatedError` or `FramingError`, with the offset, for anything else: other magic or version, elements of
    other kinds of migration, a stream without description, bytes that the description does not account for.
    """
    view = data if isinstance(data, memoryview) else memoryview(data).cast("B")
    cursor = Cursor(view)
    _header(cursor)
    at = descriptions.find(view)
    description = descriptions.parse(view, at)
    # What precedes the JSON: EOF byte, type byte, be32 length. The sections end where the EOF byte stands.
    cursor.end = at - 5
    configuration: Configuration | None = None
    if cursor.peek() == _CONFIGURATION:
        cursor.u8("the configuration")
        configuration = read_configuration(cursor)
    capabilities = (configuration and configuration.capabilities) or ()
    ram = RamReader(
        description.page_size,
        addresses="x-ignore-shared" in capabilities,
        mapped="mapped-ram" in capabilities,
        begin=begin,
        sink=pages,
    )
    walk = _Walk(cursor, description, ram)
    walk.run()
    return Stream(
        size=len(view),
        configuration=configuration,
        footers=bool(walk.footers),
        page_size=description.page_size,
        blocks=tuple(walk.ram.blocks.values()),
        sections=tuple(walk.sections),
        description_offset=at,
    )


def _header(cursor: Cursor) -> None:
    magic = cursor.be32("the file header")
    if magic != MAGIC:
        raise _refused(0, f"not a migration stream: its first number is {magic:#010x}", "stream-magic", magic, MAGIC)
    version = cursor.be32("the file header")
    if version != VERSION:
        raise _refused(4, f"a stream of version {version}; {VERSION} can be read", "stream-version", version, VERSION)


class _Walk:
    """One pass over the elements. `footers` is None until the first section has shown whether it ends in one."""

    def __init__(self, cursor: Cursor, description: descriptions.Description, ram: RamReader) -> None:
        self.cursor = cursor
        self.ram = ram
        self.sections: list[Section] = []
        self.footers: bool | None = None
        self._devices = description.devices
        self._ram_id: int | None = None

    def run(self) -> None:
        cursor = self.cursor
        while True:
            start = cursor.offset
            kind = cursor.u8("the next element")
            if kind == _EOF:
                break
            if kind == _FULL:
                self._full(start)
            elif kind == _START:
                self._start(start)
            elif kind in (_PART, _END):
                self._part(start)
            elif kind == _COMMAND:
                self._command(start)
            else:
                raise _refused(start, f"no element starts with {kind:#04x}", "stream-element", kind)
        if cursor.left:
            what = f"{cursor.left} bytes between the end mark and the description"
            raise _refused(cursor.offset, what, "stream-trailing", cursor.left, 0)
        if len(self.sections) < len(self._devices):
            missing = self._devices[len(self.sections)]["name"]
            what = f"the stream ends here, the section {missing!r} is described but not there"
            raise _refused(start, what, "stream-missing-section")

    def _full(self, start: int) -> None:
        cursor = self.cursor
        section_id, name, instance, version = self._section_header()
        if len(self.sections) == len(self._devices):
            raise _refused(start, f"the section {name!r} is not described", "stream-undescribed-section")
        device = self._devices[len(self.sections)]
        if (device["name"], device["instance_id"]) != (name, instance):
            what = f"section {name!r}, instance {instance}, where the description has {device['name']!r}, instance "
            raise _refused(start, what + str(device["instance_id"]), "stream-order")
        if "vmsd_name" in device and device.get("version") != version:
            what = f"section {name!r} has version {version}, the description says {device.get('version')}"
            raise _refused(start, what, "stream-order", version)
        body_offset = cursor.offset
        try:
            skip_body(cursor, device)
            body = cursor.data[body_offset : cursor.offset]
            self._footer(section_id, name)
        except (FramingError, TruncatedError) as error:
            error.device, error.instance = name, instance
            raise
        self.sections.append(Section(name, instance, version, section_id, start, body_offset, body, device))

    def _start(self, start: int) -> None:
        section_id, name, instance, version = self._section_header()
        if (name, instance, version) != ("ram", 0, RAM_VERSION) or self._ram_id is not None:
            what = f"the live section {name!r}, instance {instance}, version {version}: one can be read, 'ram', "
            raise _refused(start, f"{what}instance 0, version {RAM_VERSION}", "stream-live-section")
        self._ram_id = section_id
        self.ram.body(self.cursor)
        self._footer(section_id, name)

    def _part(self, start: int) -> None:
        section_id = self.cursor.be32("a section's id")
        if section_id != self._ram_id:
            raise _refused(start, f"no section {section_id} was started", "stream-section-id", section_id)
        self.ram.body(self.cursor)
        self._footer(section_id, "ram")

    def _section_header(self) -> tuple[int, str, int, int]:
        cursor = self.cursor
        section_id = cursor.be32("a section's id")
        name = cursor.counted("a section's name")
        return section_id, name, cursor.be32("an instance"), cursor.be32("a section's version")

    def _footer(self, section_id: int, name: str) -> None:
        """Check the footer, which either every section has or none."""
        cursor, start = self.cursor, self.cursor.offset
        if self.footers is None:
            self.footers = cursor.peek() == _FOOTER
        if not self.footers:
            return
        kind = cursor.u8("a section's footer")
        if kind != _FOOTER:
            raise _refused(start, f"no footer where {name!r} should end", "stream-footer", kind, _FOOTER)
        found = cursor.be32("a section's footer")
        if found != section_id:
            raise _refused(start, f"the footer of {name!r} has another id", "stream-footer", found, section_id)

    def _command(self, start: int) -> None:
        command, length = self.cursor.be16("a command"), self.cursor.be16("a command's length")
        if _PLAIN_COMMANDS.get(command) != length:
            what = f"command {command} with {length} bytes does not belong to a plain migration"
            raise _refused(start, what, "stream-command", command)
        self.cursor.take(length, "a command")


def _refused(offset: int, what: str, code: str, found: int | None = None, allowed: int | None = None) -> FramingError:
    return FramingError(f"at offset {offset}: {what}", offset=offset, found=found, allowed=allowed, code=code)
