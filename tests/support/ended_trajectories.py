"""Trajectories that are done, have stopped or have failed."""

from riptui.store.claim import claim
from riptui.store.records import Failure
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import advance


def computed(one: Trajectory) -> Trajectory:
    list(run_trajectory(one))
    return one


def stopped(one: Trajectory) -> Trajectory:
    assert advance(one, 3) == 3
    return one


def failed(one: Trajectory) -> Trajectory:
    with claim(one) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00+00:00", 1, "it broke", "traceback"))
    return one
