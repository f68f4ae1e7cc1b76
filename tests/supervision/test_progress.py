"""How often a tracker of many trajectories reads them."""

from collections import Counter
from pathlib import Path

import pytest

from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.supervision import progress
from riptui.supervision.progress import ProgressTracker
from tests.support.trajectories import MakeTrajectory


def test_a_full_poll_reads_each_once_also_what_turns_out_to_be_paused(
    runs: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_request(make_trajectory("paused"), Request("pause"))
    make_trajectory("queued", seed=1)
    tracker = ProgressTracker(runs, runs, {"paused": 16, "queued": 16})
    read = Counter[str]()

    def derive(trajectory: Trajectory, *args: object, **options: object) -> Status:
        read[trajectory.path.name] += 1
        return derive_status(trajectory, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(progress, "derive_status", derive)
    assert tracker.poll(full=True).statuses == {"queued": 1, "paused": 1}
    assert read == {"paused": 1, "queued": 1}
