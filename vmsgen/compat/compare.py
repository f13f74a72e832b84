"""Would what one schema's devices save load in another's? Every device, every version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from vmsgen.compat.exhaustive import Budget
from vmsgen.compat.finding import BREAKS, LOADS, MAY, WIRE, Finding, Report, Verdict, Witness
from vmsgen.compat.likeness import alike
from vmsgen.compat.rules.devices import BLOCKED, OLD, OPAQUE, REMOVED, different_devices
from vmsgen.compat.rules.rule import About
from vmsgen.compat.states import States, is_huge
from vmsgen.compat.steer import Tries
from vmsgen.compat.trace import save
from vmsgen.compat.version import DRAWN, AtVersion, Effort, predicates
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema

Progress = Callable[[str, int, int], None]
"""Called before each device, and for each of its streams: its name, how many were compared, how many there are."""


def compare(
    old: Sequence[Schema],
    new: Sequence[Schema],
    *,
    backward: bool = False,
    drawn: int = DRAWN,
    progress: Progress = lambda *_: None,
) -> Report:
    """Streams of `old` in `new`, or with `backward` those of `new` in `old`. `drawn` states a version are random.

    Raises SameName.
    """
    senders, receivers = (_devices(new), _devices(old)) if backward else (_devices(old), _devices(new))
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    unchanged: list[str] = []
    for number, (name, sender) in enumerate(senders.items()):
        tick = partial(progress, name, number, len(senders))
        tick()
        receiver = receivers.get(name)
        if receiver is not None and alike(sender, receiver):
            unchanged.append(name)
            continue
        made = (
            _missing(sender, receivers)
            if receiver is None
            else compare_devices(sender, receiver, drawn=drawn, backward=backward, tick=tick)
        )
        verdicts += made[0]
        findings += made[1]
    ends = ("NEW", "OLD") if backward else ("OLD", "NEW")
    added = tuple(name for name in receivers if name not in senders)
    return Report(tuple(verdicts), tuple(findings), *ends, added, tuple(unchanged))


class SameName(Exception):
    """Two devices of one side have the same name on the wire; the message says which."""


def _devices(schemas: Sequence[Schema]) -> dict[str, Description]:
    """By their names on the wire. Raises SameName: of two the streams of one would not be looked at."""
    found: dict[str, tuple[Description, Schema]] = {}
    for schema in schemas:
        for device in schema.devices:
            if device.wire_name in found:
                before = found[device.wire_name][1].file_name
                places = (
                    f"in {schema.file_name}" if before == schema.file_name else f"in {before} and in {schema.file_name}"
                )
                raise SameName(f"two devices are called `{device.wire_name}`, {places}: compare them file by file")
            found[device.wire_name] = device, schema
    return {name: device for name, (device, _) in found.items()}


def versions_of(sender: Description) -> range:
    """What the sender can write, the newest first."""
    lowest = sender.version if sender.opaque else sender.minimum_version
    return range(sender.version, lowest - 1, -1)


def compare_devices(
    sender: Description,
    receiver: Description,
    *,
    drawn: int = DRAWN,
    backward: bool = False,
    tick: Callable[[], None] = lambda: None,
) -> tuple[list[Verdict], list[Finding]]:
    """A verdict for each version that the sender can write, and each finding once, with its versions."""
    verdicts: list[Verdict] = []
    found: dict[tuple[str, str, str], Finding] = {}
    general = tuple(different_devices(sender, receiver))
    if sender.unmigratable:
        # There is no stream of it, so nothing can go wrong with one.
        return [Verdict(sender.wire_name, sender.version, LOADS, 0, 0)], list(general)
    if receiver.unmigratable:
        verdicts, blocked = _blocked(sender)
        return verdicts, [*blocked, *general]
    effort = Effort(Budget(), Tries(), tick)
    for version in versions_of(sender):
        verdict, findings = _at_version(sender, receiver, version, drawn, backward, effort)
        verdicts.append(verdict)
        for finding in findings:
            key = (finding.rule, finding.path, finding.why)
            before = found.get(key)
            if before is None or (before.witness is None and finding.witness is not None):
                before = replace(finding, versions=before.versions if before else ())
            found[key] = replace(before, versions=(*before.versions, version))
    return verdicts, [*found.values(), *general]


def _at_version(
    sender: Description, receiver: Description, version: int, drawn: int, backward: bool, effort: Effort
) -> tuple[Verdict, list[Finding]]:
    by_hook = _read_by_hook(sender, receiver, version)
    if by_hook is None:
        return AtVersion(sender, receiver, version, drawn, backward, effort).compare()
    rule, why = by_hook
    fix = "try it: no schema tells what a hook does with a stream"
    finding = Finding(rule, WIRE, sender.wire_name, "", (), why, fix, unproved=True)
    return Verdict(sender.wire_name, version, MAY, 0, 0), [finding]


def _read_by_hook(sender: Description, receiver: Description, version: int) -> tuple[str, str] | None:
    """The rule and what it says where no schema has what is written or read."""
    readable = (0 if receiver.opaque else receiver.minimum_version) <= version <= receiver.version
    if readable and (sender.opaque or receiver.opaque):
        sides = [name for name, side in (("sender", sender), ("receiver", receiver)) if side.opaque]
        return OPAQUE.id, f"the {' and the '.join(sides)} of it is `opaque`: hooks alone know its bytes"
    oldest = receiver.old_version
    if oldest is not None and oldest <= version < receiver.minimum_version:
        return OLD.id, f"version {version} is read by the receiver's hook `load_state_old` alone"
    return None


def _missing(sender: Description, receivers: dict[str, Description]) -> tuple[list[Verdict], list[Finding]]:
    """The receiver has no device of that name. The witness is a section that nobody takes."""
    name = sender.wire_name
    namesake = next((device for device in receivers.values() if device.name == sender.name), None)
    why = "the receiver has no such device: a section that nobody takes is refused"
    fix = "keep the device, or take it out of the machine before it is saved"
    if namesake is not None:
        why = f"the receiver calls the device `{namesake.wire_name}`"
        fix = f'keep its name on the wire: `device {namesake.name} "{name}"`'
    return _refused(sender, REMOVED, why, fix, "unknown-section", f": no device `{name}`")


def _blocked(sender: Description) -> tuple[list[Verdict], list[Finding]]:
    """The receiver has the device, and is a machine that takes no stream at all."""
    why = "it is `unmigratable` for the receiver: a machine that has it refuses every stream"
    fix = "leave it migratable, or the device out of machines that streams are to load in"
    return _refused(sender, BLOCKED, why, fix, "unmigratable", "")


def _refused(
    sender: Description, about: About, why: str, fix: str, code: str, message: str
) -> tuple[list[Verdict], list[Finding]]:
    """Whatever is in the section: the witness is any one."""
    name, versions = sender.wire_name, tuple(versions_of(sender))
    none = sender.opaque or sender.unmigratable or is_huge(sender)
    bases = [] if none else States(sender, sender.version, predicates(sender), 0).bases()
    if not bases:
        finding = Finding(about.id, WIRE, name, "", versions, why, fix, unproved=True)
        return [Verdict(name, version, MAY, 0, 0) for version in versions], [finding]
    data = save(sender, bases[0].state, sender.version, bases[0].model).data
    witness = Witness(sender.version, data, code, "", 0, message)
    finding = Finding(about.id, WIRE, name, "", versions, why, fix, "", witness)
    return [Verdict(name, version, BREAKS, 1, 1) for version in versions], [finding]
