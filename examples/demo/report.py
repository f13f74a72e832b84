"""What the demo prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from examples.demo.compare import Outcome, Verdict
from vmstate.stream import Stream

__all__ = ["show_line", "show_table"]

_STYLES = {
    Verdict.IDENTICAL: "green",
    Verdict.DIFFERS: "bold red",
    Verdict.REFUSED: "bold red",
    Verdict.NO_SCHEMA: "dim",
}


def show_table(console: Console, path: Path, stream: Stream, outcomes: Sequence[Outcome]) -> None:
    """A row a section: what it is, what was decoded, and whether it came back."""
    machine = stream.configuration.machine if stream.configuration else "a machine too old to say its name"
    console.print(Text(f"{path.name}: {stream.size} bytes, {machine}, {len(outcomes)} sections"), style="bold")
    # The facts give way where the terminal is narrow; names and verdicts never do.
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("section", no_wrap=True)
    table.add_column("inst", justify="right", no_wrap=True)
    table.add_column("ver", justify="right", no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("decoded", overflow="fold", ratio=1)
    table.add_column("saved again", no_wrap=True)
    for outcome in outcomes:
        section = outcome.section
        shown = Text(outcome.facts)
        if outcome.detail:
            shown.append(("\n" if outcome.facts else "") + outcome.detail, style="red")
        table.add_row(
            Text(section.name),
            str(section.instance_id),
            str(section.version_id),
            str(len(section.body)),
            shown,
            Text(outcome.verdict, style=_STYLES[outcome.verdict]),
        )
    console.print(table)
    console.print(_summary(outcomes))


def show_line(console: Console, path: Path, outcomes: Sequence[Outcome]) -> None:
    """The summary of one stream; of sections that are not fine, one line each."""
    console.print(Text(f"{path.name:20}").append_text(_summary(outcomes)))
    for outcome in outcomes:
        if not outcome.fine:
            console.print(Text(f"    {outcome.section.name}: {outcome.verdict}: {outcome.detail}", style="red"))


def _summary(outcomes: Sequence[Outcome]) -> Text:
    count = Counter(outcome.verdict for outcome in outcomes)
    size = sum(len(outcome.section.body) for outcome in outcomes if outcome.verdict == Verdict.IDENTICAL)
    text = Text(f"{count[Verdict.IDENTICAL]} of {len(outcomes)} sections identical, {size} bytes", style="green")
    for verdict in (Verdict.DIFFERS, Verdict.REFUSED, Verdict.NO_SCHEMA):
        if count[verdict]:
            text.append(f"; {count[verdict]} {verdict}", style=_STYLES[verdict])
    return text
