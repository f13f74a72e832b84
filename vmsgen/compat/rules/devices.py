"""What is said of whole devices, outside of their bodies."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.expressions import text
from vmsgen.compat.finding import ADVICE, WIRE, Finding
from vmsgen.compat.rules.rule import About
from vmsgen.model.description import Description
from vmsgen.model.wire import HookPredicate

REMOVED = About("device-removed", WIRE, "A section of a device that the receiver does not have is refused.")
OPAQUE = About("opaque-device", WIRE, "Of an `opaque` device hooks alone know the bytes.")
OLD = About("old-version", WIRE, "What `load_state_old` reads of old versions is not in the schema.")
NET = About("stream-differs", WIRE, "A stream that does not load, for a reason that no other rule has.")
NEEDED = About("device-needed", ADVICE, "A device's own `needed` is asked by saves alone.")
ORDER = About(
    "device-order", ADVICE, "`priority` and `early_setup` say when a device is sent, and so when it is loaded."
)
BLOCKED = About("device-blocked", WIRE, "A machine with an `unmigratable` device takes no stream.")
UNMIGRATABLE = About("device-unmigratable", ADVICE, "A machine with an `unmigratable` device cannot be saved.")

DEVICES = (REMOVED, BLOCKED, OPAQUE, OLD, NET, NEEDED, ORDER, UNMIGRATABLE)


def different_devices(sender: Description, receiver: Description) -> Iterator[Finding]:
    """Advice on what the two say of the device as a whole."""

    def note(about: About, why: str, fix: str) -> Finding:
        return Finding(about.id, about.category, sender.wire_name, "", (sender.version,), why, fix)

    if _needed(sender) != _needed(receiver):
        why = f"it is sent {_needed(sender)} by the sender, {_needed(receiver)} by the receiver"
        yield note(NEEDED, why, "see that a machine without its section is still whole")
    if (sender.priority, sender.early_setup) != (receiver.priority, receiver.early_setup):
        why = f"it has {_order(sender)} for the sender, {_order(receiver)} for the receiver"
        yield note(ORDER, why, "see that its `post_load` needs no device that is now loaded later")
    if sender.unmigratable:
        yield note(UNMIGRATABLE, "the sender does not migrate at all with this device", "nothing")


def _needed(device: Description) -> str:
    match device.needed:
        case None:
            return "always"
        case HookPredicate(method):
            return f"when hook {method}"
        case expression:
            return f"when {text(expression)}"


def _order(device: Description) -> str:
    return f"priority `{device.priority}`" + (" and `early_setup`" if device.early_setup else "")
