"""Imports of the packages of extras, so that a missing or a broken one is a line that says how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager

from riptui.errors import BrokenExtraError, MissingExtraError, RiptuiError


@contextmanager
def importing(feature: str, extra: str) -> Iterator[None]:
    """For `import` statements alone. `feature`: what needs the packages, as a message begins.

    Raises MissingExtraError, BrokenExtraError.
    """
    try:
        yield
    except RiptuiError:
        raise
    except ModuleNotFoundError as error:
        raise MissingExtraError(feature, (error.name or "").partition(".")[0] or str(error), extra) from error
    except Exception as error:  # of any kind: a shared library is missing, a package is for another release of another
        raise BrokenExtraError(feature, error, extra) from error
