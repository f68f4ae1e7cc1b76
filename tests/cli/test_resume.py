"""`riptui resume`."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from riptui.errors import DiskError
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import riptui
from tests.support.run_command import contents, objects
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = pytest.mark.usefixtures("place")


@pytest.mark.slow
def test_resume_brings_one_to_its_end(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr",))
    advance(trajectory, 3)
    outcome = riptui("resume", trajectory.path)
    assert outcome.code == 0
    assert "resumes at" in outcome.out
    assert trajectory.read_status() == Status.DONE
    assert list(trajectory.read_metrics()) == [0, 8, 16]


@pytest.mark.slow
def test_resume_of_a_folder_takes_all_that_is_not_done(make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"g/a/m64-s{seed}", seed=seed, inpainter="noise") for seed in range(4)]
    list(run_trajectory(made[0]))
    advance(made[1], 3)
    before = contents(made[0].path)
    outcome = riptui("resume", "runs/g")
    assert outcome.code == 0
    assert {trajectory.read_status() for trajectory in made} == {Status.DONE}
    assert outcome.out.splitlines()[0] == "a/m64-s0: already done"
    assert "a/m64-s2 (2 of 4): starts, 16 iterations" in outcome.out
    assert contents(made[0].path) == before


@pytest.mark.slow
def test_resume_takes_several_paths_and_each_trajectory_once(make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"g/m64-s{seed}", seed=seed, inpainter="noise") for seed in range(3)]
    events = objects(riptui("resume", "runs/g", "runs/g/m64-s1", "runs", "--display", "json"))
    assert Counter(event["event"] for event in events) == {"started": 3, "iterated": 48, "ended": 3}
    assert {trajectory.read_status() for trajectory in made} == {Status.DONE}


def test_where_a_folder_cannot_be_listed_the_rest_is_taken_and_the_outcome_is_1(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory(inpainter="noise", amount=20)

    def find(paths: Any, *, on_error: Any) -> list[Trajectory]:
        on_error(DiskError("runs/locked: permission denied"))
        return [trajectory]

    for module in ("resume", "measure", "pause_and_stop"):
        monkeypatch.setattr(f"riptui.cli.{module}.find_all_trajectories", find)
    for command in ("pause", "resume", "stop", "measure"):
        outcome = riptui(command, "runs")
        assert outcome.code == 1
        assert "runs/locked" in outcome.err
    assert trajectory.read_status() == Status.DONE


@pytest.mark.parametrize(
    ("path", "words"), [("cat.png", "holds no trajectory"), ("void", "holds no trajectory"), ("gone", "does not exist")]
)
def test_resume_refuses_what_is_no_trajectory(path: str, words: str, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    Path("void").mkdir()
    outcome = riptui("resume", trajectory.path, path)
    assert outcome.code == 2
    outcome.require_one_line(path, words)
    assert trajectory.read_rows() == []
