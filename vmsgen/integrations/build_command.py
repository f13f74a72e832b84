"""The command `build_vmsgen`: schemas become modules, and extensions for setuptools' own build_ext to compile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from setuptools import Command, Extension
from setuptools.errors import SetupError

from vmsgen.integrations.project import Settings, with_used_files

if TYPE_CHECKING:
    from vmsgen.backend.extension import ExtensionSpec

# What of the emitted files belongs beside the user's own modules; the C stays in the build folder.
_MODULE_SUFFIXES = {".py", ".pyi"}


class BuildSchemas(Command):
    """One sub-command of `build`, after setuptools' protocol for such (`setuptools.command.build.SubCommand`).

    Emits into the build folder, copies the Python files to the wheel's tree, or for an editable install to the source
    folder, and hands the extensions to build_ext.
    """

    description = "compile the schemas of [tool.vmsgen]"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []

    settings: ClassVar[Settings]

    build_lib: str
    build_temp: str
    editable_mode: bool

    def initialize_options(self) -> None:
        self.build_lib = ""
        self.build_temp = ""
        self.editable_mode = False
        self._copied: dict[str, str] = {}

    def finalize_options(self) -> None:
        build = self.get_finalized_command("build")
        self.build_lib = self.build_lib or build.build_lib
        self.build_temp = self.build_temp or build.build_temp

    def run(self) -> None:
        """Raises SetupError, with the compiler's words where a schema is wrong."""
        # Here, not above: the compiler's own dependencies are needed for this step alone.
        import click

        from vmsgen.backend.extension import extensions
        from vmsgen.cli.build import build

        source_folder = self._source_folder()
        output = Path(self.build_temp, "vmsgen")
        output.mkdir(parents=True, exist_ok=True)
        try:
            emitted = build(self.settings.schemas, output, defines=self.settings.defines, emit_only=True)
        except click.ClickException as error:
            raise SetupError(error.format_message()) from error
        for path in emitted:
            if path.suffix in _MODULE_SUFFIXES:
                self._place(path, source_folder)
        self._hand_to_build_ext([self._extension(spec) for spec in extensions(emitted)])

    def get_source_files(self) -> list[str]:
        """What an sdist must carry, relative to the project's root."""
        return [path.as_posix() for path in with_used_files(Path.cwd(), self.settings.schemas)]

    def get_outputs(self) -> list[str]:
        """The Python files in the build tree. Which there are is known after `run`."""
        return list(self._copied)

    def get_output_mapping(self) -> dict[str, str]:
        """Of an editable install: file in the build tree -> file in the source tree."""
        return dict(self._copied) if self.editable_mode else {}

    def _source_folder(self) -> Path:
        package = self.settings.package
        if package not in (self.distribution.packages or []):
            folder = package.replace(".", "/")
            raise SetupError(
                f"[tool.vmsgen] package = {package!r} is not a package of this project. Create {folder}/__init__.py "
                f"(src/{folder}/__init__.py in a src layout; it may be empty), or, where [tool.setuptools] lists the "
                "packages, add it there"
            )
        return Path(self.get_finalized_command("build_py").get_package_dir(package))

    def _place(self, path: Path, source_folder: Path) -> None:
        # Here, not above, as in run().
        from vmsgen.backend.writer import ForeignFileError, refuse_foreign

        in_source = source_folder / path.name
        try:
            refuse_foreign(in_source, f"{path.stem}.vms")
        except ForeignFileError as problem:
            raise SetupError(str(problem)) from problem
        in_build = Path(self.build_lib, *self.settings.package.split("."), path.name)
        self._copied[str(in_build)] = str(in_source)
        _copy_if_changed(path, in_source if self.editable_mode else in_build)

    def _extension(self, spec: ExtensionSpec) -> Extension:
        # Emitted headers are left out: what is emitted from a changed schema has a new digest in every file.
        headers = [str(header) for folder in spec.include_dirs for header in sorted(Path(folder).glob("*.h"))]
        return Extension(
            f"{self.settings.package}.{spec.name}",
            # From the project's root where they lie in it: object files then get short names in the build folder.
            sources=[_from_here(self._near(source)) for source in spec.sources],
            include_dirs=list(spec.include_dirs),
            define_macros=list(spec.define_macros),
            extra_compile_args=list(spec.extra_compile_args),
            depends=headers,
            py_limited_api=True,
        )

    def _near(self, source: str) -> str:
        """The source itself, or of one that is installed elsewhere a copy: setuptools wants to list all of them."""
        output = Path(self.build_temp, "vmsgen")
        if Path(source).is_relative_to(output):
            return source
        copy = output / "runtime" / Path(source).name
        _copy_if_changed(Path(source), copy)
        return str(copy)

    def _hand_to_build_ext(self, added: list[Extension]) -> None:
        dist = self.distribution
        names = {extension.name for extension in added}
        mine = [extension for extension in dist.ext_modules or [] if extension.name not in names]
        dist.ext_modules = [*mine, *added]
        # build_ext takes its list when it is finalized, which writing the egg-info has done already.
        build_ext = dist.get_command_obj("build_ext")
        if build_ext.finalized:
            kept = {name: getattr(build_ext, name) for name in ("inplace", "editable_mode")}
            dist.reinitialize_command(build_ext)
            for name, value in kept.items():
                setattr(build_ext, name, value)


def _copy_if_changed(source: Path, target: Path) -> None:
    data = source.read_bytes()
    if not target.exists() or target.read_bytes() != data:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _from_here(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative
