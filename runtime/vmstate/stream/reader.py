"""A stream read forwards, element by element, with the description at its end as the map."""

from __future__ import annotations

from vmstate.errors import FramingError, TruncatedError
from vmstate.stream import description as descriptions
from vmstate.stream.configuration import read_configuration
from vmstate.stream.cursor import Cursor
from vmstate.stream.layout import skip_body
from vmstate.stream.model import Configuration, Section, Stream
from vmstate.stream.ram import RAM_VERSION, PageSink, RamReader

__all__ = ["read_stream"]

MAGIC = b"QEVM"
VERSION = 3
_EOF, _START, _PART, _END, _FULL, _CONFIGURATION, _COMMAND, _FOOTER = 0, 1, 2, 3, 4, 7, 8, 0x7E
# Commands of a plain precopy with a return path; all others announce what this reader does not know.
_PLAIN_COMMANDS = {1: 0, 2: 4}


def read_stream(data: bytes | bytearray | memoryview, *, pages: PageSink | None = None) -> Stream:
    """Read one whole stream as QEMU's plain precopy or `savevm` writes it.

    Every device section is located to the byte and its footer checked; nothing is copied: the sections' bodies are
    views of `data`. `pages`, where given, is called with every RAM page record, in stream order.

    Raises `TruncatedError` or `FramingError`, with the offset, for anything else: other magic or version, elements of
    other kinds of migration, a stream without description, bytes that the description does not account for.
    """
    view = memoryview(data).cast("B") if not isinstance(data, memoryview) else data
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
    addresses = configuration is not None and "x-ignore-shared" in (configuration.capabilities or ())
    walk = _Walk(cursor, description, RamReader(description.page_size, addresses, pages))
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
    magic = bytes(cursor.take(4, "the file header"))
    if magic != MAGIC:
        raise FramingError(
            f"not a migration stream: it begins with {magic!r}, not {MAGIC!r}",
            offset=0,
            found=magic,
            allowed=MAGIC,
            code="stream-magic",
        )
    version = cursor.be32("the file header")
    if version != VERSION:
        raise FramingError(
            f"stream version {version}, only {VERSION} can be read",
            offset=4,
            found=version,
            allowed=VERSION,
            code="stream-version",
        )


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
                raise self._error(start, f"no element starts with {kind:#04x}", kind, "stream-element")
        if cursor.left:
            raise self._error(
                cursor.offset,
                f"{cursor.left} bytes between the end mark and the description",
                cursor.left,
                "stream-trailing",
            )
        if len(self.sections) < len(self._devices):
            missing = self._devices[len(self.sections)]["name"]
            raise self._error(
                start,
                f"the stream ends, the section {missing!r} is described but not there",
                missing,
                "stream-missing-section",
            )

    def _full(self, start: int) -> None:
        cursor = self.cursor
        section_id, name, instance, version = self._section_header()
        if len(self.sections) == len(self._devices):
            raise self._error(start, f"the section {name!r} is not described", name, "stream-undescribed-section")
        device = self._devices[len(self.sections)]
        if (device["name"], device["instance_id"]) != (name, instance):
            raise self._error(
                start,
                f"section {name!r}, instance {instance}, stands where the description has "
                f"{device['name']!r}, instance {device['instance_id']}",
                name,
                "stream-order",
            )
        if "vmsd_name" in device and device.get("version") != version:
            raise self._error(
                start,
                f"section {name!r} has version {version}, described is {device.get('version')}",
                version,
                "stream-order",
            )
        body_offset = cursor.offset
        try:
            skip_body(cursor, device)
        except (FramingError, TruncatedError) as error:
            error.device, error.instance = name, instance
            raise
        body = cursor.data[body_offset : cursor.offset]
        self._footer(section_id, name)
        self.sections.append(Section(name, instance, version, section_id, start, body_offset, body, device))

    def _start(self, start: int) -> None:
        section_id, name, instance, version = self._section_header()
        if (name, instance, version) != ("ram", 0, RAM_VERSION) or self._ram_id is not None:
            raise self._error(
                start,
                f"the live section {name!r}, instance {instance}, version {version}: one 'ram', "
                f"instance 0, version {RAM_VERSION}, can be read",
                name,
                "stream-live-section",
            )
        self._ram_id = section_id
        self.ram.body(self.cursor)
        self._footer(section_id, name)

    def _part(self, start: int) -> None:
        section_id = self.cursor.be32("a section's id")
        if section_id != self._ram_id:
            raise self._error(start, f"no section {section_id} was started", section_id, "stream-section-id")
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
            raise self._error(start, f"no footer where the section {name!r} should end", kind, "stream-footer")
        found = cursor.be32("a section's footer")
        if found != section_id:
            raise self._error(
                start, f"the footer of {name!r} has the id {found}, not {section_id}", found, "stream-footer"
            )

    def _command(self, start: int) -> None:
        command, length = self.cursor.be16("a command"), self.cursor.be16("a command's length")
        if _PLAIN_COMMANDS.get(command) != length:
            raise self._error(
                start,
                f"command {command} with {length} bytes does not belong to a plain migration",
                command,
                "stream-command",
            )
        self.cursor.take(length, "a command")

    def _error(self, offset: int, what: str, found: object, code: str) -> FramingError:
        return FramingError(f"at offset {offset}: {what}", offset=offset, found=found, code=code)
