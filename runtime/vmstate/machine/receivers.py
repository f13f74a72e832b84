"""The two things that can be done with a stream: looking whether it can be loaded, and loading it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from vmstate._types import Sections, State
from vmstate.errors import FunctionError, VersionError, VMStateError
from vmstate.machine import legacy
from vmstate.machine.configuration import MAPPED_RAM, compare
from vmstate.machine.differences import Difference, DifferentMachineError, different, named
from vmstate.machine.live import LiveHandler
from vmstate.machine.registry import Entry, Legacy
from vmstate.machine.source import Source
from vmstate.machine.undo import Undo, tell_refusals, trial
from vmstate.machine.walk import Header
from vmstate.machine.wire import Element
from vmstate.stream.description import Description
from vmstate.stream.model import Configuration

if TYPE_CHECKING:
    from vmstate.machine.machine import Machine


class Receiving:
    """What both do: finding the entries, and gathering how the machines differ."""

    check = False
    checked = False

    def __init__(self, machine: Machine, keep_missing: bool) -> None:
        self._machine = machine
        self._keep_missing = keep_missing
        self._differences: list[Difference] = []
        self._came: set[Entry] = set()

    def configuration(self, found: Configuration | None, offset: int) -> None:
        own = self._machine
        if found is not None:
            self._differences += compare(own.configuration, found, own.minimum_page_bits)
            if own.has_ram and MAPPED_RAM in (found.capabilities or ()):
                own.ram.mapped = True

    def find(self, header: Header) -> Entry:
        entry = self._machine.registry.find(header.idstr, header.instance_id)
        if entry is None:
            raise self._unknown(header)
        if not entry.minimum_version <= header.version <= entry.version:
            allowed = (entry.minimum_version, entry.version)
            raise VersionError(
                f"{named(header.idstr, header.instance_id)} at offset {header.offset}: found version {header.version}, "
                f"allowed {allowed[0]}..{allowed[1]}",
                device=header.idstr, instance=header.instance_id, offset=header.offset, found=header.version,
                allowed=allowed,
            )  # fmt: skip
        self._came.add(entry)
        return entry

    def _unknown(self, header: Header) -> VMStateError:
        extra = Difference("extra", named(header.idstr, header.instance_id), None, header.instance_id)
        return different(self._machine.name, [*self._differences, extra], header.offset, full=False)

    def device(self, entry: Entry, header: Header, source: Source) -> None:
        raise NotImplementedError

    def live(self, entry: Entry, kind: Element, version: int, source: Source) -> None:
        if kind != Element.START:
            self._stop_if_different(source.offset)
        handler = cast(LiveHandler, entry.subject)
        found = handler.load(source.file, kind, version, self.check)
        if found:
            # It may have stopped anywhere: nothing behind it can be read.
            self._differences += found
            raise self._all(source.offset)

    def _all(self, offset: int) -> DifferentMachineError:
        return different(self._machine.name, self._differences, offset, full=False)

    def missing(self, names: set[tuple[str, int]] | None = None) -> list[Difference]:
        """What the machine has and the stream has not: by what came, or by the names of all that will come."""
        if self._keep_missing:
            return []
        missing = []
        for entry in self._machine.registry:
            came = entry in self._came or (names is not None and entry.is_live)
            came = came or any(entry.answers(*name) for name in names or ())
            if not came and self._machine.requires(entry):
                missing.append(Difference("missing", named(entry.idstr, entry.instance_id), entry.instance_id))
        return missing

    def _stop_if_different(self, offset: int) -> None:
        if self._differences:
            raise self._all(offset)

    def end(self, offset: int) -> None:
        self._differences += self.missing()
        if self._differences:
            raise different(self._machine.name, self._differences, offset)


class LookEnds(Exception):
    """A first look has come to live state that cannot be looked at: nothing behind it can be read."""


class Check(Receiving):
    """Changes nothing: devices are loaded into copies, live state only looks."""

    check = True

    def __init__(self, machine: Machine, keep_missing: bool, describe: Callable[[], Description | None]) -> None:
        """`describe` gives the stream's description, if that can be had before all was read."""
        super().__init__(machine, keep_missing)
        self._describe = describe

    def live(self, entry: Entry, kind: Element, version: int, source: Source) -> None:
        if cast(LiveHandler, entry.subject).can_check:
            super().live(entry, kind, version, source)
            return
        known = self._all(source.offset)
        raise known if known.differences else LookEnds

    def device(self, entry: Entry, header: Header, source: Source) -> None:
        if isinstance(entry.subject, Legacy):
            self._functions(entry, entry.subject, header, source)
        else:
            with telling(header):
                source.load(Sections([(b"", trial(cast(State, entry.subject)), b"")]), 0, header.version)

    def _functions(self, entry: Entry, subject: Legacy, header: Header, source: Source) -> None:
        """Functions have no copy to load into: they load, and then load again what they had saved before.

        Those that do not are what the stream, or part of it, made of them, and the machine is incomplete.
        """
        undo, machine = Undo(), self._machine
        undo.remember(entry)
        was_incomplete, machine.incomplete = machine.incomplete, True
        try:
            with telling(header):
                legacy.load(subject, source.file, header.version)
        except BaseException as error:
            refusals = undo.put_back()
            machine.incomplete = was_incomplete or bool(refusals)
            tell_refusals(error, machine.name, refusals)
            raise
        refusals = undo.put_back()
        machine.incomplete = was_incomplete or bool(refusals)
        if refusals:
            with telling(header):
                what = f"{refusals[0]}; the machine is incomplete until a load succeeds"
                raise FunctionError(what, offset=source.offset)

    def _unknown(self, header: Header) -> VMStateError:
        """Nothing behind it can be read. Its description says what else is there."""
        return self._all(header.offset, (header.idstr, header.instance_id))

    def _all(self, offset: int, *also: tuple[str, int]) -> DifferentMachineError:
        description = self._describe() if self._machine.switches.description else None
        listed = description.devices if description else ()
        names = {*also, *((device["name"], device["instance_id"]) for device in listed)}
        find = self._machine.registry.find
        extra = [Difference("extra", named(*name), None, name[1]) for name in sorted(names) if find(*name) is None]
        missing = self.missing(names) if description else []
        found = [*self._differences, *extra, *missing]
        return different(self._machine.name, found, offset, full=description is not None)

    def _stop_if_different(self, offset: int) -> None:
        """Only at the end: all of them are to be told."""


class Apply(Receiving):
    """Loads, and can put the devices back."""

    def __init__(self, machine: Machine, keep_missing: bool, checked: bool) -> None:
        """`checked`: the stream was looked at before."""
        super().__init__(machine, keep_missing)
        self.checked = checked
        self.undo = Undo()

    def device(self, entry: Entry, header: Header, source: Source) -> None:
        self._stop_if_different(header.offset)
        self.undo.remember(entry)
        with telling(header):
            if isinstance(entry.subject, Legacy):
                legacy.load(entry.subject, source.file, header.version)
            else:
                source.load(self._machine.section(entry), 0, header.version)


class telling:
    """Errors within say which section they are of."""

    def __init__(self, header: Header) -> None:
        self._header = header

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        header = self._header
        if isinstance(error, VMStateError):
            error.device = error.device or header.idstr
            error.instance = header.instance_id
        error.add_note(f"in {named(header.idstr, header.instance_id)}, which begins at offset {header.offset}")
