"""`[tool.vmsgen]`: what is read, and what each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmsgen.integrations.project import Settings, SettingsError, read_settings, with_used_files


def write(root: Path, table: str, *schemas: str) -> Path:
    (root / "pyproject.toml").write_text(table, encoding="utf-8")
    for name in schemas:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    return root


def test_all_keys(tmp_path: Path) -> None:
    table = '[tool.vmsgen]\nschemas = ["s/*.vms", "s/a.vms"]\npackage = "my.devices"\ndefines = { N = -4 }\n'
    write(tmp_path, table, "s/b.vms", "s/a.vms", "s/deeper/c.vms")
    assert read_settings(tmp_path) == Settings((Path("s/a.vms"), Path("s/b.vms")), "my.devices", {"N": -4})


@pytest.mark.parametrize("text", ["", "[tool.other]\nschemas = 3\n", "[tool]\nx = 1\n", "not toml ["])
def test_a_project_without_the_table(tmp_path: Path, text: str) -> None:
    assert read_settings(write(tmp_path, text)) is None


def test_no_pyproject(tmp_path: Path) -> None:
    assert read_settings(tmp_path) is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('package = "p"', '[tool.vmsgen] needs `schemas`, a list of paths or globs: schemas = ["schemas/*.vms"]'),
        (
            'schemas = "a.vms"\npackage = "p"',
            '[tool.vmsgen] needs `schemas`, a list of paths or globs: schemas = ["schemas/*.vms"]',
        ),
        ('schemas = ["b*.vms"]\npackage = "p"', "[tool.vmsgen] schemas: nothing matches `b*.vms`"),
        ('schemas = ["../a.vms"]\npackage = "p"', "[tool.vmsgen] schemas: `../a.vms` must lie inside the project"),
        ('schemas = ["/a.vms"]\npackage = "p"', "[tool.vmsgen] schemas: `/a.vms` must lie inside the project"),
        (
            'schemas = ["a.vms", "x/a.vms"]\npackage = "p"',
            "[tool.vmsgen] schemas: a.vms and x/a.vms would both become the module `a`; rename one",
        ),
        (
            'schemas = ["a.vms"]',
            '[tool.vmsgen] needs `package`, the package that gets the modules: package = "mydevices"',
        ),
        (
            'schemas = ["a.vms"]\npackage = "my-devices"',
            '[tool.vmsgen] needs `package`, the package that gets the modules: package = "mydevices"',
        ),
        (
            'schemas = ["a.vms"]\npackage = "p"\ndefines = { N = "4" }',
            "[tool.vmsgen] defines: `N` must be an integer, not '4'",
        ),
        (
            'schemas = ["a.vms"]\npackage = "p"\ndefines = { N = true }',
            "[tool.vmsgen] defines: `N` must be an integer, not True",
        ),
        (
            f'schemas = ["a.vms"]\npackage = "p"\ndefines = {{ N = {2**64} }}',
            "[tool.vmsgen] defines: `N` = 18446744073709551616 does not fit 64 bits",
        ),
        (
            f'schemas = ["a.vms"]\npackage = "p"\ndefines = {{ N = {-(2**63) - 1} }}',
            "[tool.vmsgen] defines: `N` = -9223372036854775809 does not fit 64 bits",
        ),
        (
            'schemas = ["a.vms"]\npackage = "p"\ndefines = ["N=4"]',
            "[tool.vmsgen] defines must be a table of integers: defines = { NCPUS = 4 }",
        ),
        ('schema = ["a.vms"]\npackage = "p"', "[tool.vmsgen] has no key `schema`; did you mean `schemas`?"),
        ("zzz = 1", "[tool.vmsgen] has no key `zzz`; it knows schemas, package, defines"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, table: str, message: str) -> None:
    write(tmp_path, f"[tool.vmsgen]\n{table}\n", "a.vms", "x/a.vms")
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)
    assert str(caught.value) == message


def test_used_files_are_followed_inside_the_project_only(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name, text in {
        "s/a.vms": 'use "lib/b.vms"\nuse "gone.vms"\n',
        "s/lib/b.vms": 'use "../c.vms"\nuse "../../../outside.vms"\n',
        "s/c.vms": 'use "a.vms"  // a ring is the compiler\'s business\n',
        "s/unused.vms": "",
        "../outside.vms": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    assert with_used_files(root, [Path("s/a.vms")]) == [Path("s/a.vms"), Path("s/c.vms"), Path("s/lib/b.vms")]
