"""vmsgen: compiles device-state schemas (`.vms`) into native serializers, byte for byte those of QEMU's VMState.

Importing this package imports nothing else: setuptools loads the plugin below it in every build of every project.
"""

__version__ = "0.1.0"
