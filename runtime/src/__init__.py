"""The C that generated serializers are linked with, for `vmstate.get_sources()`, and that of the runtime itself."""
