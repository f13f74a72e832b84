"""What is wrong with a schema, as data; how it is shown is the renderers' business."""

from vmsgen.diagnostics.diagnostic import Diagnostic, Diagnostics, Related, Severity
from vmsgen.diagnostics.source import Source, Span

__all__ = ["Diagnostic", "Diagnostics", "Related", "Severity", "Source", "Span"]
