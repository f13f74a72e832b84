"""Checkpoints of a machine: its devices natively, its live state part by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vmstate._types import Sections, State
from vmstate.machine import legacy
from vmstate.machine.differences import named
from vmstate.machine.memory import GuestMemory
from vmstate.machine.registry import Entry, Legacy
from vmstate.rewind.checkpoint import Checkpoint, CheckpointError
from vmstate.rewind.memory import MemoryPart
from vmstate.rewind.part import Rewindable

if TYPE_CHECKING:
    from vmstate.machine.machine import Machine


@dataclass(frozen=True)
class _Plan:
    """How a machine is kept, as long as it consists of these."""

    entries: tuple[Entry, ...]
    sections: Sections
    functions: tuple[tuple[Legacy, int], ...]
    hooked: tuple[Any, ...]
    """Devices whose class has hooks in Python."""
    parts: tuple[Rewindable, ...]


class Rewinder:
    """Makes checkpoints of one machine, and goes back to them, while it stands still for that."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._plan: _Plan | None = None
        self._memory: dict[GuestMemory, MemoryPart] = {}

    def checkpoint(self, hooks: bool) -> Checkpoint:
        return self._machine.while_halted("make a checkpoint", lambda: self._keep(hooks), CheckpointError)

    def rewind(self, checkpoint: Checkpoint) -> None:
        """If it raises within, the machine is incomplete until another rewind or load succeeds."""
        self._machine.while_halted("rewind", lambda: self._put_back(checkpoint), CheckpointError)

    def _keep(self, hooks: bool) -> Checkpoint:
        plan = self._planned()
        bodies = [legacy.saved(function) for function, _ in plan.functions]
        if hooks:
            bodies += [bytes(device.save()) for device in plan.hooked]
        parts = tuple([part.checkpoint() for part in plan.parts])
        return Checkpoint(plan.entries, plan.sections.keep(), tuple(bodies), parts, hooks)

    def _put_back(self, checkpoint: Checkpoint) -> None:
        plan, machine = self._planned(), self._machine
        if checkpoint.entries is not plan.entries:
            raise CheckpointError(
                f"{machine.name} cannot rewind: it consists of other devices than at the checkpoint, "
                f"{len(plan.entries)} sections here, {len(checkpoint.entries)} there"
            )
        acts = [
            part.prepare(kept) if isinstance(part, MemoryPart) else partial(part.rewind, kept)
            for part, kept in zip(plan.parts, checkpoint.parts, strict=True)
        ]
        machine.incomplete = True
        for act in acts:
            act()
        plan.sections.put_back(checkpoint.devices)
        if checkpoint.bodies:
            bodies = iter(checkpoint.bodies)
            for function, version in plan.functions:
                legacy.put_back(function, next(bodies), version)
            for device, body in zip(plan.hooked if checkpoint.hooks else (), bodies, strict=True):
                device.restore(body, version=device.versions[1])
        machine.incomplete = False

    def disturb(self) -> None:
        for part in self._plan.parts if self._plan is not None else ():
            part.disturb()

    def _planned(self) -> _Plan:
        entries = self._machine.registry.entries
        if self._plan is None or len(entries) != len(self._plan.entries) or tuple(entries) != self._plan.entries:
            self._plan = self._make(tuple(entries))
        return self._plan

    def _make(self, entries: tuple[Entry, ...]) -> _Plan:
        parts = [self._part(entry) for entry in entries if entry.is_live]
        parts.sort(key=lambda part: not isinstance(part, MemoryPart))
        states = [entry.subject for entry in entries if isinstance(entry.subject, State)]
        functions = [(entry.subject, entry.version) for entry in entries if isinstance(entry.subject, Legacy)]
        hooked = [state for state in states if state.__bound__().has_hooks]
        return _Plan(
            entries, Sections([(b"", state, b"") for state in states]), tuple(functions), tuple(hooked), tuple(parts)
        )

    def _part(self, entry: Entry) -> Rewindable:
        subject = entry.subject
        if isinstance(subject, GuestMemory):
            return self._memory.setdefault(subject, MemoryPart(subject))
        if isinstance(subject, Rewindable):
            return subject
        raise CheckpointError(
            f"{self._machine.name} has no checkpoints: the live state {named(entry.idstr, entry.instance_id)} has no "
            "checkpoint(), rewind() and disturb()",
            device=entry.idstr, instance=entry.instance_id, code="no-rewind",
        )  # fmt: skip
