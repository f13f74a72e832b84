"""Saving: the body's bytes, as QEMU would write them."""

from __future__ import annotations

import contextlib
from typing import Any

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.items import (
    ask,
    count_of,
    expect_check,
    indices_of,
    is_present,
    name_of_element,
    name_of_item,
)
from vmsgen.interpret.put import Put
from vmsgen.interpret.state import State
from vmsgen.interpret.wire import Writer
from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import Expression
from vmsgen.model.wire import Check, Custom, Field, Group, HookPredicate, Repeat, Run, Tmp, Unused, WireItem

SUBSECTION = 0x05


def encode(description: Description, state: State, hooks: Any = None, version: int | None = None) -> bytes:
    """The body, at the description's own version or at an older one that it still reads.

    Embedded structs, those without a pinned version, and subsections keep their own version whatever the device's is.
    What the older version has no place for is left out: `lost` tells. Raises Refusal; what a hook raises passes
    through.
    """
    return bytes(_encoded(description, state, hooks, version).out)


def written_custom_paths(description: Description, state: State, hooks: Any, version: int) -> list[str]:
    """The paths of the `custom` fields, and elements of them, that a save at `version` writes something of.

    Raises as `encode`.
    """
    return _encoded(description, state, hooks, version).written_custom_paths


def _encoded(description: Description, state: State, hooks: Any, version: int | None) -> Encoder:
    at = description.version if version is None else version
    encoder = Encoder(Hooks(hooks))
    try:
        lowest = description.version if description.opaque else description.minimum_version
        if not lowest <= at <= description.version:
            raise Refusal("version", "", 0, found=at, low=lowest, high=description.version)
        encoder.device(description, Frame(state, state, at))
    except Refusal as refusal:
        refusal.hooks_ran = tuple(encoder.hooks.ran)
        raise
    return encoder


def needed(description: Description, state: State, hooks: Any = None) -> bool:
    """Is the device's section sent at all? It is where nobody supplies the predicate: left out, it would be lost.

    Raises Refusal.
    """
    frame = Frame(state, state, description.version)
    return _decide(description.needed, frame, Hooks(hooks), True, "", 0)


def _decide(
    decision: Expression | HookPredicate | None, frame: Frame, hooks: Hooks, otherwise: bool, name: str, offset: int
) -> bool:
    match decision:
        case None:
            return True
        case HookPredicate(method):
            return hooks.predicate(method, frame, otherwise)
        case expression:
            return ask(expression, frame, name, offset) != 0


class Encoder:
    """`written_custom_paths` are the paths of those whose hook has written something, in the order of the wire."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks
        self.out = bytearray()
        self.written_custom_paths: list[str] = []
        self.put = Put(self.out, self.owner)

    def device(self, description: Description, frame: Frame) -> None:
        hook = description.hook("save_state") if description.opaque else None
        if hook is None:
            self.owner(description, frame)
        else:
            self.hooks.require(hook.method, frame, "", 0, Writer(self.out))

    def owner(self, owner: Description | Subsection | Tmp, frame: Frame) -> None:
        """One description, subsection or `tmp`: pre_save, fields, subsections, post_save."""
        self.hooks.call(owner.hook("pre_save"), frame, len(self.out))
        try:
            self.items(owner.items if isinstance(owner, Tmp) else owner.wire, frame)
            for subsection in owner.subsections:
                self.subsection(subsection, frame)
        except BaseException:
            # It runs all the same, but the earlier error is the one that counts.
            with contextlib.suppress(Exception):
                self.hooks.call(owner.hook("post_save"), frame, len(self.out))
            raise
        self.hooks.call(owner.hook("post_save"), frame, len(self.out))

    def subsection(self, subsection: Subsection, frame: Frame) -> None:
        inner = frame.at_version(subsection.version)
        came = subsection.name in frame.state.present
        path = frame.name_of(subsection.name)
        if not _decide(subsection.needed, inner, self.hooks, came, path, len(self.out)):
            return
        name = subsection.wire_name.encode("ascii")
        self.out += bytes([SUBSECTION, len(name)]) + name + subsection.version.to_bytes(4, "big")
        self.owner(subsection, inner)

    def items(self, items: tuple[WireItem, ...], frame: Frame) -> None:
        for item in items:
            match item:
                case Run(_, inner):
                    self.items(inner, frame)
                case Check():
                    expect_check(item, frame, len(self.out))
                case _:
                    name = name_of_item(item, frame)
                    if is_present(item.presence, frame, self.hooks, name, len(self.out)):
                        self.item(item, frame, name)

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, frame: Frame, name: str) -> None:
        match item:
            case Field():
                self.put.field(item, frame, name)
            case Unused(size, count):
                self.out += bytes(count_of(count, size, frame, name, len(self.out)))
            case Group(_, inner):
                self.items(inner, frame)
            case Repeat():
                for number in range(count_of(item.count, item.capacity, frame, name, len(self.out))):
                    self.items(item.items, frame.within_loop(item.target, number))
            case Custom():
                for indices in indices_of(item, frame, name, len(self.out)):
                    self.custom(item, frame, name_of_element(name, indices), indices)
            case Tmp():
                self.owner(item, frame.at_version(0))

    def custom(self, item: Custom, frame: Frame, name: str, indices: tuple[int, ...]) -> None:
        """The field called `name`, or one element of an array, which `indices` tell from the others."""
        before = len(self.out)
        self.hooks.require(item.put, frame, name, before, Writer(self.out), *indices)
        if len(self.out) > before:
            self.written_custom_paths.append(name)
