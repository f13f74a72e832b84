"""Settings of the whole suite. Warnings are errors there too: pyproject.toml says so."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadlines: a slow machine is not a bug, and a timing is never a test. A failing example is printed so that it
# can be repeated from the log alone.
_COMMON = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}

# The same examples every time: a new one is for the long run to find, not for whoever changed something else.
# A profile has from the last one named "default" what it does not say itself, so the long one says this too.
settings.register_profile("default", max_examples=100, derandomize=True, **_COMMON)
settings.register_profile("long", max_examples=5_000, derandomize=False, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run under sanitizers in which every test was skipped has found out nothing: it fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("VMS_SANITIZE") and reporter is not None and not reporter.stats.get("passed"):
        reporter.write_line("under sanitizers no test passed: nothing was tested", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
