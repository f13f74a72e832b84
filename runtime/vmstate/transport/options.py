"""Options of channels, looked at before there is one: none of them is dropped in silence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vmstate.errors import AddressError
from vmstate.transport.address import Address, Tcp


def check(address: Address, options: Mapping[str, Any], taker: Callable[..., object], without: str = "") -> None:
    """Raises TypeError for what `taker` does not take, or only from us, AddressError for TLS where there is none.

    Time-outs fit every address: where nothing is waited for, they hold.
    """
    parameters = inspect.signature(taker).parameters.values()
    allowed = [each.name for each in parameters if each.kind == each.KEYWORD_ONLY and each.name != without]
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise TypeError(f"no option is called {_names(unknown)}; for {str(address)!r} there are {_names(allowed)}")
    if options.get("tls") is not None and not isinstance(address, Tcp):
        raise AddressError(f"{str(address)!r}: TLS is for tcp: alone")
    if options.get("server_name") is not None and options.get("tls") is None:
        raise AddressError(f"{str(address)!r}: server_name is what a certificate must say: it needs tls")


def check_opened(what: str, options: Iterable[str], where: str) -> None:
    """Of a channel that is there already: nothing more can be said of it. Raises ValueError."""
    if options:
        raise ValueError(f"{what} is open already, so {_names(options)} would do nothing; {where}")


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
