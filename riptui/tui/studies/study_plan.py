"""What a study file says, and what running it will take. For a thread; no Textual."""

from dataclasses import dataclass

from riptui.errors import RiptuiError
from riptui.study.study_estimate import StudyEstimate, estimate_study
from riptui.study.study_file import Study
from riptui.study.study_needs import find_lacking
from riptui.study.study_outline import StudySetting, describe_product, outline_study


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


def plan_study(study: Study) -> StudyPlan:
    """What a study will take, or why that is not known. Takes seconds if it is large."""
    estimate, problem = None, ""
    try:
        estimate = estimate_study(study)
    except RiptuiError as error:
        problem = str(error)
    return StudyPlan(tuple(outline_study(study)), describe_product(study), estimate, problem)


def list_lacking(study: Study) -> tuple[str, ...]:
    """The weights, packages, programs and servers that are not here. Seconds, where a package is tried first."""
    try:
        return find_lacking(study)
    except RiptuiError as error:
        return (str(error),)
