"""Why a save or a load was refused."""

from __future__ import annotations

CODES = frozenset(
    """truncated trailing version unknown-subsection repeated-subsection range where check equal count marker
    key arithmetic index hook no-hook""".split()
)


class Fault(Exception):
    """An expression that has no value: `code` is `arithmetic` or `index`. Whoever asked adds the place."""

    def __init__(self, code: str, found: int = 0, low: int = 0, high: int = 0) -> None:
        super().__init__(code)
        self.code, self.found, self.low, self.high = code, found, low, high


class Refusal(Exception):
    """A save or load that was refused.

    `code` is one of CODES. `path` is the field's (`rings[3].size`), empty for the whole description. `offset` counts
    bytes from the start of the body. `found`, `low` and `high` are what was there and what was allowed, 0 where that
    means nothing. `text` is a check's message, an `equal`'s hint, the name of a subsection that is unknown or came
    already, or the hook that failed or is missing. `hooks_ran` names the hooks that were called until then, in order,
    with the one that failed.
    """

    def __init__(
        self, code: str, path: str, offset: int, *, found: int = 0, low: int = 0, high: int = 0, text: str = ""
    ) -> None:
        assert code in CODES, code
        super().__init__(f"{code} at byte {offset}, '{path}': {found}, allowed {low}..{high} {text}".rstrip())
        self.code = code
        self.path = path
        self.offset = offset
        self.found = found
        self.low = low
        self.high = high
        self.text = text
        self.hooks_ran: tuple[str, ...] = ()
