"""Templates of the emitted Python: `importlib.resources.files("vmsgen.templates.python")`."""
