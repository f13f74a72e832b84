"""What a stream has beside its sections: the same on both ends, and announced nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Switches:
    """As QEMU's machine types since 2.4 have them.

    `configuration`: the element that names the machine (QEMU: send-configuration). `footers`: one behind every section
    (send-section-footer). `description`: the JSON at the end (off: suppress-vmdesc). `global_state`: the section of
    that name must come, if the machine has it (store-global-state).
    """

    configuration: bool = True
    footers: bool = True
    description: bool = True
    global_state: bool = True

    @classmethod
    def of_machine_type(cls, name: str) -> Switches:
        """Of one of QEMU's versioned machine types: `pc-i440fx-2.3` has no configuration and no footers."""
        found = re.search(r"-(\d+)\.(\d+)(?:-|$)", name)
        version = (int(found[1]), int(found[2])) if found else (99, 0)
        switches = cls()
        if version <= (2, 3):
            switches = replace(switches, configuration=False, footers=False, global_state=False)
        if version <= (2, 2) and name.startswith(("pc-", "pseries-")):
            switches = replace(switches, description=False)
        return switches
