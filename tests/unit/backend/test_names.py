"""What schema names are called in C and in Python, literally."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path, PurePath

import pytest

from vmsgen.backend.clashes import refuse_clashes
from vmsgen.backend.names import c_struct, class_name, hook_name, macro_name, member_name
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_files
from vmstate import get_include


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", "status"), ("class", "class_"), ("int", "int_"), ("template", "template_"), ("None", "None_"),
        ("save", "save_"), ("pre_load", "pre_load_"), ("_Bool", "_Bool_"), ("_private", "_private"),
        ("errno", "errno_"), ("mro", "mro_"), ("version", "version"), ("UINT8_MAX", "UINT8_MAX_"), ("EOF", "EOF_"),
        ("VMS_ABI", "VMS_ABI_"), ("BIG_ENDIAN", "BIG_ENDIAN_"), ("offsetof", "offsetof_"), ("WINAPI", "WINAPI_"),
    ],
)  # fmt: skip
def test_members(name: str, expected: str) -> None:
    assert member_name(name) == expected


def test_members_are_no_macros_of_the_runtime_header(tmp_path: Path) -> None:
    """Such a member would be something else, or nothing, once the preprocessor has seen it."""
    if not shutil.which("cc"):
        pytest.skip("there is no cc")
    source = tmp_path / "all.c"
    source.write_text('#include "vms.h"\n')
    command = ["cc", "-E", "-dM", f"-I{get_include()}", str(source)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    macros = re.findall(r"^#define ([A-Za-z]\w*) ", text, re.MULTILINE)
    assert "EXIT_SUCCESS" in macros
    assert [name for name in macros if member_name(name) == name] == []


def test_structs_are_none_of_the_headers(tmp_path: Path) -> None:
    """Nor do their functions have the name of one there: `pthread_mutex` would get a `pthread_mutex_init`."""
    if not shutil.which("cc"):
        pytest.skip("there is no cc")
    source = tmp_path / "all.c"
    source.write_text('#include <Python.h>\n#include "vms_python.h"\n#include "vms_describe.h"\n')
    command = ["cc", "-E", "-P", f"-I{get_include()}", f"-I{sysconfig.get_path('include')}", str(source)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tags = set(re.findall(r"\b(?:struct|union|enum)\s+([A-Za-z]\w*)", text))
    assert {"tm", "stat", "timespec", "vms_reader"} < tags
    assert [tag for tag in sorted(tags) if c_struct(tag) == tag] == []
    functions = set(re.findall(r"\b([a-z]\w*?)_(?:init|read|write|save|load|clear|share|device)\s*\(", text))
    assert "pthread_mutex" in functions
    assert [stem for stem in sorted(functions) if c_struct(stem) == stem] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("pre_load", "pre_load"), ("wake", "wake"), ("class", "class_"), ("save", "save_"), ("present", "present_")],
)
def test_hooks(name: str, expected: str) -> None:
    assert hook_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pckbd", "Pckbd"), ("ide_drive", "IdeDrive"), ("IDEState", "IDEState"), ("a__b", "AB"), ("none", "None_"),
        ("device", "Device_"), ("mapping", "Mapping"), ("_", "_"), ("_9", "_9"),
    ],
)  # fmt: skip
def test_classes(name: str, expected: str) -> None:
    assert class_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uart", "uart"), ("int", "int_"), ("vms", "vms_"), ("vms_reader", "vms_reader_"), ("python_d", "python_d_"),
        ("tm", "tm_"), ("stat", "stat_"), ("timezone", "timezone_"), ("pthread_mutex", "pthread_mutex_"),
        ("timer", "timer"), ("status", "status"), ("Pyramid", "Pyramid"),
    ],
)  # fmt: skip
def test_structs(name: str, expected: str) -> None:
    assert c_struct(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FIFO_SIZE", "FIFO_SIZE"), ("NULL", "NULL_"), ("int", "int_"), ("UINT8_MAX", "UINT8_MAX_"),
        ("INT64_C", "INT64_C_"), ("RAND_MAX", "RAND_MAX_"), ("VMS_OK", "VMS_OK_"), ("Mode_IDLE", "Mode_IDLE"),
    ],
)  # fmt: skip
def test_macros(name: str, expected: str) -> None:
    assert macro_name(name) == expected


def refused(texts: dict[str, str], *, first: str) -> list[tuple[str, str]]:
    diagnostics = Diagnostics()
    made = compile_files([PurePath(first)], diagnostics, read=lambda path: texts[str(path)])
    assert not diagnostics.has_errors
    refuse_clashes(made, diagnostics)
    return [(finding.code, finding.message) for finding in diagnostics]


def test_files_that_differ_by_case_alone() -> None:
    texts = {
        "main.vms": 'use "Fifo.vms"\nuse "fifo.vms"\ndevice d version 1 { a : u8[UPPER] }',
        "Fifo.vms": "const UPPER = 1", "fifo.vms": "const LOWER = 1",
    }  # fmt: skip
    assert refused(texts, first="main.vms") == [("file-name", "`fifo.vms` and `Fifo.vms` differ by case alone")]


@pytest.mark.parametrize("name", ["vms", "string", "enum", "class", "_a", "a-b", "1a", "Python", "ä"])
def test_file_names_that_would_hide_something(name: str) -> None:
    (found,) = refused({f"{name}.vms": "const A = 1"}, first=f"{name}.vms")
    assert found[0] == "file-name"


def test_ordinary_names_are_left_alone() -> None:
    text = (
        "const SIZE = 4 const size_of = 3 enum Mode : u8 { IDLE = 0 } flags Bits : u8 { A = 1 }\n"
        "struct a_b { x : u8 }\n"
        "device a version 1 { n : u8  b : a_b  c : u8[n max SIZE]  m : Mode  subsection d { e : Bits } }"
    )
    assert refused({"ordinary.vms": text}, first="ordinary.vms") == []
