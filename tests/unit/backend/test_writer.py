"""Emitted files are all made before the first takes its place, and an error names the one that it is about."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from vmsgen.backend.writer import MARK, write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    one, two = tmp_path / "below" / "one.h", tmp_path / "below" / "two.h"
    assert write({one: f"/* {MARK} */\n", two: f"/* {MARK} */\n"}) == [one, two]
    assert write({one: f"/* {MARK} */\n", two: f"/* {MARK}: another */\n"}) == [two]
    assert names(tmp_path / "below") == ["one.h", "two.h"]
    assert two.read_text() == f"/* {MARK}: another */\n"


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "d.c").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write({tmp_path / "d.h": "", tmp_path / "d.c": ""})
    assert caught.value.filename == str(tmp_path / "d.c")
    assert names(tmp_path) == ["d.c"]


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENOSPC])
def test_a_file_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """The second of three: of the first nothing is left, and the name is not that of a temporary file."""
    made = tempfile.NamedTemporaryFile
    calls = []

    def make(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise OSError(error, os.strerror(error), str(tmp_path / "tmpxyz"))
        return made(*args, **kwargs)

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", make)
    with pytest.raises(OSError) as caught:  # noqa: PT011
        write({tmp_path / name: "text" for name in ("d.h", "d.c", "d.py")})
    assert (caught.value.errno, caught.value.filename) == (error, str(tmp_path / "d.c"))
    assert names(tmp_path) == []


def test_a_file_that_cannot_take_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError) as caught:
        write({tmp_path / "d.h": "text", tmp_path / "d.c": "text"})
    assert caught.value.filename == str(tmp_path / "d.h")
    assert names(tmp_path) == []


def test_those_in_front_of_it_have_taken_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of three: the third is as it was, and nothing is left beside them."""
    files = {tmp_path / name: f"/* {MARK} */\n" for name in ("d.h", "d.c", "d.py")}
    write(files)
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target.name == "d.c":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    newer = f"/* {MARK}: another */\n"
    with pytest.raises(PermissionError) as caught:
        write(dict.fromkeys(files, newer))
    assert caught.value.filename == str(tmp_path / "d.c")
    assert [path.read_text() for path in files] == [newer, f"/* {MARK} */\n", f"/* {MARK} */\n"]
    assert names(tmp_path) == ["d.c", "d.h", "d.py"]
