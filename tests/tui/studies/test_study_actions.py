"""What the keys do to a study while a process creates its trajectories."""

from pathlib import Path
from threading import Thread

import msgspec
import pytest

from riptui.store.trajectory import Status, Trajectory
from riptui.study import manifest
from riptui.study.known_studies import StudyFinder
from riptui.study.study_file import read_study
from riptui.study.study_state import StudyState
from riptui.supervision.progress import ProgressTracker
from riptui.supervision.study_process import is_at_work
from riptui.tui.studies import study_actions
from riptui.tui.studies.study_actions import StudyActions
from riptui.tui.studies.study_jobs import StudyJobs
from tests.support.studies_app import stand_in
from tests.support.study_files import Written, submitted


def test_a_pause_reaches_also_what_is_still_being_created(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_actions, "CREATING_SECONDS", 0.02)
    study = read_study(written())
    submitted(study)
    whole = manifest.read(study)
    assert whole is not None
    begun = msgspec.structs.replace(whole, pictures=whole.pictures[:1])
    manifest.write(study, begun)
    jobs = StudyJobs(study.runs, lambda message: None)
    with stand_in("while [ ! -e stop ]; do sleep 0.02; done"):
        jobs.compute(study.file)
        assert is_at_work(study.file)
        [known] = StudyFinder(study.runs).find(["small"])
        progress = ProgressTracker(study.folder, study.runs, begun.trajectories).poll(full=True)
        said: list[str] = []
        pausing = Thread(
            target=lambda: said.append(StudyActions(jobs).request(StudyState(known, progress, True), "pause"))
        )
        pausing.start()
        manifest.write(study, whole)
        pausing.join(20)
        (tmp_path / "stop").touch()
    assert said == ["8 trajectories paused"]
    paths = [Trajectory(study.folder / path) for path in whole.trajectories]
    assert {trajectory.read_status() for trajectory in paths} == {Status.PAUSED}
