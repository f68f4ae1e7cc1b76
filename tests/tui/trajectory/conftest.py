"""A trajectory that is done."""

import pytest

from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    """32 iterations of 256 px, mask 64, measured every 50 % (8 iterations)."""
    made = make_trajectory("picture/m64-s0", amount=200.0, metrics=("ssim", "psnr"))
    list(run_trajectory(made))
    return made
