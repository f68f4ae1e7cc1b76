"""The outcome of a test: evidence, and the verdict that follows from it, by Holm's correction of p values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isnan
from typing import Any

from riptui.results.bootstrap import IntervalEstimate

MIN_PAIRED_IMAGES = 8
"""Images that a mean over images needs for a verdict: intervals over fewer contain the true value too seldom."""
MIN_SPREAD_IMAGES = 20
"""The same for statistics of the images' distribution: spreads, ranks, outliers. With 12 images, a relative spread of
exactly the threshold was refuted in 7 % of 400 simulations, with 20 images in 4 %; it should be 2.5 %."""
ALPHA = 0.025
"""The chance, in each direction, of a verdict where there is no effect: that of a 95 % interval."""
ROUNDING = 1e-9
"""Effects and spreads up to this count as 0: one 8-bit step changes any metric by far more."""


class Verdict(StrEnum):
    HOLDS = "holds"
    IN_PART = "in part"
    FAILS = "does not"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Evidence:
    """One part of a finding: an effect that supports the claim above `null` and contradicts it below."""

    what: str
    effect: IntervalEstimate
    null: float
    least: int = MIN_PAIRED_IMAGES
    """Images needed for a verdict."""
    decides: bool = True
    """Whether the finding's verdict depends on it; otherwise it is only reported."""
    open: str = ""
    """Why it gets no verdict, however clear the effect; empty if it may get one."""

    def describe(self, verdict: Verdict) -> str:
        """What came of it, in words: its verdict, why it has none, and whether it is only Holm's correction that leaves
        it undecided."""
        clear = self.counts and self.decides and not self.effect.low <= self.null <= self.effect.high
        by_holm = " by Holm" if clear and verdict is Verdict.UNDECIDED else ""
        beside = "" if self.decides else ", beside the verdict"
        return f"{self.open or verdict}{by_holm}{beside}"

    @property
    def counts(self) -> bool:
        """Whether there is data enough for a verdict."""
        return self.effect.images >= self.least and not self.open and not isnan(self.effect.p_above)


@dataclass(frozen=True)
class PaperFinding:
    """A claim of the paper, tested on data.

    A part is judged only if it has enough images; parts that have not take nothing away, so that more data never undoes
    a verdict. The claim holds if each judged part supports it at its own level: a false claim holds by chance at most
    once in forty, however many parts there are. Otherwise a part supports or contradicts it only at a level that Holm's
    method corrects for the number of parts. There is no correction for testing seven findings.
    """

    number: int
    claim: str
    test: str
    """The computation, in a sentence."""
    evidence: tuple[Evidence, ...]
    trajectories: int
    """Count of complete trajectories that it is computed from."""
    note: str = ""
    """Missing data, or a remark."""
    of_excess: bool = False
    """Whether it is about the excess over coverage, and not about the distance itself."""

    @property
    def label(self) -> str:
        """Its number; with a prime if it is about the excess."""
        return f"{self.number}{'′' if self.of_excess else ''}"

    @property
    def verdict(self) -> Verdict:
        """Holds if all judged parts do, in part if only some do; else fails if any fails; undecided if none does."""
        parts = {part for part, item in zip(self.parts, self.evidence, strict=True) if item.counts and item.decides}
        if len(parts) == 1:
            return parts.pop()
        if Verdict.HOLDS in parts:
            return Verdict.IN_PART
        return Verdict.FAILS if Verdict.FAILS in parts else Verdict.UNDECIDED

    @property
    def parts(self) -> list[Verdict]:
        """The verdict of each part, in the order of the evidence."""
        deciding = iter(judge_together([item for item in self.evidence if item.counts and item.decides]))
        return [
            Verdict.UNDECIDED if not item.counts else next(deciding) if item.decides else judge_together([item])[0]
            for item in self.evidence
        ]

    @property
    def images(self) -> int:
        """The fewest images of any judged part; of any part if none is judged."""
        judged = [item for item in self.evidence if item.counts] or self.evidence
        return min((item.effect.images for item in judged), default=0)

    @property
    def missing_data(self) -> str:
        """The number of images needed for a verdict, as a sentence; empty if there are enough."""
        too_few = [item for item in self.evidence if item.effect.images < item.least]
        return f"it needs {max(item.least for item in too_few)} images" if too_few else ""


def judge_together(parts: Sequence[Evidence]) -> list[Verdict]:
    """The verdicts of parts of one claim: all hold if each does by itself, and else Holm's correction applies."""
    if all(part.effect.p_above <= ALPHA and part.effect.value > part.null + ROUNDING for part in parts):
        return [Verdict.HOLDS] * len(parts)
    above = adjust_p([part.effect.p_above for part in parts])
    below = adjust_p([part.effect.p_below for part in parts])
    return [
        Verdict.HOLDS
        if p_above <= ALPHA and part.effect.value > part.null + ROUNDING
        else Verdict.FAILS
        if p_below <= ALPHA and part.effect.value < part.null - ROUNDING
        else Verdict.UNDECIDED
        for part, p_above, p_below in zip(parts, above, below, strict=True)
    ]


def adjust_p(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979), which controls the chance of any false positive among all tests."""
    adjusted = [1.0] * len(p)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        floor = max(floor, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = floor
    return adjusted


def parts_as_dicts(finding: PaperFinding) -> list[dict[str, Any]]:
    """The parts of a finding as JSON values, each with its verdict, and with that in words."""
    return [
        asdict(part) | {"verdict": str(verdict), "outcome": part.describe(verdict)}
        for part, verdict in zip(finding.evidence, finding.parts, strict=True)
    ]
