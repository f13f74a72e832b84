"""The verbs `build` and `check`, as a shell sees them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from vmsgen.backend import binding
from vmsgen.backend.c import clashes
from vmsgen.cli.main import main
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema
from vmsgen.passes.lints import EXPLANATIONS

GOOD = "const SIZE = 4\ndevice door version 1..2 {\n    open : bool\n    log : u8[SIZE]\n    extra : u16 since 2\n}\n"
BAD = "device door version 1 {\n    open : boolean\n}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "door.vms").write_text(GOOD)
    (folder / "bad.vms").write_text(BAD)
    return folder


def vmsgen(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_help_has_examples() -> None:
    for verb in ((), ("build",), ("check",)):
        result = vmsgen(*verb, "--help")
        assert result.exit_code == 0
        assert "Examples:" in result.output


def test_version() -> None:
    assert "0.1.0" in vmsgen("--version").output


def test_check_prints_sizes(here: Path) -> None:
    result = vmsgen("check", "door.vms")
    assert result.exit_code == 0
    assert result.stdout.split() == "device versions largest save largest allocation door 1..2 7 0".split()


def test_check_for_programs(here: Path) -> None:
    result = vmsgen("check", "--json", "door.vms")
    assert json.loads(result.stdout) == [
        {
            "schema": "door.vms",
            "device": "door",
            "minimum_version": 1,
            "version": 2,
            "largest_save": 7,
            "largest_allocation": 0,
        }
    ]


def test_findings_go_to_standard_error(here: Path) -> None:
    result = vmsgen("check", "bad.vms")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error[unknown-type]: no type is called `boolean`\n --> bad.vms:2:12\n")


def test_findings_as_json_and_as_annotations(here: Path) -> None:
    found = json.loads(vmsgen("check", "--format", "json", "bad.vms").stderr)
    assert "unknown-type" in json.dumps(found)
    github = vmsgen("check", "--format", "github", "bad.vms").stderr
    assert github.startswith("::error file=bad.vms,line=2,")


def test_nothing_is_written_when_a_schema_has_errors(here: Path) -> None:
    result = vmsgen("build", "door.vms", "bad.vms", "-o", "out")
    assert result.exit_code == 1
    assert not (here / "out").exists()


def test_emit_only_writes_sources_and_touches_only_what_changed(here: Path) -> None:
    assert vmsgen("build", "--emit-only", "door.vms", "-o", "out").exit_code == 0
    written = {path.name: path.stat().st_mtime_ns for path in (here / "out").iterdir()}
    assert sorted(written) == ["_door.c", "door.c", "door.h", "door.py", "door.pyi"]
    assert vmsgen("build", "--emit-only", "door.vms", "-o", "out").exit_code == 0
    assert {path.name: path.stat().st_mtime_ns for path in (here / "out").iterdir()} == written
    (here / "out" / "door.py").write_text("changed")
    vmsgen("build", "--emit-only", "door.vms", "-o", "out")
    now = {path.name: path.stat().st_mtime_ns for path in (here / "out").iterdir()}
    assert [name for name in sorted(now) if now[name] != written[name]] == ["door.py"]


def test_check_tells_what_is_out_of_date(here: Path) -> None:
    vmsgen("build", "--emit-only", "door.vms", "-o", "out")
    assert vmsgen("build", "--check", "--emit-only", "door.vms", "-o", "out").exit_code == 0
    (here / "out" / "door.h").unlink()
    result = vmsgen("build", "--check", "--emit-only", "door.vms", "-o", "out")
    assert (result.exit_code, result.stderr) == (1, f"out of date: {Path('out', 'door.h')}\n")
    assert not (here / "out" / "door.h").exists()


def test_check_tells_of_a_module_that_is_older_than_its_sources(here: Path) -> None:
    """As a build leaves it whose compiler failed."""
    vmsgen("build", "--emit-only", "door.vms", "-o", "out")
    module = here / "out" / "_door.abi3.so"
    module.write_bytes(b"\x7fELF\0DIGEST\0".replace(b"DIGEST", digest_of(here / "out" / "_door.c")))
    assert vmsgen("build", "--check", "door.vms", "-o", "out").exit_code == 0
    os.utime(module, (1, 1))
    result = vmsgen("build", "--check", "door.vms", "-o", "out")
    assert (result.exit_code, result.stderr) == (1, f"out of date: {Path('out', '_door.abi3.so')}\n")


def digest_of(binding: Path) -> bytes:
    return binding.read_bytes().partition(b'.digest = "')[2][:16]


def test_check_tells_of_what_is_no_module_of_the_schema(here: Path) -> None:
    """However new it is: a file of something else, and the module of another schema."""
    vmsgen("build", "--emit-only", "door.vms", "-o", "out")
    module = here / "out" / "_door.abi3.so"
    for content in (b"", b"garbage\n", b"\x7fELF\0000123456789abcdef\0"):
        module.write_bytes(content)
        result = vmsgen("build", "--check", "door.vms", "-o", "out")
        assert (result.exit_code, result.stderr) == (1, f"out of date: {Path('out', '_door.abi3.so')}\n")


def test_what_is_no_module_is_compiled_again(here: Path) -> None:
    if not shutil.which("cc"):
        pytest.skip("no C compiler `cc`")
    assert vmsgen("build", "door.vms", "-o", "out").exit_code == 0
    module = here / "out" / "_door.abi3.so"
    assert digest_of(here / "out" / "_door.c") in module.read_bytes()
    assert vmsgen("build", "--check", "door.vms", "-o", "out").exit_code == 0
    module.write_bytes(b"garbage\n")
    assert vmsgen("build", "door.vms", "-o", "out").exit_code == 0
    assert module.read_bytes()[:4] == b"\x7fELF"


def test_a_build_leaves_no_folder_of_its_own(here: Path) -> None:
    if not shutil.which("cc"):
        pytest.skip("no C compiler `cc`")
    assert vmsgen("build", "door.vms", "-o", "out").exit_code == 0
    left = sorted(path.name for path in (here / "out").iterdir())
    assert left == ["_door.abi3.so", "_door.c", "door.c", "door.h", "door.py", "door.pyi"]


def test_what_takes_long_is_done_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many members a device has, and however many schemas use a file."""
    done: list[str] = []

    def counting(module: ModuleType, name: str) -> None:
        original = getattr(module, name)

        def called(first: Description | Schema, *rest: object) -> object:
            done.append(f"{name} {first.name}")
            return original(first, *rest)

        monkeypatch.setattr(module, name, called)

    counting(binding, "counted_members")
    counting(clashes, "emit_source")
    fields = "\n".join(f"    f{i} : u8" for i in range(100))
    (here / "base.vms").write_text("const MOST = 3\nstruct base version 1 { a : u8[MOST] }\n")
    for name in ("one", "two"):
        (here / f"{name}.vms").write_text(f'use "base.vms"\ndevice {name} version 1 {{ b : base\n{fields}\n}}\n')
    assert vmsgen("build", "--emit-only", "one.vms", "two.vms", "-o", "out").exit_code == 0
    assert sorted(done) == [
        "counted_members base", "counted_members one", "counted_members two",
        "emit_source base", "emit_source one", "emit_source two",
    ]  # fmt: skip


def test_list_outputs_writes_nothing(here: Path) -> None:
    result = vmsgen("build", "--list-outputs", "door.vms", "-o", "out")
    names = ["door.h", "door.c", "_door.c", "door.py", "door.pyi", "_door.abi3.so"]
    assert result.stdout.split() == [str(Path("out", name)) for name in names]
    assert not (here / "out").exists()


def test_constants_from_outside(here: Path) -> None:
    assert json.loads(vmsgen("check", "--json", "-D", "SIZE=0x10", "door.vms").stdout)[0]["largest_save"] == 19
    for wrong in ("SIZE", "SIZE=many", "1=1"):
        assert vmsgen("check", "-D", wrong, "door.vms").exit_code == 2


def test_constants_that_nobody_declares(here: Path) -> None:
    result = vmsgen("check", "-D", "SIZES=4", "door.vms")
    assert result.exit_code == 2
    assert "Error: -D SIZES=…: no schema has a constant `SIZES`; did you mean `SIZE`?" in result.stderr
    result = vmsgen("build", "-D", f"SIZE={1 << 64}", "--emit-only", "door.vms", "-o", "out")
    assert (result.exit_code, (here / "out").exists()) == (2, False)
    assert "does not fit 64 bits" in result.stderr


@pytest.mark.parametrize("old", [b"", b"/* Generated by vmsgen 0.0.1 from door.vms \xff\xfe, cut sho"])
def test_an_interrupted_or_older_file_is_replaced_whole(here: Path, old: bytes) -> None:
    (here / "out").mkdir()
    (here / "out" / "door.c").write_bytes(old)
    assert vmsgen("build", "--emit-only", "door.vms", "-o", "out").exit_code == 0
    assert (here / "out" / "door.c").read_text().startswith("/* Generated by vmsgen 0.1.0 from door.vms (sha256 ")
    left = sorted(path.name for path in (here / "out").iterdir())
    assert left == ["_door.c", "door.c", "door.h", "door.py", "door.pyi"]


@pytest.mark.parametrize(("name", "text"), [("door.c", b"int main(void);\n"), ("_door.c", b"\xff\xfe not text")])
def test_a_file_of_somebody_else_stays(here: Path, name: str, text: bytes) -> None:
    (here / "out").mkdir()
    (here / "out" / name).write_bytes(text)
    result = vmsgen("build", "--emit-only", "door.vms", "-o", "out")
    said = f"out/{name} was not written by vmsgen, and what is made from door.vms would replace it; rename one of them"
    assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")
    assert {path.name: path.read_bytes() for path in (here / "out").iterdir()} == {name: text}


@pytest.mark.parametrize("arguments", [(), ("-o", "out"), ("--format", "xml", "door.vms", "-o", "out"), ("door.vms",)])
def test_wrong_usage_is_no_traceback(here: Path, arguments: tuple[str, ...]) -> None:
    result = vmsgen("build", *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")
    assert "Traceback" not in result.output


def test_nothing_to_say_is_valid_json(here: Path) -> None:
    assert vmsgen("check", "--format", "json", "door.vms").stderr.strip() == "[]"


def test_names_that_clash_in_c_are_found_by_check_already(here: Path) -> None:
    (here / "clash.vms").write_text("const open = 1\ndevice door version 1 {\n    open : bool\n}\n")
    result = vmsgen("check", "clash.vms")
    assert result.exit_code == 1
    assert result.stderr.startswith("error[c-name]: the constant `open` is the macro `open` in C")


def test_two_files_of_one_name(here: Path) -> None:
    (here / "other").mkdir()
    (here / "other" / "door.vms").write_text("device gate version 1 { a : u8 }\n")
    result = vmsgen("build", "--emit-only", "door.vms", "other/door.vms", "-o", "out")
    assert (result.exit_code, (here / "out").exists()) == (1, False)
    assert "error[file-name]: two files are called `door.vms`" in result.stderr


@pytest.mark.parametrize("schema", ["missing.vms", ".", "latin1.vms"])
def test_files_that_cannot_be_read(here: Path, schema: str) -> None:
    (here / "latin1.vms").write_bytes(b"// \xe9\n")
    result = vmsgen("check", schema)
    assert result.exit_code == 1
    assert f"error[cannot-read]: cannot read {schema}" in result.stderr


def test_an_output_that_cannot_be_written(here: Path) -> None:
    (here / "taken").write_text("a file")
    result = vmsgen("build", "--emit-only", "door.vms", "-o", "taken/inside")
    assert result.exit_code == 1
    assert "Error: cannot write" in result.output


def test_a_folder_where_a_file_would_go(here: Path) -> None:
    (here / "out" / "door.c").mkdir(parents=True)
    result = vmsgen("build", "door.vms", "-o", "out", "--emit-only")
    assert result.exit_code == 1
    assert result.output == "Error: cannot write out/door.c: Is a directory\n"
    assert [path.name for path in (here / "out").iterdir()] == ["door.c"]


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_a_missing_compiler_is_one_clear_sentence(here: Path) -> None:
    environment = {**os.environ, "PATH": str(here), "CC": "no-such-compiler"}
    command = [sys.executable, "-m", "vmsgen", "build", "door.vms", "-o", "out"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no-such-compiler" in done.stderr
    assert "install a C compiler: on Debian and Ubuntu the package gcc" in done.stderr


def test_c_alone(here: Path) -> None:
    assert vmsgen("build", "--c-only", "door.vms", "-o", "out").exit_code == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == ["door.c", "door.h"]


@pytest.mark.parametrize("code", ["never-true", "warning[never-true]"])
def test_check_explains_a_warning(code: str) -> None:
    """Without a schema, in the words of the table in docs/language.md."""
    result = vmsgen("check", "--explain", code)
    assert result.exit_code == 0
    first, *text = result.stdout.splitlines()
    assert first == "warning[never-true]"
    assert " ".join(" ".join(text).split()) == EXPLANATIONS["never-true"]
    assert all(line.startswith("  ") and len(line) <= 100 for line in text)


def test_an_unknown_code_lists_all_of_them() -> None:
    result = vmsgen("check", "--explain", "never")
    assert (result.exit_code, result.stdout) == (2, "")
    said = " ".join(result.stderr.split())
    names = (
        "absent-field, always-missing, always-true, never-true, not-loaded-yet, shadowed-subsection, stray-doc, "
        "struct-version"
    )
    assert said.endswith(f"nothing is called 'never'; there are {names}, and what `vmsgen compat --rules` lists")


@pytest.mark.parametrize("command", ["check", "compat"])
@pytest.mark.parametrize(
    ("code", "titles"),
    [
        ("minimum-not-raised", ["advice[minimum-not-raised]"]),
        ("advice[version-bump]", ["advice[version-bump]"]),
        ("error[not-loaded-yet]", ["error[not-loaded-yet]"]),
        ("struct-version", ["warning[struct-version]", "advice[struct-version]"]),
        ("field-added", ["wire[field-added]"]),
    ],
)
def test_errors_and_rules_are_explained_too(command: str, code: str, titles: list[str]) -> None:
    result = vmsgen(command, "--explain", code)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == titles
    assert len(lines) > len(titles)


def test_lints_are_of_check_alone(here: Path) -> None:
    (here / "old.vms").write_text("struct S version 1..2 { a : u8 since 2 }\ndevice d version 1 { s : S }\n")
    assert "warning[struct-version]" in vmsgen("check", "old.vms").stderr
    assert vmsgen("build", "--emit-only", "old.vms", "-o", "out").stderr == ""
