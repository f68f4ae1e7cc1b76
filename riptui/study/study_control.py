"""Pause, resume, stop and retry a whole study: a request in the folder of each trajectory that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from riptui.store.trajectory import Status
from riptui.supervision.bulk import request_all, retry_all
from riptui.supervision.client import RequestState
from riptui.supervision.progress import ProgressTracker

StudyAction = Literal["pause", "resume", "stop", "retry"]


@dataclass(frozen=True)
class StudyRequest:
    """What an action asks for, and of which trajectories."""

    statuses: tuple[Status, ...]
    state: RequestState | Literal["retry"]
    past_tense: str
    needs_workers: bool
    """Whether something is queued by it."""


STUDY_REQUESTS: Mapping[StudyAction, StudyRequest] = MappingProxyType(
    {
        "pause": StudyRequest((Status.RUNNING, Status.QUEUED), "pause", "paused", False),
        "resume": StudyRequest((Status.PAUSED, Status.INTERRUPTED), "run", "queued", True),
        "stop": StudyRequest((Status.RUNNING, Status.QUEUED, Status.PAUSED), "stop", "stopped", False),
        "retry": StudyRequest((Status.FAILED,), "retry", "queued again", True),
    }
)


@dataclass(frozen=True)
class StudyAnswer:
    """How many trajectories got a request, and how many could not: they are damaged, or cannot be written."""

    count: int
    left: int


def request_study(tracker: ProgressTracker, action: StudyAction) -> StudyAnswer:
    """Request this of all trajectories that it is about by now. Raises DiskError if the whole disk fails."""
    request = STUDY_REQUESTS[action]
    tracker.poll(full=True)
    trajectories = tracker.list_by_status(*request.statuses)
    count = retry_all(trajectories) if request.state == "retry" else request_all(trajectories, request.state)
    return StudyAnswer(count, len(trajectories) - count)
