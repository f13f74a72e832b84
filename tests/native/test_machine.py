"""Whole machines in C without Python: strict compilers and the sanitizers; and the same bytes as Python's machines."""

from __future__ import annotations

import lzma
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.native.test_native import COMPILERS, SANITIZE, STRICT, run
from tests.unit.runtime.building import build as build_modules
from vmsgen.cli.build import build
from vmstate import DifferentMachineError, File, Machine, VMStateError, library
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QEMU = ROOT / "schemas" / "qemu"
LIBRARY = sorted(
    path for path in Path(get_sources()[0]).parent.glob("*.c") if not path.name.startswith("python_")
)  # all that a C program can use


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machine")
    build([HERE / "machine.vms"], folder, c_only=True)
    build([QEMU / "cpu_timers.vms", QEMU / "globalstate.vms"], folder, c_only=True)
    return folder


@pytest.fixture(scope="module", params=COMPILERS)
def compiler(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A compiler that works, with the sanitizers if they are asked for."""
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe.c").write_text("int main(void) { return 0; }\n")
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    command = [name, *sanitize, str(folder / "probe.c"), "-o", str(folder / "probe")]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"{name} has no sanitizers here; on Debian clang's are in libclang-rt-14-dev")
    return name


def compile_program(command: str, name: str, emitted: Path, folder: Path, *devices: str) -> str:
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    sources = [HERE / f"{name}_main.c", *(emitted / f"{device}.c" for device in devices), *LIBRARY]
    where = [f"-I{get_include()}", "-iquote", str(emitted), "-iquote", str(HERE)]
    target = folder / name
    run([command, *STRICT, *sanitize, "-pthread", *where, "-o", str(target), *map(str, sources)])
    return str(target)


@pytest.fixture(scope="module")
def files(compiler: str, emitted: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("files")
    return compile_program(compiler, "machine_files", emitted, folder, "machine", "cpu_timers", "globalstate")


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    texts = {"machine.vms": (HERE / "machine.vms").read_text()}
    return build_modules(texts, tmp_path_factory.mktemp("python"), "machine_in_c")["machine"]


class Board:
    """What machine_board.h has, in Python. `filled`: as board_fill leaves it."""

    def __init__(self, devices: Any, filled: bool, **configured: Any) -> None:
        class Maybe(devices.Maybe):  # type: ignore[misc]
            def wanted(self, version: int) -> bool:
                return bool(self.a)

        self.memory = bytearray(4 * 4096)
        self.text = b""
        self.slot, self.first, self.second = devices.Tiny(), devices.Tiny(), devices.Tiny()
        self.clock, self.dma, self.queue = devices.Clock(), devices.Dma(), devices.Queue()
        self.vm = vm = Machine("a board", **configured)
        vm.vmstate_register("0000:00:01.0", -1, devices.Tiny, self.slot)
        vm.vmstate_register(None, -1, devices.Tiny, self.first)
        vm.add_ram("pc.ram", memoryview(self.memory)[: 3 * 4096])
        vm.add_ram("vga", memoryview(self.memory)[3 * 4096 :])
        vm.vmstate_register(None, -1, devices.Tiny, self.second)
        for each in (self.clock, self.dma, Maybe()):
            vm.register(each)
        vm.register_savevm(None, 'é"🐍\x01', 2, 3, self._save, self._load, None)
        vm.register(self.queue, instance_id=2147483648)
        self.plug, self.bridge = devices.Plug(), devices.Bridge()
        vm.register(self.plug)
        vm.register(self.bridge)
        if filled:
            self._fill()

    def _fill(self) -> None:
        self.bridge.bus, self.plug.size, self.queue.head = 3, 64, 7
        self.slot.update(a=1, d=4)
        self.first.b, self.second.c = 2, 255
        self.clock.update(ticks=999, phase=12)
        self.dma.update(busy=1, address=0xDEADBEEF)
        self.queue.packets.extend([{"length": 100 * i, "port": i} for i in range(3)])
        self.text = b"what functions write"
        self.memory[4096 : 2 * 4096] = bytes(i * 7 & 255 for i in range(4096))
        self.memory[-1] = 0x5A

    def _save(self, file: Any, opaque: None) -> None:
        file.put_counted_string(self.text.decode())

    def _load(self, file: Any, opaque: None, version: int) -> None:
        self.text = file.get_counted_string().encode()


def test_both_languages_write_the_same_bytes(files: str, devices: Any, tmp_path: Path) -> None:
    run([files, "save", str(tmp_path / "c.vm")])
    written = (tmp_path / "c.vm").read_bytes()
    assert written == Board(devices, filled=True).vm.dumps()
    assert written[:15] == b"QEVM\0\0\0\3\7\0\0\0\7a " and b'"name": "\\u00e9\\"\\ud83d\\udc0d\\u0001"' in written


def test_each_loads_what_the_other_wrote(files: str, devices: Any, tmp_path: Path) -> None:
    filled, empty = Board(devices, filled=True), Board(devices, filled=False)
    filled.vm.save(tmp_path / "python.vm")
    run([files, "copy", str(tmp_path / "python.vm"), str(tmp_path / "c.vm")])
    assert (tmp_path / "c.vm").read_bytes() == (tmp_path / "python.vm").read_bytes()
    empty.vm.load(tmp_path / "c.vm")
    assert empty.memory == filled.memory and empty.text == b"what functions write"
    assert empty.queue == filled.queue and empty.dma.address == 0xDEADBEEF and empty.slot == filled.slot


def test_both_find_the_same_differences(files: str, devices: Any, tmp_path: Path) -> None:
    board = Board(devices, filled=True)
    board.vm.unregister(board.clock)
    board.vm.name = "another"
    board.vm.register(devices.Clock(), name="watch")
    board.vm.register(devices.Clock(), name="alarm", instance_id=4)
    board.vm.configuration = Machine("other board").configuration
    board.vm.save(tmp_path / "other.vm")
    with pytest.raises(DifferentMachineError) as caught:
        Board(devices, filled=False).vm.load(tmp_path / "other.vm")
    command = [files, "copy", str(tmp_path / "other.vm"), str(tmp_path / "never.vm")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 1 and refused.stderr.startswith("different-machine: ")
    said = refused.stderr
    mine = [line.replace("'", "") for line in str(caught.value).splitlines()[1:]]
    assert [line.replace("'", "") for line in said.splitlines()[1:]] == mine
    assert len(mine) == 4 and mine[1:3] == [
        "  the machine has no section alarm, instance 4", "  the machine has no section watch",
    ]  # fmt: skip
    assert not (tmp_path / "never.vm").exists()


# Pages with places in the file ("mapped-ram") ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mapped(compiler: str, emitted: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_program(compiler, "machine_mapped", emitted, tmp_path_factory.mktemp("mapped"), "machine")


def test_both_languages_give_pages_the_same_places(mapped: str, devices: Any, tmp_path: Path) -> None:
    ours, theirs, again = (tmp_path / name for name in ("python.vm", "c.vm", "again.vm"))
    filled, empty = Board(devices, filled=True), Board(devices, filled=False)
    filled.vm.save(ours, mapped_ram=True)
    run([mapped, "save", str(theirs)])
    assert theirs.read_bytes() == ours.read_bytes() and b"\x0amapped-ram" in ours.read_bytes()
    assert theirs.stat().st_blocks == ours.stat().st_blocks < 64  # of 2 MiB, which are holes
    run([mapped, "copy", str(ours), str(again)])
    assert again.read_bytes() == ours.read_bytes()
    empty.vm.load(again)
    assert empty.memory == filled.memory and empty.queue == filled.queue and empty.text == filled.text
    assert run([mapped, "checks", str(ours)]) == "machine_mapped: all is well\n"


def test_both_languages_describe_a_configuration_alike(mapped: str, devices: Any, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "python.vm", tmp_path / "c.vm"
    all_of_it = {"minimum_page_bits": 11, "capabilities": ["validate-uuid", "another"], "uuid": b"uuid of 16 bytes"}
    Board(devices, filled=True, **all_of_it).vm.save(ours, mapped_ram=True)
    run([mapped, "save", str(theirs), "all"])
    assert theirs.read_bytes() == ours.read_bytes() and b"target_page_bits" in ours.read_bytes()


def test_places_count_from_the_file_s_first_byte(mapped: str, devices: Any, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "python.vm", tmp_path / "c.vm"
    with ours.open("wb") as raw:
        raw.seek(16000)
        with File.from_fd(raw.fileno(), "w", close=False) as file:
            Board(devices, filled=True).vm.save_to(file, mapped_ram=True)
    run([mapped, "at", "16000", str(ours), str(theirs)])
    assert theirs.read_bytes() == ours.read_bytes() and ours.read_bytes()[:16000] == bytes(16000)


@pytest.mark.parametrize(
    ("at", "byte", "offset", "says"),
    [
        (0x89, 2, 0x86, "a mapped block of an unknown version"),
        (0x90, 0x20, 0x8A, "a mapped block with other pages"),
        (0x99, 0xA3, 0x92, "a mapped block whose bitmap is not behind its header"),
        (0x9A, 0x7F, 0x9A, "a mapped block whose pages are not in the file"),
        (0xA2, 0x0A, 0xA2, "a bitmap that has a page which the block does not have"),
        (0x10300F, 3, 0x10300C, "a mapped block of an unknown version"),
        (0x201007, 8, 0x201000, "a page of the block"),
        (0x201007, 0x28, 0x201000, "a page that continues a block, but none was named before"),
        (0x78, ord("q"), 0x6F, "RAM block 'qc.ram'"),
        (0x90, None, 0x8A, "ends"),
        (0xA5, None, 0x9A, "a mapped block whose pages are not in the file"),
        (0x102FFF, None, 0x9A, "a mapped block whose pages are not in the file"),
        (0x103010, None, 0x103010, "ends"),
        (0x201004, None, 0x201000, "ends"),
    ],
)
def test_both_refuse_places_that_cannot_be(
    mapped: str, devices: Any, tmp_path: Path, at: int, byte: int | None, offset: int, says: str
) -> None:
    """The list begins at 0x6f, its blocks at 0x77 and 0x103000, their pages at 0x100000, 0x200000. None: cut there."""
    path, board = tmp_path / "x.vm", Board(devices, filled=True)
    board.vm.save(path, mapped_ram=True)
    data = bytearray(path.read_bytes())
    data[at:] = data[:0] if byte is None else bytes([byte]) + data[at + 1 :]
    path.write_bytes(data)
    command = [mapped, "copy", str(path), str(tmp_path / "never.vm")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    with pytest.raises(VMStateError, match=says) as caught:
        board.vm.load(path)
    assert (refused.returncode, caught.value.offset) == (1, offset), refused.stderr
    assert says in refused.stderr and f"(offset {offset})" in refused.stderr


def test_qemu_s_own_stream(files: str, tmp_path: Path) -> None:
    """All 1013 bytes of `-M none` come back."""
    captured = lzma.decompress((ROOT / "tests" / "data" / "none.mig.xz").read_bytes())
    (tmp_path / "in").write_bytes(captured)
    run([files, "none", str(tmp_path / "in"), str(tmp_path / "out")])
    assert (tmp_path / "out").read_bytes() == captured and len(captured) == 1013


def test_a_machine_in_a_c_program(compiler: str, emitted: Path, tmp_path: Path) -> None:
    """Literal bytes, every cut, every damaged byte, every refusal."""
    assert run([compile_program(compiler, "machine", emitted, tmp_path, "machine")]) == "machine: all is well\n"


def test_compressed_pages_of_old_senders(compiler: str, emitted: Path, tmp_path: Path) -> None:
    program = compile_program(compiler, "machine_inflate", emitted, tmp_path)
    assert run([program]) == "machine_inflate: all is well\n"


def test_functions_that_do_not_load_what_they_saved(compiler: str, emitted: Path, tmp_path: Path) -> None:
    assert run([compile_program(compiler, "machine_undo", emitted, tmp_path)]) == "machine_undo: all is well\n"


def test_the_library_and_its_pkg_config_file(compiler: str, emitted: Path, tmp_path: Path) -> None:
    """In a folder with a space, and after it was moved."""
    if not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    folder = tmp_path / "first"
    assert library.build(folder) == folder / "lib" / "pkgconfig" / "vmstate.pc"
    moved = folder.rename(tmp_path / "a folder")
    sources = f"{shlex.quote(str(HERE / 'machine_main.c'))} {shlex.quote(str(emitted / 'machine.c'))}"
    where = f"PKG_CONFIG_PATH={shlex.quote(str(moved / 'lib' / 'pkgconfig'))}"
    own = f"-iquote {shlex.quote(str(emitted))} -iquote {shlex.quote(str(HERE))}"
    line = f'eval "{compiler} {own} -o program {sources} $({where} pkg-config --cflags --libs vmstate)"'
    run(["sh", "-c", line], cwd=tmp_path)
    assert run([str(tmp_path / "program")]) == "machine: all is well\n"


def test_the_header_is_good_cpp(tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    (tmp_path / "machine.cpp").write_text('#include "vms_machine.h"\n')
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    run(["g++", *flags, f"-I{get_include()}", str(tmp_path / "machine.cpp")])
