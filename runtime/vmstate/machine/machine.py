"""Machine: devices and live state under one name, saved and loaded together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmstate._types import Sections, State
from vmstate.file import File
from vmstate.machine import inputs, loader, seed
from vmstate.machine.configuration import MAPPED_RAM
from vmstate.machine.live import LiveHandler
from vmstate.machine.migrating import Migrating
from vmstate.machine.registry import Entry, Legacy, Registry, place, priority_of
from vmstate.machine.rewinding import Rewinding
from vmstate.machine.running import Hook, Running
from vmstate.machine.saver import Run, Saver, make_runs, make_sections
from vmstate.machine.snapshots import Folder, replacing
from vmstate.machine.storage import Storing
from vmstate.machine.switches import Switches
from vmstate.machine.tags import Tagged
from vmstate.machine.wire import ANY_INSTANCE
from vmstate.stream.model import Configuration

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.machine.memory import GuestMemory
    from vmstate.ram import RamBlock


class Machine(seed.Registering, Running, Storing, Migrating, Rewinding, Tagged):
    """A machine by the name that its streams carry.

    `switches`: what its streams have beside sections. `page_bits`, `minimum_page_bits`: of the target's pages, and of
    the smallest that its processor has; `uuid`: 16 bytes; `capabilities`: names that streams carry, which the other
    machine must have, too. `snapshots`: the folder of `savevm` and `loadvm`. `stop` and `start` are called to halt the
    machine for a save or a load, and to let it go on.
    """

    def __init__(
        self,
        name: str,
        *,
        switches: Switches | None = None,
        page_bits: int = 12,
        minimum_page_bits: int = 12,
        capabilities: Sequence[str] = (),
        uuid: bytes | None = None,
        snapshots: str | os.PathLike[str] | None = None,
        stop: Hook | None = None,
        start: Hook | None = None,
    ) -> None:
        if not name or len(name.encode()) > 1024:
            raise ValueError(f"a machine's name has 1 to 1024 bytes, not {len(name.encode())}")
        if not 9 <= minimum_page_bits <= page_bits <= 20:
            raise ValueError(
                f"pages have 9 to 20 bits, the smallest no more than all: {minimum_page_bits}, {page_bits}"
            )
        if MAPPED_RAM in capabilities:
            raise ValueError(f"{MAPPED_RAM} is no capability of a machine: streams have it that were saved like that")
        if uuid is not None and len(uuid) != 16:
            raise ValueError(f"a uuid has 16 bytes, not {len(uuid)}")
        self.name = name
        self.switches = switches or Switches()
        self.page_bits, self.minimum_page_bits = page_bits, minimum_page_bits
        self.configuration = Configuration(
            name, page_bits if page_bits > minimum_page_bits else None, tuple(capabilities) or None, uuid
        )
        self.registry = Registry()
        Running.__init__(self, start, stop)
        self._folder = Folder(Path(snapshots)) if snapshots is not None else None
        self._runs: dict[bool, tuple[Run, ...]] = {}
        self._alone: dict[Entry, Sections] = {}
        self._ram: GuestMemory | None = None

    # Registry -----------------------------------------------------------------------------------------------------

    def register(
        self,
        device: State,
        *,
        name: str | None = None,
        path: str | None = None,
        instance_id: int = ANY_INSTANCE,
        alias_id: int | None = None,
        priority: int | str | None = None,
        section_id: int | None = None,
    ) -> Entry:
        """Adds a device. On the wire it is `path/name`, or `name`, by default its schema's, and an instance.

        Without `instance_id` it is the next of its name. Raises ValueError if name and instance are taken, VMStateError
        while the machine is saved, loaded, migrated, checkpointed or rewound.
        """
        self.refuse_changes("register a device")
        subject: object = device
        if not isinstance(subject, State) or not device.__bound__().layout.has_format:
            raise TypeError(f"{subject!r} is no device of a generated class; register_savevm takes functions")
        layout = device.__bound__().layout
        idstr, instance, compat = place(self.registry, name or layout.wire_name, path, instance_id)
        minimum, version = layout.versions
        early = bool(getattr(device, "early_setup", False))
        entry = Entry(
            idstr, instance, version, minimum, device, priority_of(priority, device),
            self.registry.number(section_id), alias_id, compat, early,
        )  # fmt: skip
        return self._add(entry)

    def register_live(
        self,
        name: str,
        handler: LiveHandler,
        *,
        version: int,
        minimum_version: int | None = None,
        instance_id: int = 0,
        priority: int | str = "default",
        section_id: int | None = None,
    ) -> Entry:
        """Adds live state: what is sent in rounds while the machine runs. Raises as `register` does."""
        self.refuse_changes("register live state")
        if not isinstance(handler, LiveHandler):
            raise TypeError(f"{handler!r} is no LiveHandler")
        number, rank = self.registry.number(section_id), priority_of(priority, handler)
        minimum = version if minimum_version is None else minimum_version
        return self._add(Entry(name, instance_id, version, minimum, handler, rank, number))

    @property
    def ram(self) -> GuestMemory:
        """The machine's RAM. Asking for it adds its section; without a block that says that there is none."""
        if self._ram is None:
            from vmstate.machine.memory import VERSION, GuestMemory

            shared = "x-ignore-shared" in (self.configuration.capabilities or ())
            memory = GuestMemory(1 << self.page_bits, addresses=shared)
            self.register_live("ram", memory, version=VERSION)
            self._ram = memory
        return self._ram

    @property
    def has_ram(self) -> bool:
        """Is there a block of RAM?"""
        return self._ram is not None and bool(self._ram.blocks)

    def add_ram(self, name: str, memory: Buffer, **options: Any) -> RamBlock:
        """Adds a block of guest RAM over any writable buffer, which is not copied. `options` are those of RamBlock.

        `ignored`: the other machine sees the same memory, so that its pages are not sent; only with the capability
        "x-ignore-shared". Raises ValueError for what cannot be, VMStateError while the machine is saved, loaded or
        migrated.
        """
        self.refuse_changes("add RAM")
        return self.ram.add(name, memory, **options)

    def unregister(self, device: object) -> Entry:
        """Takes out what was registered: a device, live state, or an entry. Raises LookupError if it is not there,
        VMStateError while the machine is saved, loaded, migrated, checkpointed or rewound.
        """
        self.refuse_changes("unregister a device")
        self._forget()
        return self.registry.remove(device)

    def _add(self, entry: Entry) -> Entry:
        self._forget()
        return self.registry.add(entry)

    def _forget(self) -> None:
        self._runs.clear()
        self._alone.clear()

    def runs(self, early: bool) -> tuple[Run, ...]:
        """Its devices as they are written, made once: neighbours that are all native are one table."""
        if early not in self._runs:
            entries = [entry for entry in self.registry if not entry.is_live and entry.early == early]
            self._runs[early] = tuple(make_runs(entries, self.switches.footers))
        return self._runs[early]

    def section(self, entry: Entry) -> Sections:
        """The native table of one device, made once."""
        if entry not in self._alone:
            self._alone[entry] = make_sections([entry], self.switches.footers)
        return self._alone[entry]

    def requires(self, entry: Entry) -> bool:
        """Must every stream of this machine have it?"""
        if isinstance(entry.subject, State):
            optional = self.section(entry).optional[0]
            return not optional and (entry.idstr != "globalstate" or self.switches.global_state)
        return isinstance(entry.subject, Legacy) or entry.subject.active()

    # Whole streams ----------------------------------------------------------------------------------------------------

    def save_to(self, file: File, *, mapped_ram: bool = False) -> None:
        """Writes the machine's stream. `mapped_ram` is as in `save`."""
        self.refuse_unfit("save")
        self.while_halted("save", lambda: Saver(self, file, mapped_ram=mapped_ram).run())

    def dumps(self) -> bytes:
        """The machine's stream as bytes."""
        with File.to_bytes() as file:
            self.save_to(file)
            return file.getvalue()

    def load_from(self, file: File, *, missing: str = "refuse", shadow: bool = False) -> None:
        """Loads a stream from a channel, which gives its bytes once.

        `missing="keep"`: devices and blocks of RAM that the stream does not have stay as they are. `shadow`: a refused
        load puts live state back, for the price of a copy of it; without, the machine is incomplete if any had been
        overwritten.
        """
        self.load_input(inputs.Pipe(file), missing, shadow)

    def loads(self, data: Buffer, *, missing: str = "refuse", shadow: bool = False) -> None:
        """Loads a stream that is in memory. Nothing is changed before all of it was looked at."""
        self.load_input(inputs.Bytes(data), missing, shadow)

    def load_input(self, source: loader.Input, missing: str, shadow: bool) -> None:
        if missing not in ("refuse", "keep"):
            raise ValueError(f"missing is 'refuse' or 'keep', not {missing!r}")
        keep_missing = missing == "keep"

        def load() -> None:
            self.disturb_checkpoints()
            if self._ram is not None:
                self._ram.keep_missing = keep_missing
            loader.load(self, source, keep_missing=keep_missing, shadow=shadow)

        self.refuse_unfit("load")
        self.while_halted("load", load)

    # Snapshots --------------------------------------------------------------------------------------------------------

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        compression: str | None = None,
        level: int | None = None,
        mapped_ram: bool = False,
    ) -> None:
        """Saves to a file, which is there whole or not at all: what was there before survives any crash.

        `compression="zstd"`, of that `level`. `mapped_ram`: every page of RAM has a place of its own in the file, at a
        multiple of its size, and zero pages take no room on the disk. `load` sees by itself how a file is.
        """
        with replacing(Path(path), compression, level) as file:
            self.save_to(file, mapped_ram=mapped_ram)

    def load(self, path: str | os.PathLike[str], *, missing: str = "refuse", shadow: bool = False) -> None:
        """Loads what `save` wrote, or any other stream in a file. Nothing is changed before all of it was looked at."""
        self.load_input(inputs.Snapshot(Path(path)), missing, shadow)

    def __repr__(self) -> str:
        state = "incomplete" if self.incomplete else "running" if self.running else "halted"
        return f"<vmstate.Machine {self.name!r}, {len(self.registry.entries)} sections, {state}>"
