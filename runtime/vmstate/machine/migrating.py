"""The part of a Machine that goes elsewhere, and comes from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.machine import Machine
    from vmstate.migration import Migration
    from vmstate.transport import Listener, Wake


class Migrating:
    """A Machine's `migrate` and `incoming`."""

    def migrate(
        self,
        to: str | File,
        *,
        downtime_limit: float = 0.3,
        bandwidth: int = 0,
        return_path: bool | None = None,
        switchover_timeout: float | None = 30.0,
        channels: int = 0,
        compression: str = "none",
        mapped_ram: bool = False,
        **transport: Any,
    ) -> Migration:
        """Sends the running machine to a URI, `tcp:` `unix:` `exec:` `fd:` `file:`, or into a file. Returns at once.

        It is halted when what is left takes less than `downtime_limit` seconds, and stays so once the receiver has it;
        otherwise it runs on. `bandwidth`: bytes a second while it runs, 0 for as many as there can be. `return_path`:
        wait until the receiver says that it has loaded all; by default where there is a way back. `switchover_timeout`:
        seconds that it has to say so, None for as long as it takes; then the machine runs on here. `channels`: so many
        connections more, for pages (multifd), which may be compressed: "zlib" or "zstd"; the receiver must be told the
        same. `mapped_ram`: every page has a place of its own in a `file:`, as in `save`, however often it is written
        while the machine runs. More arguments are those of `vmstate.transport.connect`, of a URI; what does not apply
        to it is refused at once: AddressError for TLS elsewhere than on `tcp:`, TypeError for an unknown name,
        ValueError for the rest.
        """
        from vmstate.migration import destination

        return destination.start(
            cast("Machine", self), to, transport,
            downtime_limit=downtime_limit, bandwidth=bandwidth, return_path=return_path,
            switchover_timeout=switchover_timeout, channels=channels, compression=compression, mapped_ram=mapped_ram,
        )  # fmt: skip

    def incoming(
        self,
        source: str | File | Listener,
        *,
        accept_timeout: float | None = None,
        missing: str = "refuse",
        shadow: bool = False,
        channels: int = 0,
        compression: str = "none",
        wake: Wake | None = None,
        **transport: Any,
    ) -> None:
        """Waits for a machine at a URI, and loads it; returns when it is there. It does not run yet: `start` it.

        `accept_timeout`: seconds to wait for the sender, and for each of its further connections; None waits for ever,
        and 10 seconds for those. `missing` and `shadow` are as in `load_from`, `channels` and `compression` as in
        `migrate`. `wake.set()`, from another thread, ends it: a ChannelError with code `cancelled`, and the sender runs
        on; not if all of a `file:` was found good, and is being applied. More arguments are those of
        `vmstate.transport.listen`, of a URI; what does not apply to it is refused, as in `migrate`.
        """
        from vmstate.migration import incoming, lanes

        machine = cast("Machine", self)
        wanted = lanes.Wanted(channels, compression)
        machine.load_input(
            incoming.source_of(machine, source, accept_timeout, wanted, wake, transport), missing, shadow
        )
