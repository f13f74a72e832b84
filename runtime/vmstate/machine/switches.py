"""What a stream has beside its bare sections: the same on both ends, and announced nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Switches:
    """As QEMU's machine types since 2.4 have them.

    `configuration`: the element that names the machine (QEMU: send-configuration). `footers`: one behind every section
    (send-section-footer). `description`: the JSON at the end (off: suppress-vmdesc). `global_state`: the section of
    that name must come, if the machine has it (store-global-state). `multifd_flush`: a sender of pages over connections
    of their own says where they are waited for; otherwise that is where a part of the section `ram` ends (on:
    multifd-flush-after-each-section). A receiver sees which it is.
    """

    configuration: bool = True
    footers: bool = True
    description: bool = True
    global_state: bool = True
    multifd_flush: bool = False

    @classmethod
    def of_machine_type(cls, name: str) -> Switches:
        """Of one of QEMU's versioned machine types: `pc-i440fx-2.3` has no configuration and no footers."""
        found = re.search(r"-(\d+)\.(\d+)(?:-|$)", name)
        if not found:
            return cls()
        version = int(found[1]), int(found[2])
        switches = cls(multifd_flush=version >= (8, 1))
        if version <= (2, 3):
            switches = replace(switches, configuration=False, footers=False, global_state=False)
        if version <= (2, 2) and name.startswith(("pc-", "pseries-")):
            switches = replace(switches, description=False)
        return switches
