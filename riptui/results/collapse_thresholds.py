"""The thresholds by which the end of a trajectory is called uniform, a collage, blurred or stabilised."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite

from riptui.errors import InputError, with_choices


@dataclass(frozen=True)
class CollapseThresholds:
    """A label holds where a measured value is beyond its threshold. All of them can be changed, and all are shown."""

    uniform: float = 5.0
    """CIELAB: a smaller colour spread is uniform; two colours 2.3 apart can just be told apart."""
    collage_structure: float = 0.5
    """A collage keeps less of the original's structure: the correlation of coarse luma."""
    collage_seams: float = 1.5
    """A collage has greater steps of luma across the lines of the grid, as a multiple of those inside squares."""
    collage_detail: float = 25.0
    """%: a collage has at least this share of the original's detail; below it, its squares are flat."""
    blurred: float = 50.0
    """%: blurred has less of the original's detail. Gaussian blur of 2 px leaves 20 to 62 % of ten photographs'."""
    stabilised: float = 10.0
    """%: stabilised, if the distance per covered area changed by less over the second half of the amount."""
    spread: float = 25.0
    """%: mask sizes end alike where the range of their distances is less, in % of the mean distance."""

    def describe(self) -> list[str]:
        """Each label with its condition, in the order in which they are tried."""
        return [
            f"uniform: colour spread below {self.uniform:g} (CIELAB), where the original's is above",
            f"collage: structure below {self.collage_structure:g}, seams above {self.collage_seams:g}, "
            f"detail at least {self.collage_detail:g} %",
            f"blurred: detail below {self.blurred:g} %, and neither of those",
            f"stabilised: growth within ±{self.stabilised:g} %, whatever it looks like",
            f"spreads by mask size: the range over mask sizes at least {self.spread:g} % of the mean; else similar",
        ]


THRESHOLD_NAMES = tuple(field.name for field in fields(CollapseThresholds))


def parse_thresholds(changes: Sequence[str]) -> CollapseThresholds:
    """The thresholds with some replaced, each given as NAME=NUMBER. Raises InputError."""
    changed: dict[str, float] = {}
    for text in changes:
        name, equals, number = text.partition("=")
        if name not in THRESHOLD_NAMES:
            raise InputError(with_choices(f"unknown threshold {name!r}", name, THRESHOLD_NAMES))
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not equals or not isfinite(value) or value < 0:
            raise InputError(f"threshold {text!r}: write it as {name}=NUMBER, 0 or more, e.g. {name}=10")
        changed[name] = value
    return replace(CollapseThresholds(), **changed)
