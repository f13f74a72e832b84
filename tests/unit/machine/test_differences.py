"""The list of differences is full where a stream's end can be read beforehand, and says so where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmstate import DifferentMachineError, File, Machine, VMStateError
from vmstate.machine.zstd import library

MORE = "more may differ"


def machine(*names: str) -> Machine:
    vm = Machine("m")
    for name in names:
        vm.register_savevm(None, name, 0, 1, lambda file, _: file.put_byte(1), lambda file, *_: file.get_byte(), None)
    return vm


def kinds(caught: pytest.ExceptionInfo[DifferentMachineError]) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in caught.value.differences]


ALL = [("extra", "section 'three'"), ("extra", "section 'two'"), ("missing", "section 'four'")]


def test_from_bytes_it_is_full() -> None:
    with pytest.raises(DifferentMachineError) as caught:
        machine("one", "four").loads(machine("one", "two", "three").dumps())
    assert kinds(caught) == ALL and MORE not in str(caught.value)


def test_from_a_pipe_it_ends_with_a_section_that_nobody_knows() -> None:
    with (
        File.from_bytes(machine("one", "two", "three").dumps()) as file,
        pytest.raises(DifferentMachineError) as caught,
    ):
        machine("one", "four").load_from(file)
    assert kinds(caught) == ALL[1:2]
    assert str(caught.value).endswith("\n  more may differ: what follows in the stream was not read")


def test_at_the_end_of_a_pipe_it_is_full() -> None:
    with File.from_bytes(machine("one").dumps()) as file, pytest.raises(DifferentMachineError) as caught:
        machine("one", "four", "five").load_from(file)
    assert kinds(caught) == [("missing", "section 'four'"), ("missing", "section 'five'")]
    assert MORE not in str(caught.value)


def test_a_compressed_snapshot_has_no_end_beforehand(tmp_path: Path) -> None:
    try:
        library()
    except VMStateError as error:
        pytest.skip(str(error))
    machine("one", "two", "three").save(tmp_path / "a", compression="zstd")
    with pytest.raises(DifferentMachineError, match=MORE) as caught:
        machine("one", "four").load(tmp_path / "a")
    assert kinds(caught) == ALL[1:2]
