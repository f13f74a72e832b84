"""A QEMU process that is driven through its machine protocol on standard input and output."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["CaptureError", "Qemu"]

_PATIENCE = 60.0
_PAUSE = 0.02


class CaptureError(Exception):
    """A capture could not be made; the message says why."""


class Qemu:
    """Context manager around one QEMU. The process is gone when the block is left, whatever happened in it."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stderr = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115  closed in __exit__
        self._process = subprocess.Popen(
            [*command, "-qmp", "stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )

    def __enter__(self) -> Qemu:
        try:
            self._line()  # the greeting
            self.command("qmp_capabilities")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._stderr.close()

    def command(self, name: str, **arguments: object) -> Any:
        """Run one command; what it returns. Events that arrive meanwhile are dropped."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        while True:
            answer = self._line()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise CaptureError(f"QEMU refuses {name}: {answer['error'].get('desc')}")

    def dword(self, address: int) -> int:
        """The 32-bit little-endian number at a guest-physical address."""
        text: str = self.command("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
        return int(text.split(":")[1], 16)

    def wait_for(self, what: str, done: Callable[[], bool]) -> None:
        """Ask again and again until `done()`; `CaptureError` after a minute."""
        end = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > end:
                raise CaptureError(f"{what} did not come within {_PATIENCE:.0f} seconds")
            time.sleep(_PAUSE)

    def migrate(self, path: Path) -> None:
        """Write the whole state to `path`."""
        self.command("migrate", uri=f"exec:cat > {shlex.quote(str(path))}")

        def completed() -> bool:
            answer = self.command("query-migrate")
            if answer.get("status") == "failed":
                raise CaptureError(f"the migration failed: {answer.get('error-desc', 'no reason given')}")
            return bool(answer.get("status") == "completed")

        self.wait_for("the end of the migration", completed)

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        while line and not line.startswith("{"):  # a load of disks talks on standard output, too
            line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> CaptureError:
        self._process.wait()
        self._stderr.seek(0)
        said = self._stderr.read().strip() or f"exit status {self._process.returncode}"
        return CaptureError(f"QEMU ended: {said} (command: {shlex.join(self._command)})")
