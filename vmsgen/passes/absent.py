"""Conditions and lengths that go by a field which need not be in the stream: a load and a save see different values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description, Reset, Subsection
from vmsgen.model.expressions import Constant, Expression, FieldValue, Path, StreamVersion, walk
from vmsgen.model.implied import Facts, facts, impossible, reads
from vmsgen.model.wire import Check, Group, HookPredicate, Presence, Repeat, Run, Tmp, WireItem
from vmsgen.passes.presence import Asked, Sent, Stream, at_version, count_of, events, is_certain, temporary
from vmsgen.passes.scope import key_of

EXPLANATIONS = {
    "absent-field": (
        "A field that the stream lacks has its `else` value during a load, but on save whatever is in memory. A "
        "condition or a length that goes by it can differ then: what was saved does not load again. So ask for such a "
        "field only where it is sent: `when a == 1 && x == 5` if it is there `when a == 1`, in the same `group` if it "
        "is there `since 2`. Or send it always, or keep what is needed in a `local`. A field that older versions lack "
        "may be asked for if its `else` says what it was then."
    )
}


@dataclass(frozen=True)
class _Owner:
    """Items in a row, the version of which is `version`; `known` and `sent` are from what is around them."""

    items: tuple[WireItem, ...]
    version: int
    newest: bool
    known: Facts
    stream: Stream


def lint(description: Description, diagnostics: Diagnostics) -> None:
    """Adds warnings about one description. Each version that is read counts, of subsections too."""
    if not _asks_for_fields(description):
        return
    found: dict[tuple[WireItem, str], int | None] = {}
    resets: dict[str, list[Reset]] = {}
    for reset in description.resets:
        resets.setdefault(reset.target.root, []).append(reset)
    for owner in _owners(description):
        stream = owner.stream.branch()
        for event in events(owner.items, owner.version, owner.known):
            if isinstance(event, Sent):
                stream.add(event)
                continue
            for path in _uncertain(event, description, stream):
                version = None if owner.newest else owner.version
                if owner.newest or not _is_chosen(path, resets.get(path.root, [])):
                    found.setdefault((event.item, str(path)), version)
    for (item, name), version in found.items():
        if version is None:
            message = f"this asks for `{name}`, which the stream may lack: a load and a save see different values then"
            hint = f"ask for the condition of `{name}` as well, or send it always"
        else:
            message = f"this asks for `{name}`, which streams of version {version} lack"
            hint = f"put both into one `group`, or say by `else` what `{name}` was then"
        assert not isinstance(item, Run), "a run has no condition"
        diagnostics.warning("absent-field", message, item.span, hint=hint)


def _uncertain(asked: Asked, description: Description, stream: Stream) -> Iterator[Path]:
    for node, known in reads(asked.expression, asked.known):
        if not is_certain(node.path, description, stream, known) and not impossible(known):
            yield node.path


def _is_chosen(path: Path, resets: list[Reset]) -> bool:
    """Does `else` say what it is where a stream lacks it? With `else keep` there is no reset."""
    key = key_of(path)
    return all(reset.chosen for reset in resets if key_of(reset.target) == key[: len(key_of(reset.target))])


def _owners(description: Description) -> Iterator[_Owner]:
    """The newest version of each comes first."""
    newest = description.version
    stream = Stream(temporary(description))
    for version in _versions(description.wire, description.minimum_version, newest):
        own = _Owner(description.wire, version, version == newest, frozenset(), stream.branch())
        yield own
        for subsection in description.subsections:
            yield from _inner_owners(own, subsection)


def _inner_owners(around: _Owner, subsection: Subsection) -> Iterator[_Owner]:
    """A subsection, which comes only where it was needed, behind all of `around`."""
    stream = around.stream.branch()
    for event in events(around.items, around.version, around.known):
        if isinstance(event, Sent):
            stream.add(event)
    for version in _versions(subsection.wire, subsection.minimum_version, subsection.version):
        known = around.known | facts(at_version(subsection.needed, version))
        newest = around.newest and version == subsection.version
        own = _Owner(subsection.wire, version, newest, known, stream)
        yield own
        for inner in subsection.subsections:
            yield from _inner_owners(own, inner)


def _versions(items: tuple[WireItem, ...], lowest: int, highest: int) -> list[int]:
    """Those at which the items may begin to differ, the newest first."""
    bounds = {bound + step for bound in _bounds(items) for step in (-1, 0, 1)}
    return sorted({lowest, highest, *(bound for bound in bounds if lowest <= bound <= highest)}, reverse=True)


def _bounds(items: tuple[WireItem, ...]) -> Iterator[int]:
    for presence, expressions in _conditions(items):
        yield from (bound for bound in (presence.since, presence.before) if bound is not None)
        for nodes in (list(walk(expression)) for expression in expressions):
            if any(isinstance(node, StreamVersion) for node in nodes):
                yield from (node.value for node in nodes if isinstance(node, Constant))


def _asks_for_fields(description: Description) -> bool:
    programs = (description.wire, *(sub.wire for sub in description.all_subsections))
    asked = (e for program in programs for _, expressions in _conditions(program) for e in expressions)
    return any(isinstance(node, FieldValue) for expression in asked for node in walk(expression))


def _conditions(items: tuple[WireItem, ...]) -> Iterator[tuple[Presence, list[Expression]]]:
    """When each item is there, and the expressions that a load evaluates for it."""
    for item in items:
        if not isinstance(item, Run | Check):
            asked = (item.presence.condition, count_of(item))
            yield item.presence, [one for one in asked if one is not None and not isinstance(one, HookPredicate)]
        if isinstance(item, Run | Group | Repeat | Tmp):
            yield from _conditions(item.items)
