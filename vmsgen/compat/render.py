"""Reports for people: as text, and as annotations of a GitHub workflow."""

from __future__ import annotations

from vmsgen.compat.finding import BREAKS, MAY, UNLESS, Finding, Report, Verdict, Witness

SHOWN = 32
"""Bytes of a witness that people are shown, around the offset; JSON has all."""


def versions(numbers: tuple[int, ...]) -> str:
    """`version 3`, `versions 1..3, 5`"""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    written = ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in parts)
    return f"version {written}" if len(set(numbers)) == 1 else f"versions {written}"


def as_text(report: Report) -> str:
    """Each changed device with its verdicts, then its findings, then one line that sums up."""
    lines: list[str] = []
    for device in dict.fromkeys(verdict.device for verdict in report.verdicts):
        lines.append(device)
        for verdict in (v for v in report.verdicts if v.device == device):
            lines.append(f"  version {verdict.version}: {verdict_text(verdict)}")
        for finding in (f for f in report.findings if f.device == device):
            lines += ["", *(f"  {line}" for line in _finding(finding))]
        lines.append("")
    for name in report.only_in_receiver:
        lines.append(f"{name}: only {report.receiver} has it; nothing is sent for it")
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def verdict_text(verdict: Verdict) -> str:
    match verdict.verdict:
        case "may break":
            return (
                "may break; no stream was found that does" if verdict.tried else "may break; no stream could be tried"
            )
        case "loads unless":
            # Each is a condition under which a stream does load.
            conditions = ", and ".join(verdict.loads_if)
            said = f"loads only if {conditions}" if conditions else "loads unless the findings below apply"
        case said:
            pass
    return f"{said} ({verdict.failed} of {verdict.tried} streams tried do not load)" if verdict.failed else said


def summary(report: Report) -> str:
    way = f"{report.sender} to {report.receiver}"
    changed = len({verdict.device for verdict in report.verdicts})
    count = f"{_devices(changed)} compared, {_devices(len(report.unchanged))} unchanged"
    if report.certain:
        return f"{way}: compatible ({count})"
    said = []
    if not report.compatible:
        said.append(f"not every stream loads of {', '.join(sorted(report.of(UNLESS, BREAKS)))}")
    unproved = sorted(set(report.of(MAY)) - set(report.of(UNLESS, BREAKS)))
    if unproved:
        said.append(f"streams may break of {', '.join(unproved)}")
    return f"{way}: {'; '.join(said)} ({count})"


def _devices(number: int) -> str:
    return "1 device" if number == 1 else f"{number} devices"


def _finding(finding: Finding) -> list[str]:
    place = f" {finding.path}" if finding.path else ""
    lines = [f"{finding.category}[{finding.rule}]{place} ({versions(finding.versions)})"]
    lines.append(f"  {finding.why}")
    if finding.loads_if:
        lines.append(f"  = loads if: {finding.loads_if}")
    lines.append(f"  = do: {finding.fix}")
    if finding.witness is not None:
        lines += [f"  = {line}" for line in witness_lines(finding.witness)]
    return lines


def witness_lines(witness: Witness) -> list[str]:
    """The stream around its offset, what is wrong there, and the state that it was written from."""
    lines = [f"stream: {excerpt(witness)}"]
    if witness.code == "misread":
        lines.append(f"at byte {witness.offset}: {witness.message}")
    else:
        place = f" `{witness.path}`" if witness.path else ""
        lines.append(f"refused at byte {witness.offset},{place} {witness.code}{witness.message}".rstrip())
    if witness.state:
        lines.append("state: " + ", ".join(f"{name} = {value}" for name, value in witness.state))
    if witness.answers:
        lines.append("hooks: " + ", ".join(f"{name} says {'yes' if said else 'no'}" for name, said in witness.answers))
    return lines


def excerpt(witness: Witness) -> str:
    """`00 18 >00 00 (4 bytes, version 3)`: hex, with a mark before the offset; of long streams what is around it."""
    data, offset = witness.data, min(witness.offset, len(witness.data))
    start = max(0, offset - SHOWN // 2) if len(data) > SHOWN else 0
    end = min(len(data), start + SHOWN)
    before, after = data[start:offset].hex(" "), data[offset:end].hex(" ")
    parts = ["…" if start else "", before, f">{after}", "…" if end < len(data) else ""]
    size = "1 byte" if len(data) == 1 else f"{len(data)} bytes"
    return f"{' '.join(part for part in parts if part)} ({size}, version {witness.version})"


def as_github(report: Report, path: str) -> str:
    """One annotation a finding, on the file or folder `path`; empty if there is nothing."""
    lines = []
    for finding in report.findings:
        level = "error" if finding.witness is not None else "warning" if finding.unproved else "notice"
        where = f"{finding.device}.{finding.path}" if finding.path else finding.device
        message = [f"{where}, {versions(finding.versions)}: {finding.why}", f"do: {finding.fix}"]
        message += witness_lines(finding.witness) if finding.witness else []
        lines.append(f"::{level} file={_property(path)},title={finding.rule}::{_data(chr(10).join(message))}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
