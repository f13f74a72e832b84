"""`vmsgen build`: schemas to C, Python, stubs and extension modules."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vmsgen.backend.native import CompileError, compile_modules, modules, old_modules
from vmsgen.backend.outputs import outputs
from vmsgen.backend.writer import ForeignFileError, stale, write
from vmsgen.cli.schemas import define_option, format_option, load

EPILOG = """\b
Examples:
  vmsgen build pckbd.vms -o devices         C, Python, stub and extension module into devices/
  vmsgen build schemas/*.vms -o devices     several schemas; those that they `use` are built too
  vmsgen build --c-only uart.vms -o src     uart.h and uart.c alone, for a C program
  vmsgen build --check *.vms -o devices     exit status 1 if anything there is out of date
"""


def build(
    schemas: Sequence[Path],
    output: Path,
    *,
    defines: Mapping[str, int] | None = None,
    emit_only: bool = False,
    c_only: bool = False,
    format_: str = "terminal",
) -> list[Path]:
    """Writes X.h, X.c, _X.c, X.py and X.pyi for each schema X, and unless `emit_only` compiles _X beside them.

    `c_only` writes X.h and X.c alone.

    Returns the paths of the emitted sources. Raises click.ClickException: schemas with errors (nothing is written
    then), a folder that cannot be written, a file there that somebody else wrote, a compiler that fails.
    """
    made = load(schemas, defines or {}, format_, bind=c_only)
    files = outputs(made, output, c_only=c_only)
    try:
        write(files)
    except OSError as problem:
        raise click.ClickException(f"cannot write {problem.filename or output}: {problem.strerror}") from problem
    except ForeignFileError as problem:
        raise click.ClickException(str(problem)) from problem
    if not emit_only and not c_only:
        _compile(list(files))
    return list(files)


def _compile(emitted: list[Path]) -> list[Path]:
    bar = Progress(
        TextColumn("compiling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[module]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=len(modules(emitted)), module="")
    started, lock = time.monotonic(), threading.Lock()

    def done(name: str) -> None:
        with lock:
            if time.monotonic() - started > 2 and not bar.live.is_started:
                bar.start()
            bar.update(task, advance=1, module=name)

    try:
        return compile_modules(emitted, done)
    except CompileError as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        bar.stop()


@click.command("build", epilog=EPILOG)
@click.argument("schemas", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
@click.option("--emit-only", is_flag=True, help="Write the sources, and compile nothing.")
@click.option("--c-only", is_flag=True, help="Only X.h and X.c, for a C program; `for` binds to its structs.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; fail if anything is out of date.")
@click.option("--list-outputs", is_flag=True, help="Write nothing; print the paths that would be written.")
@define_option
@format_option
def build_command(
    schemas: tuple[Path, ...],
    output: Path,
    emit_only: bool,
    c_only: bool,
    check_only: bool,
    list_outputs: bool,
    defines: tuple[tuple[str, int], ...],
    format_: str,
) -> None:
    """Compile SCHEMAS into OUTPUT: a C serializer, a Python module, its stub and its extension module each.

    Only files whose content changes are touched, and nothing is written when a schema has errors.
    """
    if check_only or list_outputs:
        made = load(schemas, dict(defines), format_, bind=c_only)
        files = outputs(made, output, c_only=c_only)
        compiled = not emit_only and not c_only
        if list_outputs:
            for path in (*files, *(modules(list(files)) if compiled else ())):
                click.echo(path)
            return
        old = [*stale(files), *(old_modules(list(files)) if compiled else ())]
        for path in old:
            click.echo(f"out of date: {path}", err=True)
        raise SystemExit(1 if old else 0)
    build(schemas, output, defines=dict(defines), emit_only=emit_only, c_only=c_only, format_=format_)
