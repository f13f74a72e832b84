"""A project with `[tool.vmsgen]`, in a path with a space: pip builds its modules, and its sdist carries its schemas."""

from __future__ import annotations

import tarfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.environments import COMPILER_NEEDS, Environment, make_environment, run

pytestmark = pytest.mark.packaging

PYPROJECT = """
[build-system]
requires = ["setuptools>=77", "vmsgen"]
build-backend = "setuptools.build_meta"

[project]
name = "my-devices"
version = "1.0"
dependencies = ["vmsgen"]

[tool.vmsgen]
schemas = ["schemas/*.vms"]
package = "mydevices"
defines = { START = 21 }
"""

THERMOSTAT = """
use "parts/bounds.vms"

device thermostat version 1 {
    target : u16 in 0..LIMIT = START
    mode   : u8 = 2
}
"""

LIMITS = """
const LIMIT = 40
const START = 20
"""

# The reset values of thermostat, with START as pyproject.toml sets it.
SAVED = "001502\n"
SAVE = "from mydevices import thermostat; print(thermostat.Thermostat().save().hex())"


@dataclass(frozen=True)
class Project:
    folder: Path
    package: Path


def make_project(folder: Path, package: str) -> Project:
    """The project, with its (empty) Python package in the folder `package`."""
    for name, text in {
        "pyproject.toml": PYPROJECT,
        "schemas/thermostat.vms": THERMOSTAT,
        "schemas/parts/bounds.vms": LIMITS,
        f"{package}/__init__.py": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return Project(folder, folder / package)


@pytest.fixture(scope="module")
def environment(workshop: Path, wheel: Path) -> Environment:
    """One with vmsgen installed; every test replaces my-devices in it."""
    environment = make_environment(workshop / "user", (*COMPILER_NEEDS, "build"))
    environment.install(wheel)
    return environment


@pytest.fixture(params=["mydevices", "src/mydevices"], ids=["flat", "src"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return make_project(tmp_path / "a user's project", request.param)


def test_install(environment: Environment, project: Project) -> None:
    environment.install("--force-reinstall", "--no-deps", project.folder)
    assert environment.run("python", "-c", SAVE) == SAVED
    assert [path.name for path in project.package.iterdir()] == ["__init__.py"]


def test_editable_install_follows_the_schema(environment: Environment, project: Project) -> None:
    environment.install("--force-reinstall", "--no-deps", "--editable", project.folder)
    assert environment.run("python", "-c", SAVE) == SAVED
    schema = project.folder / "schemas/thermostat.vms"
    schema.write_text(schema.read_text(encoding="utf-8").replace("= 2", "= 3"), encoding="utf-8")
    environment.install("--force-reinstall", "--no-deps", "--editable", project.folder)
    assert environment.run("python", "-c", SAVE) == "001503\n"
    # What the editable install left in the source folder is not what a later wheel holds.
    schema.write_text(schema.read_text(encoding="utf-8").replace("= 3", "= 4"), encoding="utf-8")
    environment.install("--force-reinstall", "--no-deps", project.folder)
    assert environment.run("python", "-c", SAVE) == "001504\n"


def test_sdist_carries_the_schemas_and_a_wheel_comes_of_it(environment: Environment, project: Project) -> None:
    environment.run("python", "-m", "build", "--no-isolation", "--outdir", project.folder / "dist", project.folder)
    (archive,) = (project.folder / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"schemas/thermostat.vms", "schemas/parts/bounds.vms"} <= names
    assert not [name for name in names if "thermostat" in name and not name.endswith(".vms")]
    (wheel,) = (project.folder / "dist").glob("*.whl")
    environment.install("--force-reinstall", "--no-deps", wheel)
    assert environment.run("python", "-c", SAVE) == SAVED


def test_a_module_written_by_hand_is_not_replaced(environment: Environment, tmp_path: Path) -> None:
    project = make_project(tmp_path / "a user's project", "mydevices")
    (project.package / "thermostat.py").write_text("mine = True\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"mydevices/thermostat\.py was not written by vmsgen"):
        environment.install("--force-reinstall", "--no-deps", "--editable", project.folder)
    assert (project.package / "thermostat.py").read_text(encoding="utf-8") == "mine = True\n"


def test_a_missing_package_is_named(environment: Environment, tmp_path: Path) -> None:
    project = make_project(tmp_path / "a user's project", "others")
    with pytest.raises(AssertionError, match=r"Create mydevices/__init__\.py"):
        environment.install("--force-reinstall", "--no-deps", project.folder)


def test_a_schema_error_is_shown_with_its_place(environment: Environment, tmp_path: Path) -> None:
    project = make_project(tmp_path / "a user's project", "mydevices")
    (project.folder / "schemas/thermostat.vms").write_text("device thermostat version 1 { a : u9 }\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"schemas/thermostat\.vms:1:35") as caught:
        environment.install("--force-reinstall", "--no-deps", project.folder)
    assert "Traceback" not in str(caught.value)


def test_without_the_table_nothing_is_added(environment: Environment, tmp_path: Path) -> None:
    project = make_project(tmp_path / "a user's project", "src/mydevices")
    pyproject = project.folder / "pyproject.toml"
    pyproject.write_text(PYPROJECT.partition("[tool.vmsgen]")[0], encoding="utf-8")
    run(environment.python, "-m", "build", "--no-isolation", project.folder, cwd=tmp_path)
    assert (project.folder / "dist" / "my_devices-1.0-py3-none-any.whl").exists()
