"""`python -m examples.tinyvm`: a machine that runs, leaves, arrives; or all of it, shown with two processes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from examples.tinyvm import roles, show
from examples.tinyvm.events import teller
from examples.tinyvm.modules import BuildError
from vmstate import VMStateError

EXAMPLES = """
examples:
  python -m examples.tinyvm show                          every transport, two processes each
  python -m examples.tinyvm receive tcp:127.0.0.1:4444    in one terminal
  python -m examples.tinyvm send tcp:127.0.0.1:4444       in another
  python -m examples.tinyvm run --save a.vm               a snapshot
  python -m examples.tinyvm run --load a.vm               and on from there
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: everything is whole; 1: something is not, or the machine did not move; 2: it could not be tried."""
    given = vars(_parser().parse_args(arguments))
    verb, tell = given.pop("verb"), teller(given.pop("json", False))
    uri, patience, transports = given.pop("uri", ""), given.pop("wait", None), given.pop("transports", [])
    options = roles.Options(**given)
    try:
        if verb == "run":
            return roles.run(options, tell)
        if verb == "send":
            return roles.send(uri, options, tell)
        if verb == "receive":
            return roles.receive(uri, options, tell, patience)
        return show.show(transports, options)
    except BuildError as error:
        print(f"tinyvm: {error}", file=sys.stderr)
        return 2
    except (VMStateError, OSError, ValueError) as error:
        print(f"tinyvm: {error}", file=sys.stderr)
        return 1


def size(text: str) -> int:
    """Bytes: a number, with K, M or G if one likes."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: a number, with K, M or G behind it")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]


def milliseconds(text: str) -> float:
    return float(text) / 1000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.tinyvm", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = parser.add_subparsers(dest="verb", required=True)
    default = roles.Options()

    def verb(name: str, text: str, seconds: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text)
        made.add_argument("--ram", type=size, default=default.ram, metavar="SIZE", help="of memory (256M)")
        made.add_argument("--pace", type=int, default=default.pace, metavar="N", help="steps a second, 0: all it can")
        made.add_argument("--seconds", type=float, default=default.seconds, metavar="S", help=f"{seconds} (1)")
        return made

    def process(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("--console", type=Path, metavar="FILE", help="what the serial port sends goes here")
        made.add_argument(
            "--disk", type=Path, metavar="FILE", help="a disk, which travels along; made if it is not there"
        )
        made.add_argument("--json", action="store_true", help="tell in lines of JSON")
        return made

    def migration(made: argparse.ArgumentParser) -> None:
        made.add_argument("--downtime", type=milliseconds, default=default.downtime, metavar="MS", help="limit (300)")
        made.add_argument("--bandwidth", type=size, default=0, metavar="SIZE", help="a second (no limit)")
        made.add_argument("--xbzrle", type=size, default=0, metavar="SIZE", help="cache of pages, to send changes only")

    running = process(verb("run", "run a machine, and check it", "to run"))
    sending = process(verb("send", "run a machine, and send it elsewhere while it runs", "to run before"))
    receiving = process(verb("receive", "wait for a machine, and go on with it", "to run after"))
    showing = verb("show", "two processes over each transport; is the machine whole?", "to run before and after")
    sending.add_argument("uri", metavar="URI", help="tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER, file:PATH")
    receiving.add_argument("uri", metavar="URI", help="likewise")
    receiving.add_argument("--wait", type=float, metavar="S", help="so long at most (for ever)")
    showing.add_argument(
        "transports", nargs="*", metavar="TRANSPORT", help=f"{', '.join(show.TRANSPORTS)} (all of them)"
    )
    showing.add_argument("--disk", action="store_const", const=Path("disk"), help="with a disk, which travels along")
    running.add_argument("--save", type=Path, metavar="FILE", help="save it there while it runs")
    for made in (running, sending):
        made.add_argument("--load", type=Path, metavar="FILE", help="begin with this snapshot")
    for made in (sending, showing):
        migration(made)
    for made in (sending, receiving, showing):
        made.add_argument("--channels", type=int, default=0, metavar="N", help="connections for pages (multifd)")
        made.add_argument("--compression", choices=("none", "zlib", "zstd"), default="none", help="of pages there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
