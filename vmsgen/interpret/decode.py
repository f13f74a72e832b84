"""Loading: bytes into a state in place, or a refusal that leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame, look_up, store
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.items import (
    count_of,
    expect_check,
    fixed_size,
    indices_of,
    is_present,
    name_of_element,
    name_of_item,
)
from vmsgen.interpret.state import State, copy_value, put_back, reset_again
from vmsgen.interpret.take import Take
from vmsgen.interpret.wire import Input, Reader
from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import Constant, IndexStep, LoopStep, Path, Step
from vmsgen.model.wire import Check, Custom, Field, Group, Repeat, Run, Tmp, Unused, WireItem

SUBSECTION = 0x05


def decode(
    description: Description, state: State, data: bytes, version: int, hooks: Any = None, receiver: bool = True
) -> None:
    """Loads a body of `version` into `state`.

    Raises Refusal, or whatever a hook raised; then the state is exactly as before. Without a `receiver` nothing is
    compared with what the state held; which elements are missing is the state's own business all the same.
    """
    before = copy_value(state)
    decoder = Decoder(Input(data), Hooks(hooks))
    try:
        decoder.device(description, Frame(state, before if receiver else None, version))
        if decoder.source.left:
            raise Refusal("trailing", "", decoder.source.at, found=decoder.source.left)
    except BaseException as error:
        put_back(state, before)
        if isinstance(error, Refusal):
            error.hooks_ran = tuple(decoder.hooks.ran)
        raise


def _expect_version(lowest: int, version: int, highest: int, name: str, offset: int) -> None:
    if not lowest <= version <= highest:
        raise Refusal("version", name, offset, found=version, low=lowest, high=highest)


class Decoder:
    def __init__(self, source: Input, hooks: Hooks) -> None:
        self.source = source
        self.hooks = hooks
        self.take = Take(source, self.description)

    def device(self, description: Description, frame: Frame) -> None:
        """The whole body, by fields or by the hook that reads it all."""
        lowest = description.minimum_version if description.old_version is None else description.old_version
        if description.opaque:
            lowest = 0
        _expect_version(lowest, frame.version, description.version, "", 0)
        kind = None
        if description.opaque:
            kind = "load_state"
        elif frame.version < description.minimum_version:
            kind = "load_state_old"
        hook = description.hook(kind) if kind else None
        if hook is None:
            self.description(description, frame)
            return
        self.reset(description, frame)
        self.hooks.require(hook.method, frame, "", 0, Reader(self.source, ""), frame.version)

    def description(self, description: Description, frame: Frame) -> None:
        # Of an embedded struct only a pinned version can be wrong; the device's own is known to be right.
        lowest, highest = description.minimum_version, description.version
        _expect_version(lowest, frame.version, highest, frame.prefix, self.source.at)
        self.reset(description, frame)
        self.owner(description, frame)

    def reset(self, description: Description, frame: Frame) -> None:
        frame.state.present.clear()
        for reset in description.resets:
            for place in _everywhere(reset.target.steps, frame.state, frame):
                current = look_up(place, frame.state, frame)
                store(place, frame, reset_again(reset.storage, reset.value, current))

    def owner(self, owner: Description | Subsection | Tmp, frame: Frame) -> None:
        """One description, subsection or `tmp`: pre_load, fields, subsections, post_load."""
        self.hooks.call(owner.hook("pre_load"), frame, self.source.at)
        self.items(owner.items if isinstance(owner, Tmp) else owner.wire, frame)
        while (name := self.peek_subsection(owner)) is not None:
            self.subsection(owner, name, frame)
        self.hooks.call(owner.hook("post_load"), frame, self.source.at)

    def peek_subsection(self, owner: Description | Subsection | Tmp) -> bytes | None:
        """The name of the subsection that comes next, if it can be one of this owner's; nothing is consumed."""
        data, at = self.source.data, self.source.at
        head = data[at : at + 2]
        if len(head) < 2 or head[0] != SUBSECTION:
            return None
        own, length = owner.wire_name.encode("ascii"), head[1]
        name = data[at + 2 : at + 2 + length]
        return name if len(own) < length == len(name) and name.startswith(own) else None

    def subsection(self, owner: Description | Subsection | Tmp, name: bytes, frame: Frame) -> None:
        subsection = next((s for s in owner.subsections if s.wire_name.encode("ascii") == name), None)
        if subsection is None or subsection.name in frame.state.present:
            code = "unknown-subsection" if subsection is None else "repeated-subsection"
            raise Refusal(code, frame.prefix, self.source.at, text=name.decode("ascii", "backslashreplace"))
        self.source.at += 2 + len(name)
        path = frame.name_of(subsection.name)
        offset = self.source.at
        version = self.source.number(4, path)
        _expect_version(subsection.minimum_version, version, subsection.version, path, offset)
        frame.state.present.add(subsection.name)
        self.owner(subsection, frame.at_version(version))

    def items(self, items: tuple[WireItem, ...], frame: Frame) -> None:
        for item in items:
            match item:
                case Run(size, inner):
                    self.expect_whole(size, inner, frame)
                    # Storing at once is storing at the end: no hook sees what is between, and a refusal undoes it all.
                    self.items(inner, frame)
                case Check():
                    expect_check(item, frame, self.source.at)
                case _:
                    name = name_of_item(item, frame)
                    if is_present(item.presence, frame, self.hooks, name, self.source.at):
                        self.item(item, frame, name)

    def expect_whole(self, size: int, items: tuple[WireItem, ...], frame: Frame) -> None:
        """A run is there in full before anything of it is looked at; else names the first field that is not."""
        left = self.source.left
        if left >= size:
            return
        offset = self.source.at
        for name, length in _pieces(items, frame):
            if length > left:
                raise Refusal("truncated", name, offset, found=left, low=length, high=length)
            offset, left = offset + length, left - length
        raise AssertionError("a run is larger than the fields in it")

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, frame: Frame, name: str) -> None:
        match item:
            case Field():
                self.take.field(item, frame, name)
            case Unused(size, count):
                self.source.take(count_of(count, size, frame, name, self.source.at), name)
            case Group(_, inner):
                self.items(inner, frame)
            case Repeat():
                for number in range(count_of(item.count, item.capacity, frame, name, self.source.at)):
                    self.items(item.items, frame.within_loop(item.target, number))
            case Custom():
                for indices in indices_of(item, frame, name, self.source.at):
                    self.custom(item, frame, name_of_element(name, indices), indices)
            case Tmp():
                self.owner(item, frame.at_version(0))

    def custom(self, item: Custom, frame: Frame, name: str, indices: tuple[int, ...]) -> None:
        """The field called `name`, or one element of an array, which `indices` tell from the others."""
        self.hooks.require(item.get, frame, name, self.source.at, Reader(self.source, name), *indices)


def _everywhere(steps: tuple[Step, ...], root: State, frame: Frame) -> Iterator[Path]:
    """A path outside of any loop, once for each combination of elements that its `LoopStep`s stand for."""
    loop = next((i for i, step in enumerate(steps) if isinstance(step, LoopStep)), None)
    if loop is None:
        yield Path(steps)
        return
    length = len(look_up(Path(steps[:loop]), root, frame))
    for number in range(length):
        yield from _everywhere((*steps[:loop], IndexStep(Constant(number), length), *steps[loop + 1 :]), root, frame)


def _pieces(items: tuple[WireItem, ...], frame: Frame) -> Iterator[tuple[str, int]]:
    """The fields of a run with their sizes, in order."""
    for item in items:
        name = name_of_item(item, frame)
        match item:
            case Field():
                yield name, fixed_size(item.type) or 0
            case Unused(size, _, _, _):
                yield name, size
            case Repeat():
                for number in range(item.capacity):
                    yield from _pieces(item.items, frame.within_loop(item.target, number))
            case Group(_, inner, _) | Run(_, inner):
                yield from _pieces(inner, frame)
            case Check() | Custom() | Tmp():
                pass
