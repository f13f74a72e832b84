"""The command `vmsgen`: one file a verb."""
