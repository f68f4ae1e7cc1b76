"""What a driver hands out. Without Ray."""

import os
from pathlib import Path

import pytest

from riptui.ray_cluster.backlog import Backlog
from riptui.store import trust
from riptui.store.trust import Trust
from riptui.supervision.progress import ProgressTracker
from tests.support.trajectories import MakeTrajectory


def test_files_of_another_user_s_spec_are_not_loaded_from_a_copy_either(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "list_loaded_files", lambda spec: ["lora"])
    trajectory = make_trajectory("g/t", inpainter="identity")
    runs = tmp_path / "runs"
    for trusts_all in (False, True):
        tracker = ProgressTracker(runs / "g", runs, {"t": trajectory.spec.iterations})
        tracker.poll()
        backlog = Backlog(runs, Trust(os.geteuid() + 1, "own", trusts_all))
        backlog.refresh(tracker, ())
        assignment = backlog.take(b"", {}, lend=True, is_idle=True)
        backlog.refresh(tracker, ())
        assert tracker.poll().statuses.get("skipped", 0) == int(not trusts_all)
        assert tracker.is_over == (not trusts_all)
        assert bool(assignment) == trusts_all
        if assignment:
            assignment.stack.close()
        else:
            assert "its spec is another user's and loads lora" in backlog.problems[0]
