"""What the verbs share: schemas from the command line, and their diagnostics on the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

import click

from vmsgen.backend.clashes import refuse_clashes
from vmsgen.diagnostics import Diagnostics, github, json, terminal
from vmsgen.model.interval import ANY
from vmsgen.model.schema import Schema, every
from vmsgen.passes import compile_files
from vmsgen.passes.lints import lint
from vmsgen.passes.names import did_you_mean

FORMATS = ("terminal", "json", "github")


class SchemaErrors(click.ClickException):
    """There are errors; the message is the rendered diagnostics."""

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


class Define(click.ParamType[tuple[str, int]]):
    """`NAME=VALUE`, the value as Python has integers: 16, 0x10, 0b1."""

    name = "NAME=VALUE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([A-Za-z_]\w*)=(.+)", str(value))
        if not match:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        try:
            number = int(match[2], 0)
        except ValueError:
            self.fail(f"{match[2]!r} is not a number", param, ctx)
        if number not in ANY:
            self.fail(f"{match[2]} does not fit 64 bits", param, ctx)
        return match[1], number


define_option = click.option(
    "-D", "--define", "defines", multiple=True, type=Define(), help="Set a constant from outside."
)
format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="How findings are shown.",
)


def load(
    schemas: Sequence[Path],
    defines: Mapping[str, int],
    format_: str = "terminal",
    *,
    lints: bool = False,
    bind: bool = False,
) -> tuple[Schema, ...]:
    """The compiled schemas; warnings go to standard error. Raises SchemaErrors, or UsageError for a wrong `-D`.

    `lints` asks for warnings, `bind` for states that are structs of the program's own where `for` says so.
    """
    diagnostics = Diagnostics()
    made = compile_files([PurePath(path) for path in schemas], diagnostics, defines=defines, bind=bind)
    refuse_clashes(made, diagnostics)
    for schema in made if lints else ():
        lint(schema, diagnostics)
    text = render(diagnostics, format_)
    if diagnostics.has_errors:
        raise SchemaErrors(text)
    if text:
        click.echo(text, err=True)
    refuse_unknown(defines, made)
    return made


def refuse_unknown(defines: Mapping[str, int], schemas: tuple[Schema, ...]) -> None:
    """A constant that is set from outside is there: otherwise its name is spelled wrong."""
    known = {constant.name for schema in every(schemas) for constant in schema.constants}
    for name in defines:
        if name not in known:
            hint, _ = did_you_mean(name, known)
            message = f"-D {name}=…: no schema has a constant `{name}`" + (f"; {hint}" if hint else "")
            raise click.UsageError(message)


def render(diagnostics: Diagnostics, format_: str) -> str:
    """The findings as text; empty where there are none, but for JSON."""
    if format_ == "json":
        return json.render(diagnostics)
    if not diagnostics.found:
        return ""
    if format_ == "github":
        return github.render(diagnostics)
    return terminal.render(diagnostics, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ)
