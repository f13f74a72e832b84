"""Whatever the text: a tree or diagnostics with places inside the text, and never an exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from vmsgen.diagnostics import Diagnostics, Source, terminal
from vmsgen.syntax import parse
from vmsgen.syntax.parser import MAX_ERRORS

GOLDEN = Path(__file__).parents[1] / "unit" / "syntax" / "golden"
SCHEMAS = [path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*.vms"))]
WORDS = (
    "use const type enum flags device struct for version old needed priority limit unmigratable early_setup opaque "
    "hook as local send unused group check subsection in since before when where equal else keep alloc was max at "
    "buffer bitmap list map tmp custom held KiB u8 x `y` { } [ ] ( ) , ; : ? . .. +: = == != "
    '< <= > >= << >> || && | ^ & + - * / % ~ ! 0 1 0x 0x1f 08 "s" " \' // /// \\ # \n @ é'
).split(" ")


def check(text: str) -> None:
    diagnostics = Diagnostics()
    file = parse(Source("drawn.vms", text), diagnostics)
    assert (file is None) == diagnostics.has_errors
    assert sum(d.severity.value == "error" for d in diagnostics) <= MAX_ERRORS or file is None
    for diagnostic in diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.message
    drawn = terminal.render(diagnostics)
    assert drawn.isprintable() or all(char == "\n" or char.isprintable() or ord(char) > 0x7F for char in drawn)


@given(st.text())
@example("")
@example("\ufeff")
@example("\x00")
@example('"')
@example("const A = " + "1_" * 300)
@example('const A = "\\x1')
@example('const A = "\\')
@example("struct s { x \ud800 }")
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["", " ", "\n"]))
def test_any_words(words: list[str], between: str) -> None:
    check(between.join(words))


@given(st.data())
def test_broken_schemas(data: st.DataObject) -> None:
    """A valid schema with pieces cut out, doubled, or replaced by other words."""
    text = data.draw(st.sampled_from(SCHEMAS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        piece = data.draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=3), st.just(text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    check(text)
