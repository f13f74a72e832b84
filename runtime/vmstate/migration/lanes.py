"""Connections for pages alone, beside the main one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vmstate.errors import ChannelTimeoutError, VMStateError
from vmstate.machine.memory_load import too_many
from vmstate.migration.uninvited import Uninvited, beginning
from vmstate.ram.multifd import COMPRESSIONS
from vmstate.transport import CONNECT_TIMEOUT
from vmstate.transport.listener import Listener, Once

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.machine import Machine
    from vmstate.machine.memory import GuestMemory
    from vmstate.transport import Wake

MOST = 255


@dataclass(frozen=True)
class Wanted:
    """How many, and how pages are compressed there."""

    count: int
    compression: str

    def __post_init__(self) -> None:
        if not 0 <= self.count <= MOST:
            raise ValueError(f"there are 0 to {MOST} channels for pages, not {self.count}")
        if self.compression not in COMPRESSIONS:
            raise ValueError(f"compression is one of {', '.join(COMPRESSIONS)}, not {self.compression!r}")
        if self.compression != "none" and not self.count:
            raise ValueError("pages are compressed on channels of their own alone: channels=N")

    @contextlib.contextmanager
    def of_sender(self, machine: Machine, connect: Callable[[], File]) -> Iterator[None]:
        """Within the block the machine's pages go there."""
        from vmstate.machine.channels import SendingLanes

        with contextlib.ExitStack() as stack:
            if self.count:
                memory, files = _memory(machine), [stack.enter_context(connect()) for _ in range(self.count)]
                uuid, flushes = machine.configuration.uuid, machine.switches.multifd_flush
                memory.sending = lanes = SendingLanes(files, self.compression, uuid, flushes=flushes)
                stack.push(lambda kind, *_: lanes.stop(kind is not None))
                stack.callback(setattr, memory, "sending", None)
            yield

    @contextlib.contextmanager
    def of_receiver(
        self, machine: Machine, listener: Listener | Once, timeout: float | None, wake: Wake
    ) -> Iterator[None]:
        """Within the block they come from there, and `wake` cancels them. Each is waited for as long as for a sender;
        if that is for ever, for as long as a sender waits. Those of a machine with another uuid stay where they are. A
        sender that has more than it should is refused: it sends pages on connections that nobody reads.
        """
        from vmstate.machine.channels import ReceivingLanes

        if not isinstance(listener, Listener):  # there is one file alone
            assert not self.count  # refused before
            yield
            return
        uuid = machine.configuration.uuid
        uninvited = Uninvited(listener, self.count, uuid)
        with contextlib.ExitStack() as stack:
            if self.count:
                memory, limit = _memory(machine), CONNECT_TIMEOUT if timeout is None else timeout
                accept = partial(_accept, listener, uninvited, limit, wake, beginning(uuid))
                files = [stack.enter_context(accept()) for _ in range(self.count)]
                for file in files:
                    stack.enter_context(wake.also(file.cancel))
                memory.receiving = lanes = ReceivingLanes(files, self.compression, uuid)
                stack.push(lambda kind, *_: lanes.stop(kind is not None))
                stack.callback(setattr, memory, "receiving", None)
            if _has_ram(machine):
                machine.ram.uninvited = uninvited.here
                stack.callback(setattr, machine.ram, "uninvited", None)
            try:
                yield
            except VMStateError as error:
                if self.count and lanes.reason is not None:
                    raise lanes.reason from None
                if isinstance(error, ChannelTimeoutError) and uninvited.here(False):
                    raise too_many() from error  # it waits until somebody reads them
                raise


def _accept(listener: Listener, uninvited: Uninvited, limit: float, wake: Wake, begins: bytes) -> File:
    try:
        return listener.accept(limit, wake, begins)
    except ChannelTimeoutError as error:
        reason = uninvited.of_another()
        if reason is not None:
            raise reason from error
        raise


def _memory(machine: Machine) -> GuestMemory:
    if not _has_ram(machine):
        raise ValueError(f"{machine.name} has no RAM to send on channels of its own")
    return machine.ram


def _has_ram(machine: Machine) -> bool:
    return any(entry.idstr == "ram" and entry.is_live for entry in machine.registry) and bool(machine.ram.blocks)
