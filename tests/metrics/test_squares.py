"""NAME@squares: the distance of each square, and its way to the disk."""

from pathlib import Path

import numpy as np
import pytest

from riptui import metrics
from riptui.metrics.meter import Meter
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.lease import RemoteCopy, lease
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture

pytest_plugins = ["tests.support.random_trunks"]

NAME = "delta-e@squares"


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory(metrics=(NAME,))
    list(run_trajectory(trajectory))
    return trajectory


def test_a_squares_value_is_the_mean_over_its_pixels() -> None:
    original, frame = picture(), picture()
    frame[64:128, 192:] = 255 - frame[64:128, 192:]
    meter = Meter([NAME, "delta-e"], original, side=64)
    values = meter.measure(frame)
    squares = np.array(meter.squares["delta-e"])
    assert squares.shape == (4, 4)
    alone = metrics.load("delta-e")
    part = original[64:128, 192:]
    assert squares[1, 3] == pytest.approx(alone.measure(alone.prepare(part), 255 - part[None])[0], abs=1e-4)
    assert np.count_nonzero(squares) == 1
    assert values[NAME] == pytest.approx(values["delta-e"], abs=1e-5)
    assert values[NAME] == pytest.approx(squares.mean(), abs=1e-6)
    meter.measure(original, ["delta-e"])
    assert meter.squares == {}, "of the frame measured last"


@pytest.mark.slow
@pytest.mark.needs("diffusion")
@pytest.mark.parametrize("net", ["squeeze", "alex"])
def test_lpips_of_each_pixel_is_that_of_its_package(net: metrics.LpipsNet, torch_home: Path) -> None:
    import lpips
    import torch

    from riptui.metrics.lpips import load_network

    original, frame = picture(), 255 - picture()
    metric = metrics.load(f"lpips-{net}", "cpu")
    found = metrics.measure_map(metric, metric.prepare(original), frame)
    network = load_network(net)
    network.spatial = True
    with torch.inference_mode():
        expected = network(lpips.im2tensor(original), lpips.im2tensor(frame))[0, 0].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_maps_are_stored_with_their_mean_among_the_values(done: Trajectory) -> None:
    stored, values = done.read_squares(), done.read_metrics()
    assert list(stored) == list(values) == [0, 8, 16]
    for k, squares in stored.items():
        assert values[k] == {NAME: pytest.approx(np.mean(squares["delta-e"]), abs=1e-6)}
    repainted = {(row.box.y // 64, row.box.x // 64) for row in done.read_rows()}
    changed = {(int(y), int(x)) for y, x in np.argwhere(np.array(stored[16]["delta-e"]) > 0)}
    assert changed <= repainted


@pytest.mark.slow
def test_measured_later_they_are_the_same_and_every_50_percent_however_often_is_measured(
    done: Trajectory, make_trajectory: MakeTrajectory
) -> None:
    later = make_trajectory("picture/later")
    list(run_trajectory(later))
    assert not (later.path / layout.SQUARES).exists(), "only where it was asked for"
    set_request(later, Request(metrics=(NAME,), measure="every"))
    list(run_trajectory(later))
    assert list(later.read_metrics()) == list(range(17))
    assert later.read_squares() == done.read_squares()


@pytest.mark.slow
def test_a_torn_line_is_dropped_before_the_next(done: Trajectory) -> None:
    stored, file = done.read_squares(), done.path / layout.SQUARES
    file.write_bytes(file.read_bytes()[:-20])
    assert list(done.read_squares()) == [0, 8]
    with claim(done) as claimed:
        claimed.add_measurement(16, {NAME: 1.0}, squares=stored[16])
    assert done.read_squares() == stored


@pytest.mark.slow
def test_they_come_home_from_a_lease(done: Trajectory, make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    home = make_trajectory("picture/home", metrics=(NAME,))
    with lease(home) as leased:
        copy = RemoteCopy(tmp_path / "copy", leased.make_bundle())
        list(run_trajectory(copy.trajectory))
        leased.receive(copy.take_delta())
    assert home.read_squares() == done.read_squares()
