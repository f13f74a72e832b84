"""Hooks as methods: when they run, on what, and what happens when they fail."""

from __future__ import annotations

import gc
from typing import Any

import pytest

import vmstate

Log = list[Any]


@pytest.fixture
def log() -> Log:
    return []


@pytest.fixture
def logging(board: Any, pci: Any, log: Log) -> Any:
    class Tx(board.Tx):  # type: ignore[misc]
        def pre_save(self) -> None:
            log.append(("tx pre_save", self.size))

        def post_load(self, version: int) -> None:
            log.append(("tx post_load", self.size, version))
            self.seen = True

    class Pci(pci.PCIDevice):  # type: ignore[misc]
        def post_load(self, version: int) -> None:
            log.append(("pci post_load", self.bar, version))

    def noting(name: str, answer: object = None) -> Any:
        return lambda self, *version: log.append((name, *version)) or answer

    methods = {name: noting(name) for name in ("pre_save", "post_save", "pre_load", "post_load", "mit_state_post_load")}
    predicates = {name: noting(name, True) for name in ("mit_in_use", "has_maybe")}
    return type("Noting", (board.Board,), {"Tx": Tx, "PCIDevice": Pci, **methods, **predicates})


def test_order(logging: Any, log: Log) -> None:
    state = logging(mit_on=True, depth=9, maybe=3, rings=[{"size": n} for n in range(4)], eecd={"tx": {"size": 44}})
    data = state.save()
    assert data.endswith(b"\x03\x05\x0fboard/mit_state\0\0\0\x01\x01\x05\x16board/mit_state/deeper\0\0\0\x01\x09")
    saved = [("tx pre_save", size) for size in (44, 0, 1, 2, 3, *[0] * 6)]
    assert log == [("pre_save",), *saved, ("has_maybe", 2), ("mit_in_use", 1), ("post_save",)]
    log.clear()
    other = logging()
    other.restore(data, 2)
    loaded = [("tx post_load", size, 1) for size in (44, 0, 1, 2, 3, *[0] * 6)]
    assert log == [
        ("pre_load",), ("pci post_load", 0xFFFFFFF0, 2), *loaded,
        ("has_maybe", 2), ("mit_state_post_load", 1), ("post_load", 2),
    ]  # fmt: skip
    assert other == state


def test_hooks_see_the_objects_that_attributes_give(logging: Any, board: Any) -> None:
    state = logging()
    state.restore(logging().save(), 2)
    assert [ring.seen for ring in state.rings] == [True] * 4
    assert state.eecd.tx.seen
    assert state.grid[1][2].seen
    assert type(state.eecd.tx) is logging.Tx
    assert type(board.Board().eecd.tx) is board.Tx


def test_a_class_without_hooks_of_its_own_pays_nothing(board: Any, logging: Any) -> None:
    class Plain(board.Board):  # type: ignore[misc]
        def reset(self) -> None:
            self.restore(b"", 1)

    assert not board.Board.__binding__.has_hooks
    assert not Plain.__binding__.has_hooks
    assert logging.__binding__.has_hooks


def test_a_mixin_counts(board: Any) -> None:
    class Mixin:
        def pre_save(self) -> None:
            self.small = 5

    class Mixed(Mixin, board.Board):  # type: ignore[misc]
        pass

    state = Mixed()
    state.save()
    assert state.small == 5


def test_pre_save_changes_what_is_saved(uart: Any, board: Any) -> None:
    class Board(board.Board):  # type: ignore[misc]
        def pre_save(self) -> None:
            self.update(nvec=8, vectors=range(8))

    assert len(Board().save()) == len(board.Board().save()) + 32


def test_an_exception_stays_itself(board: Any) -> None:
    class Board(board.Board):  # type: ignore[misc]
        def post_load(self, version: int) -> None:
            raise LookupError("no such backend")

    state = Board(small=3)
    before = state.as_dict()
    with pytest.raises(LookupError, match="no such backend") as caught:
        state.restore(board.Board(small=4).save(), 2)
    assert caught.value.__notes__ == ["raised by the hook post_load of board during a load"]
    assert state.as_dict() == before


def test_an_exception_in_an_element_says_which(board: Any) -> None:
    class Tx(board.Tx):  # type: ignore[misc]
        def post_load(self, version: int) -> None:
            if self.size == 33:
                raise ValueError("33")

    Board = type("Board", (board.Board,), {"Tx": Tx})
    source = board.Board()
    source.rings[3].size = 33
    with pytest.raises(ValueError, match="33") as caught:
        Board().restore(source.save(), 2)
    assert caught.value.__notes__ == ["raised by the hook post_load of board (rings[3]) during a load"]


def test_post_save_after_a_failure(board: Any) -> None:
    ran = []

    class Board(board.Board):  # type: ignore[misc]
        def post_save(self) -> None:
            ran.append(self.nbytes)
            raise OSError("gone")

    with pytest.raises(OSError, match="gone") as caught:
        Board(nbytes=33).save()
    assert ran == [33]
    assert isinstance(caught.value.__context__, vmstate.ValidationError)
    assert caught.value.__context__.path == "bytes_"


def test_two_hooks_raise(board: Any) -> None:
    class Tx(board.Tx):  # type: ignore[misc]
        def pre_save(self) -> None:
            raise KeyError("first")

    class Board(board.Board):  # type: ignore[misc]
        def post_save(self) -> None:
            raise OSError("second")

    Board = type("Board", (Board,), {"Tx": Tx})
    with pytest.raises(OSError, match="second") as caught:
        Board().save()
    assert isinstance(caught.value.__context__, KeyError)

    quiet = type("Quiet", (board.Board,), {"Tx": Tx, "post_save": lambda self: None})
    with pytest.raises(KeyError, match="first"):
        quiet().save()


def test_two_hooks_raise_what_c_code_set(board: Any) -> None:
    """What waits is then not an object yet: C code that sets an exception leaves the making to whoever looks at it."""

    class Tx(board.Tx):  # type: ignore[misc]
        def pre_save(self) -> None:
            self.size = 1 << 40

    class Board(board.Board):  # type: ignore[misc]
        def post_save(self) -> None:
            self.small = 1 << 40

    Board = type("Board", (Board,), {"Tx": Tx})
    with pytest.raises(OverflowError, match="small") as caught:
        Board().save()
    assert isinstance(caught.value.__context__, OverflowError)
    assert "size" in str(caught.value.__context__)


def test_a_refusal_names_the_hooks_that_ran(board: Any) -> None:
    class Board(board.Board):  # type: ignore[misc]
        def pre_load(self) -> None:
            self.small = 1

    state = Board()
    with pytest.raises(vmstate.TruncatedError) as caught:
        state.restore(b"", 2)
    assert str(caught.value).endswith("(hooks that had run: pre_load)")
    assert state.small == 0


def test_a_negative_result_is_an_error(board: Any) -> None:
    class Board(board.Board):  # type: ignore[misc]
        def post_load(self, version: int) -> int:
            return -1

    with pytest.raises(TypeError, match=r"post_load\(\) returned -1; a hook says that it failed by raising"):
        Board().restore(board.Board().save(), 2)


def test_a_hook_may_save_and_restore_again(board: Any) -> None:
    plain = board.Board(nvec=1, vectors=[7]).save()
    depth = 0

    class Board(board.Board):  # type: ignore[misc]
        def pre_save(self) -> None:
            nonlocal depth
            if depth < 3:
                depth += 1
                self.save()
                self.restore(plain, 2)
                self.nvec = 8

        def pre_load(self) -> None:
            self.nvec = 8
            gc.collect()

    state = Board()
    # The innermost save writes 8 elements, and so do those around it: pre_save comes first everywhere.
    assert len(state.save()) == len(plain) + 7 * 4
    assert depth == 3


def test_wrong_element_classes_are_refused(board: Any, uart: Any) -> None:
    for wrong in (int, uart.Fifo):
        with pytest.raises(TypeError, match=r"Board\.Tx must be Tx or inherit from it, not "):
            type("Board", (board.Board,), {"Tx": wrong})
