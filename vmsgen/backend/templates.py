"""Templates of emitted Python, by name."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from vmsgen.backend.c.lines import string


def _source(name: str) -> str:
    return files("vmsgen.templates.python").joinpath(name).read_text(encoding="utf-8")


def render(template: str, /, **context: object) -> str:
    """The text of a template. A name that the context lacks is an error."""
    environment = Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["c_string"] = string
    return environment.get_template(template).render(context)
