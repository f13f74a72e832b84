"""A migration on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from vmstate.migration.stats import Stats

if TYPE_CHECKING:
    from vmstate.migration.outgoing import Migration


def show(migration: Migration, stream: TextIO) -> Stats:
    """Reports until it is over: as a bar of `rich`, if that is there, or as lines. Raises what the migration raises.

    An interrupt from the keyboard cancels it.
    """
    try:
        try:
            _bar(migration, stream)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "rich":
                raise
            _lines(migration, lambda line: print(line, file=stream))
    except KeyboardInterrupt:
        migration.cancel()
    return migration.result()


def _bar(migration: Migration, stream: TextIO) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description:<10}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn(),
        TextColumn("{task.fields[downtime]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=stream)) as progress:
        task = progress.add_task("setup", total=None, downtime="")
        for stats in migration:
            progress.update(
                task, completed=stats.transferred, total=stats.total, description=stats.status,
                downtime=downtime(stats),
            )  # fmt: skip


def _lines(migration: Migration, say: Callable[[str], None]) -> None:
    last = ""
    for stats in migration:
        line = f"{stats.status} {stats.fraction:.0%}"
        if line != last:
            say(f"{line}, {stats.transferred} bytes sent, {stats.remaining} left; {downtime(stats)}")
        last = line


def downtime(stats: Stats) -> str:
    """The real one, or how long it would be."""
    if stats.downtime is not None:
        return f"downtime {stats.downtime * 1000:.0f} ms"
    if stats.expected_downtime is not None:
        return f"downtime {stats.expected_downtime * 1000:.0f} of {stats.downtime_limit * 1000:.0f} ms"
    return ""
