"""Fields as text: types, lengths, clauses. Everything here compiles, whatever is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from tests.property.strategies.chooser import INTEGERS, Chooser, literal
from tests.property.strategies.names import Names, condition, number
from vmsgen.model.types import Scalar


@dataclass(frozen=True)
class Length:
    """What stands in the first brackets, and how many elements there is room for."""

    text: str
    capacity: int


def length(choose: Chooser, names: Names, largest: int) -> Length:
    """A fixed length, or one that varies with what is loaded."""
    room = choose.number(1, largest)
    if not names.numbers or choose.chance(60):
        return Length(str(room), room)
    bounded = [(name, high) for name, high in names.counts if 1 <= high <= largest]
    if bounded and choose.chance(70):
        name, high = choose.one(bounded)
        if choose.chance(25):
            return Length(f"{name} + 1", high + 1)
        return Length(name, high)
    if names.counts and choose.chance(80):
        return Length(f"{choose.one(names.counts)[0]} max {room}", room)
    return Length(f"{number(choose, names, 1)} max {room}", room)


@dataclass(frozen=True)
class ScalarType:
    """`text` is how the schema calls a type of `kind`: the kind itself, an alias, an enumeration."""

    text: str
    kind: str


def scalar_type(choose: Chooser, named: list[ScalarType]) -> ScalarType:
    if named and choose.chance(15):
        return choose.one(named)
    kind = choose.one((*INTEGERS, *INTEGERS, "bool", "timer"))
    return ScalarType(kind, kind)


@dataclass(frozen=True)
class Clauses:
    """What follows the type. `bound` is the upper end of a constant range that begins at 0 or above."""

    text: str
    bound: int | None


def value_clauses(choose: Chooser, names: Names, name: str, kind: str, is_array: bool, local: bool) -> Clauses:
    """`in`, `where`, `equal` and the value at reset."""
    interval = Scalar(kind).interval
    text, rest, bound, low, high = "", "", None, interval.low, interval.high
    asked = choose.number(0, 99) if kind != "bool" and not local else 99
    if asked < 20:
        low = choose.number(max(low, -3), 3)
        high = min(high, low + choose.number(0, 9))
        text, bound = f" in {literal(low)}..{literal(high)}", high if low >= 0 and not is_array else None
    elif asked < 26 and not is_array:
        text = f" in {literal(interval.low)}..held({name})"
    elif asked < 30 and names.numbers:
        text = f" in {literal(interval.low)}..({number(choose, names, 1)})"
    elif asked < 36:
        rest = f" where {name} % {choose.number(1, 3)} == 0"
    elif asked < 40 and names.numbers:
        rest = f" where {name} != ({number(choose, names, 1)})"
    elif asked < 43 and not is_array:
        rest = f" where {name} <= held({name})"
    elif asked < 47 and not is_array and kind != "timer":
        rest = choose.one((" equal", ' equal "they differ"'))
    if low > 0 or high < 0 or (kind == "timer" and low >= 0) or choose.chance(15):
        # Before `where`: after a condition `=` would read as a slip for `==`.
        rest = f" = {literal(choose.number(low, high))}{rest}"
    return Clauses(text + rest, bound)


def presence(choose: Chooser, names: Names, versions: tuple[int, int], predicates: list[str] | None) -> str:
    """`since`, `before`, `when`, or nothing. A new predicate is added to `predicates`; None means versions alone."""
    low, high = versions
    shape = choose.number(0, 99)
    if shape < 12 and low < high:
        return f" since {choose.number(low + 1, high)}"
    if shape < 20 and low < high:
        return f" before {choose.number(low + 1, high)}"
    if shape < 24 and high - low >= 2:
        since = choose.number(low + 1, high - 1)
        return f" since {since} before {choose.number(since + 1, high)}"
    if predicates is None or shape >= 43:
        return ""
    if shape < 40 and (names.numbers or names.versions):
        return f" when {condition(choose, names)}"
    predicates.append(f"is_there_{len(predicates)}")
    return f" when hook {predicates[-1]}"


def otherwise(choose: Chooser, clauses: str, kind: str | None) -> str:
    """`else …` for a field that a stream may lack; `kind` None for what has no number."""
    if choose.chance(20):
        return " else keep"
    if kind is None or " in " in clauses or choose.chance(60):
        return ""
    return f" else {literal(choose.value(kind))}"
