"""What a study file says, and what running it will take. For a thread; no Textual."""

from dataclasses import dataclass

from riptui.errors import RiptuiError
from riptui.study.study_estimate import StudyEstimate, estimate_study
from riptui.study.study_needs import find_lacking
from riptui.study.study_outline import StudySetting, describe_product, outline_study
from riptui.study.study_state import StudyState


@dataclass(frozen=True)
class StudyPlan:
    """What a study file says, and what that will take."""

    settings: tuple[StudySetting, ...]
    product: str
    """How many trajectories each picture has."""
    estimate: StudyEstimate | None
    problem: str = ""
    """Why there is no estimate, in a line. Not yet safe to print."""
    lacking: tuple[str, ...] | None = None
    """What this machine lacks for it, as `riptui study plan` tells it; None while that is looked for."""


class StudyPlanner:
    """Estimates what studies will take; again if that may have changed. For a thread, but for `is_stale`."""

    def __init__(self) -> None:
        self._made: dict[str, object] = {}  # of what there is an estimate, or one is being made

    def is_stale(self, state: StudyState) -> bool:
        """Whether a new estimate is due; if so, it counts as made from now on."""
        known = state.known
        stamp = known.study and known.study.text, known.manifest is None, state.is_active, state.created
        stale = self._made.get(known.key) != stamp and not (state.at_work and known.key in self._made)
        if stale:
            self._made[known.key] = stamp
        return stale

    def plan(self, state: StudyState) -> StudyPlan:
        """What a study will take, or why that is not known. Takes seconds if it is large."""
        study = state.known.study
        assert study is not None
        estimate, problem = None, ""
        try:
            estimate = estimate_study(study)
        except RiptuiError as error:
            problem = str(error)
        return StudyPlan(tuple(outline_study(study)), describe_product(study), estimate, problem)

    def find_lacking(self, state: StudyState) -> tuple[str, ...]:
        """The weights, packages, programs and servers that are not here. Seconds, where a package is tried first."""
        study = state.known.study
        assert study is not None
        try:
            return () if state.is_done else find_lacking(study)
        except RiptuiError as error:
            return (str(error),)
