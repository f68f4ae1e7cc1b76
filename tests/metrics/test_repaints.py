"""NAME@repaints: the distance of each repainted square right after its repaint, and its way to the disk."""

from pathlib import Path

import numpy as np
import pytest

from riptui import metrics
from riptui.engine import measure_saved_frames
from riptui.errors import InputError, MetricError
from riptui.metrics.repaint_meter import RepaintMeter
from riptui.metrics.values import RepaintDistance
from riptui.region import Region
from riptui.results.exposure import DELTA_E
from riptui.results.patch_errors import read_square_errors
from riptui.spec import Box
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.lease import RemoteCopy, lease
from riptui.store.records import Request
from riptui.store.requests import has_work, set_request
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture

pytest_plugins = ["tests.support.random_trunks"]

NAME = "delta-e@repaints"


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory(amount=50.0, metrics=("psnr", NAME))
    list(run_trajectory(trajectory))
    return trajectory


def stored(trajectory: Trajectory) -> dict[str, dict[int, RepaintDistance]]:
    return trajectory.read_repaints(trajectory.read_rows())


@pytest.mark.slow
def test_a_run_stores_each_repaint_and_no_value_among_those_of_frames(done: Trajectory) -> None:
    found = stored(done)
    assert list(found) == ["delta-e"]
    assert list(found["delta-e"]) == list(range(1, 9))
    assert {name for values in done.read_metrics().values() for name in values} == {"psnr"}
    expected = read_square_errors(done, [DELTA_E])
    assert [one.square for one in found["delta-e"].values()] == pytest.approx(expected.errors[DELTA_E], abs=1e-4)
    frames = expected.frame_errors(DELTA_E)[1:]
    assert [one.frame for one in found["delta-e"].values()] == pytest.approx(frames, abs=1e-4)


@pytest.mark.slow
def test_measured_later_they_are_the_same_and_only_what_is_missing_is_measured(
    done: Trajectory, make_trajectory: MakeTrajectory
) -> None:
    later = make_trajectory("picture/later", amount=50.0)
    list(run_trajectory(later))
    assert not has_work(later)
    set_request(later, Request(metrics=(NAME,)))
    assert has_work(later)
    with claim(later) as claimed:
        measured = list(measure_saved_frames(claimed, [NAME], [0, 8]))
    assert [event.k for event in measured] == list(range(1, 9))
    assert stored(later) == stored(done)
    assert not has_work(later)
    (later.path / layout.REPAINTS).unlink()
    assert has_work(later), "it can be deleted, and is measured again"


@pytest.mark.slow
def test_torn_lines_and_lines_of_other_frames_do_not_count(done: Trajectory) -> None:
    file = done.path / layout.REPAINTS
    whole = stored(done)
    file.write_bytes(file.read_bytes()[:-20])
    assert list(stored(done)["delta-e"]) == list(range(1, 8))
    lines = file.read_bytes().splitlines(keepends=True)
    sha256 = done.read_rows()[2].sha256.encode()
    file.write_bytes(b"".join(lines[:7]).replace(sha256, b"0" * 64))
    assert list(stored(done)["delta-e"]) == [1, 2, 4, 5, 6, 7]
    with claim(done) as claimed:
        assert [event.k for event in measure_saved_frames(claimed, [NAME], [0, 8])] == [3, 8]
    assert stored(done) == {"delta-e": dict(sorted(whole["delta-e"].items()))} or len(stored(done)["delta-e"]) == 8


@pytest.mark.slow
def test_they_come_home_from_a_lease(done: Trajectory, make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    home = make_trajectory("picture/home", amount=50.0, metrics=(NAME,))
    with lease(home) as leased:
        copy = RemoteCopy(tmp_path / "copy", leased.make_bundle())
        list(run_trajectory(copy.trajectory))
        leased.receive(copy.take_delta())
    assert stored(home) == stored(done)


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_lpips_of_a_repaint_is_the_mean_of_its_map_over_the_square(torch_home: Path) -> None:
    original, frame, box = picture(128), picture(128), Box(64, 0, 64, 64)
    frame[box.window] = 255 - frame[box.window]
    metric = metrics.load("lpips-squeeze", "cpu")
    found = metrics.measure_map(metric, metric.prepare(original), frame)
    [distance] = RepaintMeter(["lpips-squeeze@repaints", "ssim"], original, "cpu").measure(frame, Region(box)).values()
    assert distance == pytest.approx((found[box.window].mean(), found.mean()), abs=1e-7)
    assert distance.square > distance.frame > 0


def test_a_metric_without_a_map_is_refused_and_a_failing_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"ssim has no @repaints\. .*lpips-squeeze@repaints"):
        metrics.check_names(["ssim@repaints"])
    meter = RepaintMeter([NAME], picture())
    with pytest.raises(MetricError, match="delta-e@repaints failed"):
        meter.measure(np.zeros((4, 4, 3), np.uint8), Region(Box(0, 0, 4, 4)))
