"""All tests of this folder are slow: whole processes, killed, starved and misled, and whole trajectories replayed."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("slow")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """With `-m "not slow"` they are not even imported."""
    return config.getoption("markexpr") == "not slow" or None
