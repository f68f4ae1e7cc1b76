"""The results of the checks of `riptui doctor`."""

from collections.abc import Iterator
from typing import Literal, NamedTuple


class Diagnosis(NamedTuple):
    """A result of a check."""

    state: Literal["ok", "note", "bad"]
    what: str
    advice: str = ""


Diagnoses = Iterator[Diagnosis]
