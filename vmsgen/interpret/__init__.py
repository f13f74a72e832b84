"""The oracle: saves and loads a device's state straight from the model, in plain Python. Slow, and meant to be read."""

from vmsgen.interpret.decode import decode
from vmsgen.interpret.encode import encode
from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.state import State, reset_state

__all__ = ["Refusal", "State", "decode", "encode", "reset_state"]
