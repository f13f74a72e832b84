"""How a stream's machine differs from the one that is to load it: all of it, told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmstate.errors import VMStateError


@dataclass(frozen=True)
class Difference:
    """`kind` is machine, missing, extra, version, ram, page-bits, capabilities, uuid, or a live state's own word.

    `subject` is what differs: a section's name with its instance, a RAM block's name. `here` is what the machine has,
    `there` what the stream has; None where one of them has nothing.
    """

    kind: str
    subject: str
    here: str | int | None = None
    there: str | int | None = None

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"the stream has no {self.subject}"
        if self.kind == "extra":
            return f"the machine has no {self.subject}"
        return f"{self.subject}: {self.here} here, {self.there} in the stream"


class DifferentMachineError(VMStateError):
    """The stream is of a machine that is configured differently. Nothing was changed, unless the message says so.

    `differences` has all of them that could be found: all there are, unless the message says that more may differ. A
    stream lists its sections at its end alone, and what comes over a channel cannot be read that far: a section that
    nobody knows has no length.
    """

    default_code = "different-machine"

    def __init__(self, message: str, *, differences: Sequence[Difference] = (), **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.differences = tuple(differences)


def different(
    machine: str, differences: Sequence[Difference], offset: int, *, full: bool = True
) -> DifferentMachineError:
    """The error that tells all of them. Not `full`: what stands behind `offset` is not known."""
    lines = "".join(f"\n  {difference}" for difference in differences)
    if not full:
        lines += "\n  more may differ: what follows in the stream was not read"
    return DifferentMachineError(
        f"the stream is not of this machine, {machine!r} (found at offset {offset}):{lines}",
        differences=differences,
        offset=offset,
        found=len(differences),
        allowed=0,
    )


def named(idstr: str, instance_id: int) -> str:
    """A section, for messages: `serial`, or `serial, instance 1`."""
    return f"section {idstr!r}" + (f", instance {instance_id}" if instance_id else "")
