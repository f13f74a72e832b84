"""C headers, for `vmstate.get_include()`."""
