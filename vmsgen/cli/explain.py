"""`--explain CODE`: what a finding of `vmsgen check` or `vmsgen compat` is about."""

from __future__ import annotations

import re

import click

from vmsgen.compat.rules import EVERYTHING
from vmsgen.passes.lints import ERRORS, EXPLANATIONS


def paragraphs(name: str) -> list[tuple[str, str]]:
    """Titles and texts of all that have the name: a warning and a rule may have the same."""
    found = [(f"warning[{name}]", EXPLANATIONS[name])] if name in EXPLANATIONS else []
    found += [(f"error[{name}]", ERRORS[name])] if name in ERRORS else []
    found += [(f"{about.category}[{name}]", about.explanation) for about in EVERYTHING if about.id == name]
    return found


def explain(context: click.Context, parameter: click.Parameter, code: str | None) -> None:
    """Prints the paragraphs of a code, and ends the program."""
    if code is None:
        return
    # As it stands in the findings, `warning[never-true]`, it may be copied.
    bracketed = re.fullmatch(r"\w+\[(.+)\]", code)
    found = paragraphs(bracketed.group(1) if bracketed else code)
    if not found:
        names = ", ".join(sorted((*EXPLANATIONS, *ERRORS)))
        message = f"nothing is called {code!r}; there are {names}, and what `vmsgen compat --rules` lists"
        raise click.BadParameter(message, context, parameter)
    for title, text in found:
        click.echo(title)
        click.echo(click.wrap_text(text, 100, "  ", "  "))
    context.exit()


explain_option = click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=explain,
    help="Say what a finding's code is about. An unknown one lists them all.",
)
