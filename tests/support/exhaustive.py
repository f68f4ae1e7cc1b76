"""Cases that most runs of the tests leave out, because others try the same in small."""

from collections.abc import Iterable
from typing import Any

import pytest


def some_of(cases: Iterable[object], *usual: object) -> list[Any]:
    """All cases for `parametrize`; those that are not among the usual ones are marked exhaustive."""
    return [pytest.param(case, marks=[] if case in usual else [pytest.mark.exhaustive]) for case in cases]
