"""A signal whose handler raises, at a point that is counted: Python runs handlers where a function begins, and after a
call of one in C. `sys.setprofile` is told of just these.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

_SWALLOWING = {"__del__", "_free"}
"""Whatever is raised in these, Python only prints."""


class Interrupt(BaseException):
    """What the handler raises."""


def interrupted(point: int, act: Callable[[], object], within: str = "") -> bool:
    """Does `act`, interrupted at the point of that number, from 1 on; False if it was over before.

    `within`: points are only in files whose path has this in it.
    """
    left = point

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        if event not in ("call", "c_return") or within not in frame.f_code.co_filename:
            return
        above: FrameType | None = frame
        while above is not None:
            if above.f_code.co_name in _SWALLOWING:
                return
            above = above.f_back
        left -= 1
        if not left:
            sys.setprofile(None)
            raise Interrupt

    sys.setprofile(profile)
    try:
        act()
    except Interrupt:
        return True
    finally:
        sys.setprofile(None)
    return left <= 0
