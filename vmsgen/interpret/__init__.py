"""The oracle: saves and loads a device's state straight from the model, in plain Python. Slow, and meant to be read."""

from vmsgen.interpret.decode import decode
from vmsgen.interpret.encode import encode, needed
from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.lost import lost
from vmsgen.interpret.state import State, reset_state, same

__all__ = ["Refusal", "State", "decode", "encode", "lost", "needed", "reset_state", "same"]
