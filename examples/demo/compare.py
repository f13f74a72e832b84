"""One section: loaded through its generated class, saved again, compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from examples.demo.devices import MODULES, facts, properties
from vmstate.errors import VMStateError
from vmstate.stream import Section, Stream

__all__ = ["Outcome", "Verdict", "compare"]


class Verdict(StrEnum):
    """How it went. Only `IDENTICAL` and `NO_SCHEMA` are fine."""

    IDENTICAL = "identical"
    DIFFERS = "differs"
    REFUSED = "refused"
    NO_SCHEMA = "no schema"


@dataclass(frozen=True)
class Outcome:
    """`facts`: a line about the decoded device; `detail`: where it differs or why it was refused, else empty."""

    section: Section
    verdict: Verdict
    facts: str
    detail: str = ""

    @property
    def fine(self) -> bool:
        return self.verdict in (Verdict.IDENTICAL, Verdict.NO_SCHEMA)


def compare(section: Section, stream: Stream, find_class: Callable[[str], type[Any]]) -> Outcome:
    """`find_class` gives the generated class for the name of a schema."""
    name = section.vmsd_name
    if name is None or name not in MODULES:
        return Outcome(section, Verdict.NO_SCHEMA, "")
    device_type = find_class(MODULES[name])
    body = bytes(section.body)
    try:
        device = _load(device_type, body, section.version_id, properties(name, stream))
        again = device.save()
    except VMStateError as error:
        return Outcome(section, Verdict.REFUSED, "", str(error))
    if again == body:
        return Outcome(section, Verdict.IDENTICAL, facts(name, device))
    return Outcome(section, Verdict.DIFFERS, facts(name, device), difference(body, again))


def _load(device_type: type[Any], body: bytes, version: int, setup: dict[str, bool]) -> Any:
    if not setup:
        return device_type.load(body, version=version)
    # A receiver that is set up as the sender's machine was.
    device = device_type(**setup)
    device.restore(body, version=version)
    return device


def difference(body: bytes, again: bytes) -> str:
    """Where two different byte strings part, in words."""
    for at, (was, now) in enumerate(zip(body, again, strict=False)):
        if was != now:
            return f"byte {at}: {was:02x} was read, {now:02x} is written"
    return f"{len(body)} bytes were read, {len(again)} are written; alike as far as the shorter goes"
