"""What emitted files look like. Templates only: look one up by the package of its own folder."""
