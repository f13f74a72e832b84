"""vmsgen's own distribution: what is in it, and that it works where nothing of the source tree is near."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

import vmsgen
from tests.packaging.environments import COMPILER_NEEDS, ROOT, RUNTIME_NEEDS, copy_source, make_environment

pytestmark = pytest.mark.packaging

# Folder in the source tree -> folder in the wheel.
PLACES = {
    "vmsgen": "vmsgen",
    "templates": "vmsgen/templates",
    "runtime/vmstate": "vmstate",
    "runtime/include": "vmstate/include",
}
SHIPPED = {".py", ".pyi", ".lark", ".j2", ".h"}

FIND_DATA = """
from importlib.resources import files
from pathlib import Path
import vmstate
assert Path(vmstate.get_include(), "vms.h").is_file(), vmstate.get_include()
for package, pattern in [("vmsgen.templates.c", ".j2"), ("vmsgen.templates.python", ".j2"), ("vmsgen.syntax", ".lark")]:
    assert any(entry.name.endswith(pattern) for entry in files(package).iterdir()), package
"""

IMPORT_ALL_OF_RUNTIME = """
import importlib, pkgutil, sys
import vmstate
names = [module.name for module in pkgutil.walk_packages(vmstate.__path__, "vmstate.")]
for name in names:
    if not name.startswith("vmstate._build_"):      # describe the extensions, and are not for importing
        importlib.import_module(name)
print(sorted({name.split(".")[0] for name in sys.modules} & {"vmsgen", "lark", "jinja2", "click", "rich"}))
"""


def expected_files() -> set[str]:
    found = set()
    for source, target in PLACES.items():
        for path in (ROOT / source).rglob("*"):
            if path.suffix in SHIPPED or path.name == "py.typed":
                found.add(f"{target}/{path.relative_to(ROOT / source).as_posix()}")
    # The C that serves without Python too; generated extensions are compiled with some of it.
    sources = [path for path in (ROOT / "runtime/src").glob("*.[ch]") if not path.name.startswith("python_")]
    assert {"arrays.c", "describe.c", "errors.c", "expressions.c", "memory.c", "file_core.c", "file_channel.h"} <= {
        path.name for path in sources
    }
    return found | {f"vmstate/src/{name}" for name in ("__init__.py", *(path.name for path in sources))}


def test_wheel_holds_every_module_template_grammar_and_header(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    extensions = {name for name in names if name.endswith(".so")}
    assert names - extensions == expected_files()
    parts = sorted(name.split(".")[:2] for name in extensions)
    assert parts == [["vmstate/_native", "abi3"], ["vmstate/_stream", "abi3"]]


def test_one_wheel_for_every_python(wheel: Path) -> None:
    assert wheel.name.startswith(f"vmsgen-{vmsgen.__version__}-cp311-abi3-")


def test_both_packages_are_typed() -> None:
    assert {"vmsgen/py.typed", "vmstate/py.typed"} <= expected_files()


def test_sdist_holds_what_the_native_build_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    native = {path for folder in ("runtime/src", "runtime/include") for path in (ROOT / folder).rglob("*.[ch]")}
    assert native
    needed = {path.relative_to(ROOT).as_posix() for path in native}
    builders = [*(ROOT / "runtime/vmstate").glob("_build_*.py"), *(ROOT / "runtime/vmstate/_cdef").glob("*.h")]
    assert len(builders) >= 4
    needed |= {path.relative_to(ROOT).as_posix() for path in builders}
    needed |= {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "setup.py"}
    assert needed <= names
    assert not [name for name in names if name.endswith((".so", ".pyc", ".o"))]


def test_installed_wheel_has_a_working_command_and_finds_its_data(workshop: Path, wheel: Path) -> None:
    environment = make_environment(workshop / "installed", COMPILER_NEEDS)
    environment.install(wheel)
    assert vmsgen.__version__ in environment.run("vmsgen", "--version")
    environment.run("python", "-c", FIND_DATA)


def test_runtime_works_with_cffi_alone(workshop: Path, wheel: Path) -> None:
    environment = make_environment(workshop / "runtime only", RUNTIME_NEEDS)
    environment.install("--no-deps", wheel)
    assert environment.run("python", "-c", IMPORT_ALL_OF_RUNTIME) == "[]\n"


def test_editable_install(workshop: Path) -> None:
    source = copy_source(workshop / "edited source")
    environment = make_environment(workshop / "editable", COMPILER_NEEDS)
    environment.install("--editable", source)
    assert vmsgen.__version__ in environment.run("vmsgen", "--version")
    environment.run("python", "-c", FIND_DATA)
    where = environment.run("python", "-c", "import vmsgen, vmstate; print(vmsgen.__file__); print(vmstate.__file__)")
    assert where.splitlines() == [str(source / "vmsgen/__init__.py"), str(source / "runtime/vmstate/__init__.py")]
