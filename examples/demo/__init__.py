"""A stream of a real QEMU: its devices decoded by generated modules, written again, and compared byte for byte."""
