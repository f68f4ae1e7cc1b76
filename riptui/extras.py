"""Imports of the packages of extras, so that a missing or a broken one is a line that says how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from riptui.errors import BrokenExtraError, MissingExtraError, RiptuiError


@contextmanager
def importing(feature: str, extra: str | None) -> Iterator[None]:
    """For `import` statements alone. `feature`: what needs the packages of an extra, as a message begins; without an
    extra nothing is changed.

    Raises MissingExtraError, BrokenExtraError.
    """
    try:
        yield
    except Exception as error:  # of any kind: a shared library is missing, a package is for another release of another
        if not extra or isinstance(error, RiptuiError):
            raise
        if isinstance(error, ModuleNotFoundError):
            raise MissingExtraError(feature, (error.name or "").partition(".")[0] or str(error), extra) from error
        raise BrokenExtraError(feature, error, extra) from error


def import_target(target: str, feature: str, extra: str | None) -> Any:
    """What `module:name` names. The others, and what is raised: as `importing`."""
    module, _, name = target.partition(":")
    with importing(feature, extra):
        imported = import_module(module)
    return getattr(imported, name)
