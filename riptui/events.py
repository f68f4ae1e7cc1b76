"""What happens to a trajectory: told by the engine as it happens, and by `watch` as the disk shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from riptui.errors import RiptuiError
from riptui.store.records import Row, Values


@dataclass(frozen=True)
class Started:
    """The trajectory is claimed and whole up to iteration k."""

    k: int
    damage: Sequence[str] = ()
    """What was committed, was no longer right and was cut; a sentence each. From outside it is not seen."""


@dataclass(frozen=True)
class Iterated:
    """An iteration is committed."""

    row: Row


@dataclass(frozen=True)
class Measured:
    """A frame's distances are saved."""

    k: int
    values: Values


@dataclass(frozen=True)
class Ended:
    """Nothing more comes: the amount is reached, or it was asked to stop."""

    k: int
    done: bool


@dataclass(frozen=True)
class Failed:
    """The trajectory ended with an error."""

    error: RiptuiError


@dataclass(frozen=True)
class Noted:
    """Something the user should know, e.g. that it goes on in smaller batches."""

    text: str


@dataclass(frozen=True)
class Loading:
    """Its worker loads an inpainter."""

    inpainter: str


@dataclass(frozen=True)
class Stepped:
    """Denoising steps of iteration k+1 are done."""

    k: int
    step: int
    steps: int


Event = Started | Iterated | Measured | Ended | Failed | Noted
