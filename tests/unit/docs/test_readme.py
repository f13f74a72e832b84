"""What the README and the cookbook show is what happens, and what they say of the project is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from benchmarks.bars import BARS, COST_BARS, INSTRUCTION_BARS
from tests.unit.docs.blocks import Block, blocks, commands, steps
from tests.unit.docs.running import ROOT, run
from vmsgen.cli.build import build_command
from vmstate import errors
from vmstate._refusals import CODES

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
RUN = [README, *(ROOT / "docs" / f"{name}.md" for name in ("cookbook", "runtime", "machines"))]


@pytest.mark.native
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_everything_shown_is_what_happens(page: Path, tmp_path: Path) -> None:
    if not shutil.which("cc"):
        pytest.skip("no C compiler `cc`")
    work = steps(blocks(page))
    assert {step.kind for step in work} >= ({"pycon"} if page.stem == "runtime" else {"file", "console", "pycon"})
    for step in work:
        run(step, tmp_path)


def test_the_two_commands_stand_first() -> None:
    first = blocks(README)[0]
    assert first.make and [line.split("#")[0].strip() for line in first.text.splitlines()] == ["make demo", "make test"]


def test_the_packages_that_the_readme_names_are_those_that_preflight_asks_for() -> None:
    line = next(line for line in README.read_text(encoding="utf-8").splitlines() if "apt-get install" in line)
    named = set(re.findall(r"[\w-]+", line.partition("apt-get install")[2].partition("`")[0]))
    asked = set(re.findall(r"apt-get install ([\w-]+)", (ROOT / "scripts/preflight.sh").read_text(encoding="utf-8")))
    # python3-dev brings python3 and libc6-dev with it; make has run already when preflight does.
    assert named - {"make"} == asked - {"python3", "libc6-dev"}


def test_the_table_of_errors_is_complete() -> None:
    rows = re.findall(r"^\| `(\w+Error)` \| (.*?) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    codes = {name: set(re.findall(r"`([\w-]+)`", cell)) for name, cell in rows}
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    kinds = {each.__name__ for each in classes if each.__module__ == errors.__name__}
    # Those of whole machines, of names, and the bases are no rows.
    assert set(codes) == kinds - {"VMStateError", "_SystemError", "UnknownSectionError", "UnknownNameError"}
    for code, kind in CODES:
        if code not in ("ok", "memory"):
            assert code in codes[kind.__name__]


def test_the_benchmark_table_has_every_bar_and_says_where_it_was_made() -> None:
    table = README.read_text(encoding="utf-8").partition("<!-- benchmark -->")[2].partition("<!-- /benchmark -->")[0]
    for bar in BARS:
        row = next(line for line in table.splitlines() if _is_row(line, bar.state, bar.operation, f"≥ {bar.least:g} ×"))
        measured, demanded = (cell.strip() for cell in row.split("|")[5:7])
        ratio = float(measured.removesuffix(" ×").replace(",", ""))
        # As printed the ratio is rounded: only what is clear of the bar can be told.
        assert abs(ratio - bar.least) < 0.05 or demanded.endswith("met") == (ratio >= bar.least)
    # The bars of what a description costs have a row each in a newer table, whether they were measured or not.
    limits = [bar for bar in COST_BARS if bar.most is not None]
    assert table.count("≤") - len(INSTRUCTION_BARS) in (0, len(limits))
    assert re.search(r"Medians of \d+ interleaved rounds in one process, .*, \d+ cores, .*, \d{4}-\d\d-\d\d", table)
    assert "quick run" not in table


def _is_row(line: str, state: str, operation: str, demanded: str) -> bool:
    cells = [cell.strip() for cell in line.split("|")]
    return cells[1:3] == [state, operation] and len(cells) > 6 and cells[6].startswith(demanded + " ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_paths_that_are_named_exist(page: Path) -> None:
    """`vmsgen/passes/layout.py`, `templates/`: anything in back-quotes that begins with a folder of the project."""
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"build", "dist"}
    for named in re.findall(r"`([\w.-]+/[\w./-]*)`", page.read_text(encoding="utf-8")):
        if named.split("/")[0] in tops:
            assert (ROOT / named).exists(), named


def test_the_table_of_verbs_has_every_option_of_build() -> None:
    table = README.read_text(encoding="utf-8").partition("| `vmsgen build X.vms")[2].partition("\n\n")[0]
    own = {option for parameter in build_command.params for option in parameter.opts if option.startswith("--")}
    for option in own - {"--output", "--define", "--format"}:
        assert f"`… {option}`" in table, option
    assert "-D NAME=VALUE" in table and "--format" in table


def test_the_layers_that_are_listed_are_the_folders_of_tests() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "tests" / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert set(listed) == folders


def test_what_needs_memory_c_is_said() -> None:
    assert "memory.c" in (ROOT / "runtime" / "include" / "vms.h").read_text(encoding="utf-8").partition("*/")[0]


def test_a_block_that_nothing_checks_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 7: nothing checks this toml block"):
        steps([Block("toml", "", 7, None, False)])


def test_commands_and_what_they_print() -> None:
    found = commands(Block("console", "$ one \\\n> two\nout\n> put\n$ three\n", 1, None, False))
    assert [(command.text, command.output) for command in found] == [("one \\\ntwo", ("out", "> put")), ("three", ())]


@pytest.mark.parametrize(
    "text", ["$ echo two\none\n", "$ echo one\n", "$ echo; false\nx\n...\n", "$ exit 3\n$ echo one\none\n"]
)
def test_output_that_differs_is_found(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run(steps([Block("console", text, 1, None, False)])[0], tmp_path)


def test_a_session_that_differs_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run(steps([Block("pycon", ">>> 1 + 1\n3\n", 1, None, False)])[0], tmp_path)
