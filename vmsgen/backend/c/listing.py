"""Lists in descriptions, of which it is not always certain what comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from vmsgen.backend.c.lines import string
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.text import Text


class Listing:
    """The elements of a list. `opening` stands before the first, and is not there without one.

    It is not always known whether an element is the first: then a variable tells.
    """

    def __init__(self, text: Text, ask: Questions, name: str, opening: str) -> None:
        self.text, self.ask = text, ask
        self.name, self.opening = name, opening
        self.variable: str | None = None
        self.certain = False
        """Something stands in the list already, whatever happened."""

    def separate(self) -> None:
        """What comes before an element."""
        if self.certain:
            self.text.add(", ")
        elif self.variable is None:
            self.text.add(self.opening)
        else:
            self.text.flush()
            first = f'"{self.opening}"' if not self.opening else string(self.opening)
            lines = self.text.lines
            if self.opening:
                lines.fail(
                    f'vms_text(w, {self.variable} ? ", " : {first}, {self.variable} ? 2 : {len(self.opening)})',
                    "return -1;",
                )
            else:
                lines.fail(f'vms_text(w, ", ", {self.variable} ? 2 : 0)', "return -1;")
            lines.add(f"{self.variable} = true;")
        self.certain = True

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Around what may add elements, or none."""
        if not self.certain and self.variable is None:
            self.variable = self.ask.fresh(self.name)
            self.text.lines.add(f"bool {self.variable} = false;")
        before = self.certain
        yield
        self.certain = before

    def close(self, ending: str) -> None:
        """`ending` follows if anything was listed."""
        if self.certain:
            self.text.add(ending)
        elif self.variable is not None:
            self.text.flush()
            self.text.lines.fail(f"{self.variable} && VMS_TEXT(w, {string(ending)})", "return -1;")


def quoted(text: str) -> str:
    """As a JSON string, in ASCII."""
    return json.dumps(text)
