"""States that the sender can save: at reset, with numbers that tell fields apart, steered, and drawn."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod

from vmsgen.compat.expressions import absolute
from vmsgen.compat.places import NOT_THERE, part
from vmsgen.compat.slots import Bits
from vmsgen.compat.steer import Tries, Want, steer
from vmsgen.compat.trace import Answers
from vmsgen.interpret import Refusal, State, encode, needed, reset_state
from vmsgen.interpret.items import words_of
from vmsgen.interpret.state import Value, copy_value, reset_value
from vmsgen.model.description import Description
from vmsgen.model.expressions import Expression, Path
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type, is_allocated
from vmsgen.model.wire import Custom, Group, HookPredicate, Repeat, Run, Tmp, WireItem

BYTE, WORD = Scalar("u8"), Scalar("u64")

MENDS = 100
"""So many numbers are changed at most to make a state one that can be saved."""

LARGE = 4096
"""From so many numbers in memory on, fewer states are tried: the oracle takes its time."""


HUGE = 1 << 14
"""What the oracle makes and looks at one by one, at most: beyond that no stream is tried, it would take minutes."""

IN_A_ROW = 512
"""So many numbers of an array count as one, as they are packed and unpacked together; of a buffer 16 times as many."""


@dataclass
class Candidate:
    """A state that a save accepts, what the device model says to questions meanwhile, and what its hooks write."""

    state: State
    answers: dict[str, bool] = field(default_factory=dict)
    written: bytes = b""

    @property
    def model(self) -> Answers:
        return Answers(self.answers, self.written)


class States:
    """Makes candidates for one device at one version. The same description gives the same ones."""

    def __init__(
        self,
        device: Description,
        version: int,
        predicates: tuple[str, ...],
        wanted: int,
        checks: tuple[Expression, ...] = (),
        tries: Tries | None = None,
    ) -> None:
        """`checks` are what a save asks of every state, `wanted` is how many are to be drawn.

        `tries` are what may be done for states that are asked for, and no matter of what every state must be.
        """
        self.device = device
        self.version = version
        self.predicates = predicates
        self.wanted = wanted
        self.tries = tries or Tries()
        # A device that is not needed has no section.
        self.always: tuple[Want, ...] = ()
        if isinstance(device.needed, HookPredicate):
            self.always = (Want(device.needed),)
        elif device.needed is not None:
            self.always = (Want(absolute(device.needed, Path(()), device.version)),)
        self.always += tuple(Want(check) for check in checks)
        self.random = random.Random(f"{device.wire_name} {version}")

    def accepts(self, state: State, answers: Mapping[str, bool]) -> Refusal | None:
        """None where a save of the state gives a section; else why it does not."""
        supplied = Answers(answers)
        try:
            if not needed(self.device, state, supplied):
                return Refusal("hook", "", 0, text="needed")
            encode(self.device, state, supplied, self.version)
        except Refusal as refusal:
            return refusal
        return None

    def bases(self) -> list[Candidate]:
        """At reset, and with numbers as different as the ranges allow; all questions answered no, then yes."""
        made = []
        for answer in (False, True) if self.predicates else (False,):
            answers = dict.fromkeys(self.predicates, answer)
            made.append(self.mended(reset_state(self.device), answers))
            for turn in (0, 100) if self.wanted else (0,):
                numbers = _Counter(turn)
                distinct = _state(self.device, _numbered(numbers))
                made.append(self.mended(distinct, answers))
        return [candidate for candidate in made if candidate is not None]

    def steered(self, wants: tuple[Want, ...], bases: list[Candidate]) -> list[Candidate]:
        """From each base one on which all is as wanted, where that is found and can be saved."""
        made = []
        wants = (*self.always, *wants)
        for base in bases if self.tries.left else ():
            state, answers = copy_value(base.state), dict(base.answers)
            steer(state, answers, wants, self.tries)
            for _ in range(4):
                mended = self.mended(state, answers)
                if mended is None:
                    break
                state, before = mended.state, copy_value(mended.state)
                steer(state, answers, wants, self.tries)
                if state == before:
                    break
            if self.accepts(state, answers) is None:
                made.append(Candidate(state, answers))
        return made

    def drawn(self) -> list[Candidate]:
        made = []
        for _ in range(self.wanted):
            answers = {name: self.random.random() < 0.5 for name in self.predicates}
            state = _state(self.device, _drawn(self.random))
            mended = self.mended(state, answers)
            if mended is not None:
                made.append(mended)
        return made

    def mended(self, state: State, answers: dict[str, bool]) -> Candidate | None:
        """The state, with what a save refuses changed; None where nothing helps."""
        state, answers = copy_value(state), dict(answers)
        if self.always:
            steer(state, answers, self.always, Tries())
        for _ in range(MENDS):
            refusal = self.accepts(state, answers)
            if refusal is None:
                return Candidate(state, dict(answers))
            if not self._mend(state, answers, refusal):
                break
        return self._grown(state, answers)

    def _mend(self, state: State, answers: dict[str, bool], refusal: Refusal) -> bool:
        """Changes the number that was refused; False where that cannot be done."""
        if refusal.code == "count" and self._allocate(state, refusal):
            return True
        place = _place(state, refusal.path)
        if place is None:
            return False
        holder, key = place
        before = holder[key]
        for better in _nearest(refusal, before):
            if better == before:
                continue
            holder[key] = better
            now = self.accepts(state, answers)
            if now is None or (now.code, now.path) != (refusal.code, refusal.path):
                return True
        holder[key] = before
        return False

    def _allocate(self, state: State, refusal: Refusal) -> bool:
        """Room for as many elements as are to be saved, where they are in memory of their own."""
        value: Value = state
        type_: Type = Struct(self.device)
        for name, number in re.findall(r"(\w+)|\[(\d+)\]", refusal.path):
            if name and isinstance(type_, Struct) and name in value:
                type_, value = type_.description.member(name).type, value[name]
            elif number and isinstance(type_, Array) and int(number) < len(value):
                type_, value = type_.element, value[int(number)]
            else:
                return False
        if not (is_allocated(type_) and isinstance(type_, Array | Buffer | Bitmap)) or refusal.found > type_.capacity:
            return False
        wanted = words_of(refusal.found) if isinstance(type_, Bitmap) else refusal.found
        if len(value) >= wanted:
            return False
        fresh = [reset_value(type_.element, None) if isinstance(type_, Array) else 0]
        value.extend(copy_value(fresh * (wanted - len(value))))
        return True

    def _grown(self, target: State, answers: dict[str, bool]) -> Candidate | None:
        """From the state at reset, every member that is accepted as it is in `target`, the last ones first."""
        state = reset_state(self.device)
        accepted = self.accepts(state, answers) is None
        for member in reversed(self.device.members):
            before = state[member.name]
            state[member.name] = copy_value(target[member.name])
            now = self.accepts(state, answers) is None
            if accepted and not now:
                state[member.name] = before
            else:
                accepted = now
        return Candidate(state, dict(answers)) if accepted else None


def _nearest(refusal: Refusal, value: int) -> tuple[int, ...]:
    """What to try in place of a number that was refused."""
    if refusal.code == "range":
        return (min(max(value, refusal.low), refusal.high),) if refusal.low <= refusal.high else ()
    return (0, 1, 2, 3, value + 1, value - 1, ~value, 255, 256) if refusal.code == "where" else ()


def _place(state: State, path: str) -> tuple[Value, str | int] | None:
    """What holds the number called `path`, and its name or index there; None where there is none."""
    holder: Value = None
    value: Value = state
    key: str | int = ""
    for name, number in re.findall(r"(\w+)|\[(\d+)\]", path):
        holder, key = value, name or int(number)
        try:
            value = part(holder, key)
        except NOT_THERE:
            return None
    return (holder, key) if isinstance(value, int) and isinstance(holder, State | list | bytearray) else None


class _Counter:
    """Numbers, one after the other."""

    def __init__(self, start: int) -> None:
        self.number = start

    def next(self) -> int:
        self.number += 1
        return self.number


def numbers_in(type_: Type) -> int:
    """How many numbers a value of the type has at most, elements of `custom` included; a list or a map is empty."""
    match type_:
        case Scalar():
            return 1
        case Array(element, capacity):
            return capacity * numbers_in(element)
        case Buffer(capacity):
            return capacity
        case Bitmap():
            return type_.words
        case Optional(element):
            return numbers_in(element)
        case Struct(description):
            return sum(numbers_in(member.type) for member in description.members) + _hooked(description.wire)
        case List() | Map():
            return 0


def work_in(type_: Type) -> int:
    """How much the oracle makes and looks at one by one; a list or a map has two elements."""
    match type_:
        case Scalar():
            return 1
        case Buffer(capacity):
            return 1 + capacity // (16 * IN_A_ROW)
        case Array(Scalar(), capacity):
            return 1 + capacity // IN_A_ROW
        case Bitmap():
            return 1 + type_.words // IN_A_ROW
        case Array(element, capacity):
            return capacity * work_in(element)
        case Optional(element):
            return work_in(element)
        case Struct(description):
            return 1 + sum(work_in(member.type) for member in description.members) + _hooked(description.wire)
        case List(element):
            return 2 * work_in(element)
        case Map(key, value):
            return 2 * (work_in(key) + work_in(value))


def is_huge(device: Description) -> bool:
    return work_in(Struct(device)) > HUGE


def _hooked(items: tuple[WireItem, ...]) -> int:
    """So many times hooks of `custom` fields are called, those in subsections aside."""
    found = 0
    for item in items:
        match item:
            case Custom(lengths=lengths):
                found += prod(lengths)
            case Repeat(capacity=capacity):
                found += capacity * _hooked(item.items)
            case Run() | Group() | Tmp():
                found += _hooked(item.items)
    return found


Number = Callable[[Scalar, int | None, int | None], Value]


def _numbered(counter: _Counter) -> Number:
    """Makes numbers, one after the other, of those that are in range."""

    def number(scalar: Scalar, low: int | None, high: int | None) -> Value:
        if scalar.floating:
            return counter.next() + 0.5
        bottom, top = _ends(scalar, low, high)
        return max(bottom, 0) + counter.next() % (top - max(bottom, 0) + 1) if top >= 0 else top

    return number


def _drawn(source: random.Random) -> Number:
    """Draws numbers that are in range: small ones, the ends, any."""

    def number(scalar: Scalar, low: int | None, high: int | None) -> Value:
        if scalar.floating:
            return source.choice((0.0, -0.0, 1.5, float("inf"), source.random()))
        bottom, top = _ends(scalar, low, high)
        small = [value for value in (0, 1, 2, 3, 4, -1, 255, 256) if bottom <= value <= top]
        if small and source.random() < 0.5:
            return source.choice(small)
        return source.choice((bottom, top)) if source.random() < 0.2 else source.randint(bottom, top)

    return number


def _ends(scalar: Scalar, low: int | None, high: int | None) -> tuple[int, int]:
    interval = scalar.interval
    return interval.low if low is None else low, interval.high if high is None else high


def _state(description: Description, number: Number) -> State:
    return State((m.name, _made(m.type, m.low, m.high, number)) for m in description.members)


def _made(type_: Type, low: int | None, high: int | None, number: Number) -> Value:
    """A value of the type, made of numbers; lists and maps have two elements where they may."""
    match type_:
        case Scalar():
            return number(type_, low, high)
        case Buffer(capacity, _):
            return bytearray(number(BYTE, None, None) for _ in range(min(capacity, LARGE))).ljust(capacity, b"\0")
        case Bitmap():
            bits = Bits(type_.capacity, None)
            return [number(WORD, None, None) & bits.used(word) for word in range(type_.words)]
        case Array(Scalar() as element, capacity) if capacity > LARGE:
            some = [number(element, low, high) for _ in range(8)]
            return [some[place % 8] for place in range(capacity)]
        case Array(element, capacity):
            return [_made(element, low, high, number) for _ in range(capacity)]
        case Optional(element):
            return _made(element, low, high, number)
        case Struct(description):
            return _state(description, number)
        case List(element, maximum):
            return [_made(element, None, None, number) for _ in range(min(maximum, 2))]
        case Map(key, value, maximum):
            keys = [_made(key, None, None, number) for _ in range(min(maximum, 2))]
            if isinstance(key, Scalar):
                keys = sorted(set(keys))
            return [(one, _made(value, None, None, number)) for one in keys]
