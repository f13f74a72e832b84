"""`vmsgen compat`: would what one schema saves load in another?"""

from __future__ import annotations

import sys
import time

import click

from vmsgen.cli.explain import explain_option
from vmsgen.cli.schemas import SchemaErrors, define_option, refuse_unknown, render
from vmsgen.compat import SameName, compare
from vmsgen.compat.objects import as_json
from vmsgen.compat.render import as_github, as_text
from vmsgen.compat.rules import EVERYTHING
from vmsgen.compat.sources import GIT, SourceError, locate
from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema

EPILOG = """\b
Examples:
  vmsgen compat old.vms new.vms               would a stream of old.vms load in new.vms?
  vmsgen compat git:v1.0 schemas/             the same folder at the tag v1.0, against the files as they are
  vmsgen compat git:v1.0 schemas/ --backward  would a stream of today load in v1.0?
  vmsgen compat --strict git:main . --format github
                                              in CI: annotations, and nothing that may break gets by
  vmsgen compat --json old.vms new.vms        for programs
  vmsgen compat --rules                       what it looks for
  vmsgen compat --explain version-bump        what one of them is about

\b
Exit status:
  0  no stream was found that breaks
  1  a stream was found that does not load, or loads as something else; with --strict also: one may break
  2  wrong usage, or an error in a schema
"""

PATIENCE = 2.0
"""Seconds after which it says what it is doing."""


class UsageProblem(click.ClickException):
    exit_code = 2


class BadSchemas(SchemaErrors):
    exit_code = 2


class Meter:
    """One line on the terminal that is written over, from PATIENCE seconds on; nothing where that is no terminal."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.said = ""

    def show(self, device: str, done: int, count: int) -> None:
        said = f"comparing {done + 1} of {count}: {device}"
        if said != self.said and sys.stderr.isatty() and time.monotonic() - self.start >= PATIENCE:
            self.said = said
            click.echo(f"\r\x1b[K{said}", err=True, nl=False)

    def clear(self) -> None:
        if self.said:
            click.echo("\r\x1b[K", err=True, nl=False)


def read(name: str, other: str, defines: dict[str, int], format_: str) -> tuple[Schema, ...]:
    """The compiled schemas. Raises UsageProblem, BadSchemas."""
    diagnostics = Diagnostics()
    try:
        made = locate(name, other).compile(diagnostics, defines)
    except (SourceError, OSError, UnicodeError) as problem:
        raise UsageProblem(str(problem)) from problem
    if diagnostics.has_errors:
        raise BadSchemas(render(diagnostics, "terminal" if format_ == "text" else format_))
    return made


def list_rules(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        for about in EVERYTHING:
            click.echo(f"{about.id:20} {about.category:9} {about.explanation}")
        context.exit()


@click.command("compat", epilog=EPILOG)
@click.argument("old")
@click.argument("new")
@click.option("--backward", is_flag=True, help="Would a stream of NEW load in OLD?")
@click.option("--strict", is_flag=True, help="What may break, without a stream that shows it, is exit status 1 too.")
@click.option("--json", "as_json_", is_flag=True, help="The same as --format json.")
@explain_option
@click.option("--rules", is_flag=True, is_eager=True, expose_value=False, callback=list_rules, help="List the rules.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json", "github")),
    default="text",
    show_default=True,
    help="How findings are shown.",
)
@define_option
def compat_command(
    old: str,
    new: str,
    backward: bool,
    strict: bool,
    as_json_: bool,
    format_: str,
    defines: tuple[tuple[str, int], ...],
) -> None:
    """Compare the schemas OLD and NEW: .vms files, folders, `git:REV` or `git:REV:PATH`.

    Devices are matched by their name on the wire. Whatever is said to break is shown by a stream.
    """
    format_ = "json" if as_json_ else format_
    before, after = read(old, new, dict(defines), format_), read(new, old, dict(defines), format_)
    refuse_unknown(dict(defines), (*before, *after))
    meter = Meter()
    try:
        report = compare(before, after, backward=backward, progress=meter.show)
    except SameName as problem:
        raise UsageProblem(str(problem)) from problem
    finally:
        meter.clear()
    match format_:
        case "json":
            click.echo(as_json(report), nl=False)
        case "github":
            click.echo(as_github(report, old if new.startswith(GIT) else new), nl=False)
        case _:
            click.echo(as_text(report), nl=False)
    raise SystemExit(0 if (report.certain if strict else report.compatible) else 1)
