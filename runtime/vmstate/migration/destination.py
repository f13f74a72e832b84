"""Where a machine that migrates goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmstate import transport
from vmstate.machine.saver import refuse_without_places
from vmstate.migration.outgoing import Migration
from vmstate.transport import options

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.machine import Machine


def start(machine: Machine, to: str | File, how: dict[str, Any], **wishes: Any) -> Migration:
    """`how` is for transport.connect, if `to` is a URI. Whatever does not fit together is raised here, at once."""
    if wishes["mapped_ram"]:
        _refuse_records(machine)
    if not isinstance(to, str):
        options.check_opened("the file", how, "give them to what opens it")
        if wishes["channels"]:
            raise ValueError("channels of their own for pages need tcp: or unix:, not a file")
        if wishes["mapped_ram"]:
            refuse_without_places(machine, to)
        return Migration(machine, lambda _: to, **wishes)
    address = transport.parse(to)
    options.check(address, how, transport.connect, without="wake")
    if wishes["channels"] and not isinstance(address, (transport.Tcp, transport.Unix)):
        raise ValueError(f"{to}: channels of their own for pages need tcp: or unix:")
    if wishes["mapped_ram"] and not isinstance(address, transport.Path):
        raise ValueError(f"{to}: pages have places of their own (mapped_ram) in a file: alone")
    if wishes["return_path"] is None and isinstance(address, (transport.Tcp, transport.Unix)):
        wishes["return_path"] = True
    return Migration(machine, lambda wake: transport.connect(to, wake=wake, **how), **wishes)


def _refuse_records(machine: Machine) -> None:
    """A file that is opened loses what it held: what keeps pages from having places in it is raised before."""
    refuse_without_places(machine, None)
    if machine.ram.xbzrle_cache:
        raise ValueError("XBZRLE and places of their own for pages do not go together: a page is there whole")
