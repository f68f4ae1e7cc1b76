"""The outcome of a test: evidence, and the verdict that follows from it."""

from dataclasses import dataclass
from enum import StrEnum

from riptui.results.bootstrap import IntervalEstimate

MIN_PAIRED_IMAGES = 8
"""Images that a mean over images needs for a verdict: intervals over fewer contain the true value too seldom."""
MIN_SPREAD_IMAGES = 20
"""The same for statistics of the images' distribution: spreads, ranks, outliers. With 12 images, a relative spread of
exactly the threshold was refuted in 7 % of 400 simulations, with 20 images in 4 %; it should be 2.5 %."""

ROUNDING = 1e-9
"""Effects and spreads up to this count as 0: one 8-bit step changes any metric by far more."""


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "does not"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Evidence:
    """One effect. Its interval supports the claim if above `null`, contradicts it if below, and else leaves it open."""

    what: str
    effect: IntervalEstimate
    null: float
    least: int = MIN_PAIRED_IMAGES
    """Images needed for a verdict."""

    @property
    def verdict(self) -> Verdict:
        if self.effect.images < self.least:
            return Verdict.UNDECIDED
        if self.effect.low > self.null + ROUNDING:
            return Verdict.HOLDS
        return Verdict.FAILS if self.effect.high < self.null - ROUNDING else Verdict.UNDECIDED


@dataclass(frozen=True)
class PaperFinding:
    """A claim of the paper, tested on data.

    It holds if all its evidence supports it, each at its own 95 % level: a false claim holds by chance at most once in
    forty, however much evidence there is. It fails if any evidence contradicts it. There is no correction for testing
    seven findings.
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

    @property
    def verdict(self) -> Verdict:
        verdicts = {item.verdict for item in self.evidence}
        if Verdict.FAILS in verdicts:
            return Verdict.FAILS
        return Verdict.HOLDS if verdicts == {Verdict.HOLDS} else Verdict.UNDECIDED

    @property
    def images(self) -> int:
        """The fewest images of any evidence."""
        return min((item.effect.images for item in self.evidence), default=0)

    @property
    def missing_data(self) -> str:
        """The number of images needed for a verdict, as a sentence; empty if there are enough."""
        too_few = [item for item in self.evidence if item.effect.images < item.least]
        return f"it needs {max(item.least for item in too_few)} images" if too_few else ""
