"""Modules that are imported again by whoever uses them next."""

import sys
from collections.abc import Callable

import pytest


def forget_modules(monkeypatch: pytest.MonkeyPatch, chosen: Callable[[str], bool]) -> None:
    """Forget the modules that are chosen by name until the test ends, also as attributes of their packages."""
    known = dict(sys.modules)
    for name in filter(chosen, known):
        parent, _, child = name.rpartition(".")
        monkeypatch.delitem(sys.modules, name)
        if known.get(parent) is not None:
            monkeypatch.delitem(
                vars(known[parent]), child, raising=False
            )  # lazy ones import where an attribute is asked for
