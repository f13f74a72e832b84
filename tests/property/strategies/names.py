"""What a schema's expressions can name at a place, and expressions made of that."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.property.strategies.chooser import Chooser, literal

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^")


@dataclass
class Names:
    """`numbers` are references to scalars that are loaded by now; `counts` those with a range, and its upper end.

    `versions` are the version numbers between which an expression can tell; empty where there is only one.
    """

    numbers: list[str] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)
    versions: tuple[int, ...] = ()

    def copy(self, versions: tuple[int, ...] | None = None) -> Names:
        return Names(list(self.numbers), list(self.counts), self.versions if versions is None else versions)


def number(choose: Chooser, names: Names, depth: int = 2) -> str:
    """An integer expression with at least one reference in it, so that nothing folds into a constant error."""
    assert names.numbers
    shape = choose.number(0, 9 if depth else 3)
    if shape < 5:
        return choose.one(names.numbers)
    if shape < 7:
        operator = choose.one(ARITHMETIC)
        return f"({number(choose, names, depth - 1)}) {operator} {literal(choose.number(1, 9))}"
    if shape == 7:
        operator = choose.one(ARITHMETIC)
        return f"({number(choose, names, depth - 1)}) {operator} ({number(choose, names, depth - 1)})"
    if shape == 8:
        return f"{choose.one('-~+!')}({number(choose, names, depth - 1)})"
    yes, no = number(choose, names, depth - 1), literal(choose.number(-3, 300))
    return f"({condition(choose, names, depth - 1)}) ? ({yes}) : {no}"


def condition(choose: Chooser, names: Names, depth: int = 2) -> str:
    """A condition with at least one reference (or `version`) in it."""
    if names.versions and (not names.numbers or choose.chance(15)):
        return f"version {choose.one(COMPARISONS)} {choose.one(names.versions)}"
    assert names.numbers
    shape = choose.number(0, 9 if depth else 5)
    if shape < 3:
        return f"{choose.one(names.numbers)} {choose.one(COMPARISONS)} {literal(choose.number(-2, 4))}"
    if shape == 3:
        return f"({choose.one(names.numbers)} & {1 << choose.number(0, 15)}) != 0"
    if shape == 4:
        low = choose.number(-9, 9)
        return f"{choose.one(names.numbers)} in {literal(low)}..{literal(low + choose.number(0, 300))}"
    if shape == 5:
        return f"({number(choose, names, depth)}) {choose.one(COMPARISONS)} ({number(choose, names, 0)})"
    if shape < 9:
        operator = choose.one(("&&", "||"))
        return f"({condition(choose, names, depth - 1)}) {operator} ({condition(choose, names, depth - 1)})"
    return f"!({condition(choose, names, depth - 1)})"
