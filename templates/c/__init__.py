"""Templates of the emitted C: `importlib.resources.files("vmsgen.templates.c")`."""
