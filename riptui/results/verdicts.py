"""What a test says: never more than its numbers do."""

from dataclasses import dataclass
from enum import StrEnum

from riptui.results.bootstrap import Estimate

LEAST_PAIRED = 8
"""Images below which a mean over them decides nothing: an interval over fewer holds the truth too seldom."""
LEAST_SPREAD = 20
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
    effect: Estimate
    null: float
    least: int = LEAST_PAIRED
    """Images that it needs."""

    @property
    def verdict(self) -> Verdict:
        if self.effect.images < self.least:
            return Verdict.UNDECIDED
        if self.effect.low > self.null + ROUNDING:
            return Verdict.HOLDS
        return Verdict.FAILS if self.effect.high < self.null - ROUNDING else Verdict.UNDECIDED


@dataclass(frozen=True)
class Finding:
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
        verdicts = {one.verdict for one in self.evidence}
        if Verdict.FAILS in verdicts:
            return Verdict.FAILS
        return Verdict.HOLDS if verdicts == {Verdict.HOLDS} else Verdict.UNDECIDED

    @property
    def images(self) -> int:
        """Of the evidence that has fewest."""
        return min((one.effect.images for one in self.evidence), default=0)

    @property
    def lacks(self) -> str:
        """Why it is undecided for want of data, if it is."""
        short = [one for one in self.evidence if one.effect.images < one.least]
        return f"it needs {max(one.least for one in short)} images" if short else ""
