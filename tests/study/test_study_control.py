"""Requests to a whole study."""

import pytest

from riptui.store.trajectory import Status, Trajectory
from riptui.study import manifest
from riptui.study.study_control import StudyAction, request_study
from riptui.study.study_file import read_study
from riptui.supervision.progress import ProgressTracker
from tests.support.study_files import Written, submitted
from tests.support.trajectories import advance


@pytest.mark.slow
def test_each_action_reaches_the_trajectories_that_it_is_about(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    found = manifest.read(study)
    assert found is not None
    tracker = ProgressTracker(study.folder, study.runs, found.trajectories)
    advance(Trajectory(study.folder / next(iter(found.trajectories))), 100)

    def act(action: StudyAction) -> tuple[int, dict[str, int]]:
        answer = request_study(tracker, action)
        assert not answer.left
        return answer.count, dict(tracker.poll(full=True).statuses)

    assert act("pause") == (7, {Status.DONE: 1, Status.PAUSED: 7})
    assert act("pause")[0] == 0
    assert act("resume") == (7, {Status.DONE: 1, Status.QUEUED: 7})
    assert act("stop") == (7, {Status.DONE: 1, Status.INTERRUPTED: 7})
    assert act("retry")[0] == 0


def test_a_tracker_takes_what_is_added_to_the_study_meanwhile(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    found = manifest.read(study)
    assert found is not None
    first, *others = found.trajectories.items()
    tracker = ProgressTracker(study.folder, study.runs, dict([first]))
    assert tracker.follow(found.trajectories)
    assert tracker.poll(full=True).statuses == {Status.QUEUED: 8}
    assert not tracker.follow(dict(others))
