"""What a test says: never more than its numbers do."""

from dataclasses import dataclass
from enum import StrEnum

from riptui.results.bootstrap import IntervalEstimate

MIN_PAIRED_IMAGES = 8
"""Images below which a mean over them decides nothing: an interval over fewer holds the truth too seldom."""
MIN_SPREAD_IMAGES = 20
"""The same for what is of the images' distribution: spreads, ranks, outliers. With 12 images, a relative spread of
exactly the number asked for was refuted in 7 % of 400 simulations, with 20 in 4 %; it should be 2.5 %."""

ROUNDING = 1e-9
"""Effects and spreads up to this are taken for none: it is far below what a step of 8 bits does to any metric."""


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "does not"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Evidence:
    """One effect. It speaks for the claim above `null`, against it below, and not at all while the interval has it."""

    what: str
    effect: IntervalEstimate
    null: float
    least: int = MIN_PAIRED_IMAGES
    """Images that it needs."""

    @property
    def verdict(self) -> Verdict:
        if self.effect.images < self.least:
            return Verdict.UNDECIDED
        if self.effect.low > self.null + ROUNDING:
            return Verdict.HOLDS
        return Verdict.FAILS if self.effect.high < self.null - ROUNDING else Verdict.UNDECIDED


@dataclass(frozen=True)
class PaperFinding:
    """A claim of the paper against the data.

    It holds if all its evidence speaks for it, each at its own 95 % (so at most one in forty holds by chance where it
    does not, however much evidence there is); it does not if any speaks against it. No correction is made for there
    being seven findings.
    """

    number: int
    claim: str
    test: str
    """What was computed, in a sentence."""
    evidence: tuple[Evidence, ...]
    trajectories: int
    """Complete ones that it is computed from."""
    note: str = ""
    """What is missing, or should be known."""

    @property
    def verdict(self) -> Verdict:
        verdicts = {item.verdict for item in self.evidence}
        if Verdict.FAILS in verdicts:
            return Verdict.FAILS
        return Verdict.HOLDS if verdicts == {Verdict.HOLDS} else Verdict.UNDECIDED

    @property
    def images(self) -> int:
        """Of the evidence that has fewest."""
        return min((item.effect.images for item in self.evidence), default=0)

    @property
    def missing_data(self) -> str:
        """Why it is undecided for want of data, if it is."""
        too_few = [item for item in self.evidence if item.effect.images < item.least]
        return f"it needs {max(item.least for item in too_few)} images" if too_few else ""
