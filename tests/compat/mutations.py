"""Steps from one drawn schema to the next, each known to keep streams loading or to break them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.property.strategies.chooser import INTEGERS, Chooser

SCALAR = re.compile(r"^    (?P<name>f\d+)(?: \"[^\"]*\")? : (?P<kind>[ui](?:8|16|32|64))(?P<rest>[^\[]*)$")
RANGE = re.compile(r"^    (?P<name>f\d+) : (?P<kind>[ui](?:8|16|32|64)) in (?P<low>\d+)\.\.(?P<high>\d+)(?P<rest>.*)$")


@dataclass(frozen=True)
class DeviceText:
    """A device: its head before and behind the versions, and the lines in its braces.

    It begins with a count and what it counts, so that there is always something to shrink.
    """

    head: str
    low: int
    high: int
    lines: tuple[str, ...]
    words: str = ""

    @property
    def text(self) -> str:
        return "\n".join([f"{self.head} version {self.low}..{self.high}{self.words} {{", *self.lines, "}", ""])

    def with_lines(self, lines: list[str]) -> DeviceText:
        return replace(self, lines=tuple(lines))

    def end_of_fields(self) -> int:
        """The number of the line before which a field can be added: that of the first subsection, or the last."""
        return next((n for n, line in enumerate(self.lines) if line.startswith("    subsection ")), len(self.lines))

    def mentions(self, name: str) -> int:
        return len(re.findall(rf"\b{name}\b", "\n".join(self.lines)))


COUNTED = ("    count9 : u8 in 0..9", "    counted9 : u8[count9 max 9]")

ITEM = (
    'struct Item9 "item9" version 0 { a9 : u8 }\n'
    'struct Slot9 "slot9" { local wide9 : u8 = 3  left9 : u8?[2]  right9 : u8 when wide9 == 3 }\n'
)
RENAMED = (
    "    local mode9 : u8 = 1",
    "    extra9 : u8 when mode9 == 1",
    "    part9 : { local deep9 : u8 = 2  low9 : u8  high9 : u8 when deep9 == 2  }",
    "    slot9 : Slot9[2]",
    "    missing9 : Slot9?[2]",
)
CONTAINERS = (
    "    queue9 : list<Item9 max 4>",
    "    mapped9 : map<u64, Item9 max 4>",
    "    slots9 : u16?[3]",
    "    seen9 : bitmap[70]",
    "    real9 : f64",
    "    frame9 : u8[count9 max 9] alloc",
)
LOOSER = (
    ("list<Item9 max 4>", "list<Item9 max 9>"), ("u64, Item9 max 4", "u64, Item9 max 9"), ("bitmap[70]", "bitmap[100]"),
    ("real9 : f64", "real9 : cpudouble"),
)  # fmt: skip
TIGHTER = (
    ("list<Item9 max 4>", "list<Item9 max 1>"), ("u64, Item9 max 4", "u64, Item9 max 1"), ("bitmap[70]", "bitmap[10]"),
    ("bitmap[70]", "bitmap[65]"), ("real9 : f64", "real9 : u64"), ("slots9 : u16?[3]", "slots9 : u16[3]"),
    ("slots9 : u16?", "slots9 : u32?"), ("max 9] alloc", "max 3] alloc"), ("list<Item9 max 4>", "Item9[4]"),
)  # fmt: skip


def with_containers(device: DeviceText) -> DeviceText:
    return device.with_lines([*COUNTED, *RENAMED, *CONTAINERS, *device.lines[len(COUNTED) :]])


def split(text: str) -> tuple[str, list[DeviceText]]:
    """What stands before the devices, and the devices."""
    front, *rest = re.split(r"^(?=device )", text, flags=re.M)
    devices = []
    for part in rest:
        lines = part.rstrip().splitlines()
        match = re.fullmatch(r"(device .*?) version (\d+)(?:\.\.(\d+))?(.*) \{", lines[0])
        assert match is not None, lines[0]
        low, high = int(match[2]), int(match[3] or match[2])
        devices.append(DeviceText(match[1], low, high, (*COUNTED, *lines[1:-1]), match[4]))
    return front, devices


Step = Callable[[Chooser, DeviceText, str], "DeviceText | None"]
"""One change; the text is a number that makes new names new. None where the device has nothing to change so."""


def add_since(choose: Chooser, device: DeviceText, number: str) -> DeviceText:
    lines, high = list(device.lines), device.high + 1
    lines.insert(device.end_of_fields(), f"    new{number} : {choose.one(INTEGERS)} since {high} else 7")
    return replace(device, high=high, lines=tuple(lines))


def add_subsection(_: Chooser, device: DeviceText, number: str) -> DeviceText:
    line = f"    subsection more{number} version 1 needed extra{number} != 0 {{ extra{number} : u8 }}"
    return device.with_lines([*device.lines, line])


DECLARED = re.compile(r"(?:^    |(?<=\S)  |[{] )(?:local )?(?P<name>[a-z]\w*)(?: \"[^\"]*\")? : ")
"""A field or a local: a line of its own, or one between two spaces in the braces of a line."""


def rename(choose: Chooser, device: DeviceText, number: str) -> DeviceText | None:
    """Any field or local, whatever asks for it, with its older name behind it."""
    found = [
        (n, match)
        for n, line in enumerate(device.lines)
        for match in DECLARED.finditer(line)
        if not line.startswith("    subsection ")
        and not line.endswith("{")
        and " was " not in _declaration(line, match)
    ]
    if not found:
        return None
    place, match = choose.one(found)
    name, line = match["name"], device.lines[place]
    told = _declaration(line, match)
    lines = list(device.lines)
    lines[place] = line.replace(told, f'{told.rstrip()} was "{name}"', 1)
    return device.with_lines([re.sub(rf"(?<![\w.\"]){name}\b(?!\")", f"other{number}", one) for one in lines])


def _declaration(line: str, match: re.Match[str]) -> str:
    """All of it, the fields in its braces too."""
    end = len(line) if match.start() == 0 else line.index("  ", match.end())
    return line[match.start("name") : end]


def exchange(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    """Two numbers of one type are said to have each other's place."""
    found = [(n, match) for n, line in enumerate(device.lines) if (match := SCALAR.match(line)) and not match["rest"]]
    pairs = [(a, b) for a in found for b in found if a[0] < b[0] and a[1]["kind"] == b[1]["kind"]]
    if not pairs:
        return None
    lines = list(device.lines)
    (n, one), (m, other) = choose.one(pairs)
    lines[n] += f' was "{other["name"]}"'
    lines[m] += f' was "{one["name"]}"'
    return device.with_lines(lines)


def _unmentioned(choose: Chooser, device: DeviceText) -> tuple[int, re.Match[str]] | None:
    """A number that nothing else asks about."""
    found = [(n, match) for n, line in enumerate(device.lines) if (match := SCALAR.match(line))]
    # Once where it is declared, and in its own clauses.
    free = [(n, m) for n, m in found if device.mentions(m["name"]) == len(re.findall(rf"\b{m['name']}\b", m.string))]
    return choose.one(free) if free else None


def _presence(rest: str) -> str:
    return "".join(f" {part}" for part in re.findall(r"(?:since|before) \d+", rest))


def to_unused(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    found = _unmentioned(choose, device)
    if found is None:
        return None
    place, match = found
    lines = list(device.lines)
    lines[place] = f"    unused[{int(match['kind'][1:]) // 8}]{_presence(match['rest'])}"
    return device.with_lines(lines)


def widen(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    found = [(n, match) for n, line in enumerate(device.lines) if (match := RANGE.match(line))]
    if not found:
        return None
    place, match = choose.one(found)
    lines, high = list(device.lines), int(match["high"]) + choose.number(1, 20)
    lines[place] = f"    {match['name']} : {match['kind']} in {match['low']}..{high}{match['rest']}"
    return device.with_lines(lines)


def drop(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    found = _unmentioned(choose, device)
    if found is None:
        return None
    return device.with_lines([line for n, line in enumerate(device.lines) if n != found[0]])


def retype(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    found = _unmentioned(choose, device)
    if found is None or " " in found[1]["rest"].replace(" since ", "").replace(" before ", ""):
        return None
    place, match = found
    bits = choose.one([n for n in (8, 16, 32, 64) if n != int(match["kind"][1:])])
    lines = list(device.lines)
    lines[place] = f"    {match['name']} : u{bits}{match['rest']}"
    return device.with_lines(lines)


def insert(choose: Chooser, device: DeviceText, number: str) -> DeviceText:
    lines = list(device.lines)
    places = [n for n in range(device.end_of_fields() + 1) if n in (0, len(lines)) or re.match(r"    \w", lines[n])]
    lines.insert(choose.one(places), f"    new{number} : {choose.one(INTEGERS)}")
    return device.with_lines(lines)


def shrink(choose: Chooser, device: DeviceText, _: str) -> DeviceText:
    lines = [line.replace("count9 max 9", f"count9 max {choose.number(1, 8)}") for line in device.lines]
    return device.with_lines(lines)


def tighten(choose: Chooser, device: DeviceText, _: str) -> DeviceText:
    lines = [line.replace("count9 : u8 in 0..9", f"count9 : u8 in 0..{choose.number(0, 8)}") for line in device.lines]
    return device.with_lines(lines)


def _replaced(choose: Chooser, device: DeviceText, table: tuple[tuple[str, str], ...]) -> DeviceText | None:
    """One replacement of the table made, in the one line that has it."""
    found = [(n, old, new) for old, new in table for n, line in enumerate(device.lines) if old in line]
    if not found:
        return None
    place, old, new = choose.one(found)
    lines = list(device.lines)
    lines[place] = lines[place].replace(old, new)
    return device.with_lines(lines)


def loosen(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    return _replaced(choose, device, LOOSER)


def constrict(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    return _replaced(choose, device, TIGHTER)


def drop_container(choose: Chooser, device: DeviceText, _: str) -> DeviceText | None:
    found = [line for line in device.lines if line in CONTAINERS]
    if not found:
        return None
    dropped = choose.one(found)
    return device.with_lines([line for line in device.lines if line != dropped])


def raise_minimum(_: Chooser, device: DeviceText, __: str) -> DeviceText:
    low = device.low + 1
    lines = [re.sub(rf" (?:since|before) {low}\b", lambda m: m[0] if "since" in m[0] else "", x) for x in device.lines]
    if lines != list(device.lines) or low > device.high or re.search(rf"before {low}\b", "\n".join(lines)):
        # Fields of versions that are no longer read would be refused: every version goes.
        return DeviceText(device.head, device.high + 1, device.high + 1, ("    other : u8",))
    return replace(device, low=low, lines=tuple(lines))


def remove_subsection(_: Chooser, device: DeviceText, __: str) -> DeviceText | None:
    first = device.end_of_fields()
    if first == len(device.lines):
        return None
    return device.with_lines(list(device.lines[:first]))


COMPATIBLE: tuple[Step, ...] = (add_since, add_subsection, rename, to_unused, widen, loosen)
BREAKING: tuple[Step, ...] = (drop, retype, insert, exchange, shrink, tighten, raise_minimum, remove_subsection)
CONTAINER_BREAKING: tuple[Step, ...] = (constrict, drop_container)
