"""May a stream of one schema load in another? Rules say what differs, streams show what comes of it."""

from vmsgen.compat.compare import SameName, compare, compare_devices
from vmsgen.compat.finding import Finding, Report, Verdict, Witness

__all__ = ["Finding", "Report", "SameName", "Verdict", "Witness", "compare", "compare_devices"]
