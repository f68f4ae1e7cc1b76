"""The relative log amplitude against what is known of it, and its way to the disk."""

from pathlib import Path

import numpy as np
import pytest

from riptui import inpainters, metrics
from riptui.arrays import Image
from riptui.engine.measuring import measure_saved_frames
from riptui.metrics.fine_detail import HIGH_CYCLES
from riptui.metrics.frequency_bins import FREQUENCIES, LogAmplitudes
from riptui.metrics.meter import Meter
from riptui.metrics.metric import measure_profile
from riptui.metrics.spectrum import log_amplitudes
from riptui.recursion import ignore_step
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.lease import RemoteCopy, lease
from riptui.store.requests import find_missing_measurements
from riptui.store.trajectory import Trajectory
from tests.support.recursed import bundled_pictures
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

COFFEE = bundled_pictures(2)[1]
LOW = FREQUENCIES < 0.2


def white_noise(sd: float = 40.0, side: int = 256) -> Image:
    grey = np.random.default_rng(1).normal(128, sd, (side, side, 1)).clip(0, 255).round()
    return np.broadcast_to(grey, (side, side, 3)).astype(np.uint8)


def process(name: str, image: Image, **parameters: float | str) -> Image:
    inpaint = inpainters.load(name, parameters)
    return inpaint(image[None], np.ones((1, *image.shape[:2]), bool), seeds=[0], on_step=ignore_step)[0]


def profile(original: Image, frame: Image) -> LogAmplitudes:
    metric = metrics.load("spectrum")
    return measure_profile(metric, metric.prepare(original), frame)


def test_of_an_equal_picture_it_is_0_at_all_frequencies() -> None:
    meter = Meter(["spectrum"], COFFEE)
    assert meter.measure(COFFEE.copy()) == {"spectrum": 0.0}
    assert meter.profiles == {"spectrum": [0.0] * 64}


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_a_gaussian_blur_gives_its_closed_form(sigma: float) -> None:
    noise = white_noise()
    found, expected = profile(noise, process("blur", noise, sigma=sigma)), -((2 * np.pi * FREQUENCIES * sigma) ** 2) / 2
    clear = expected > -3  # below, what rounding adds shows
    assert clear.sum() > 15
    assert abs(found - expected)[clear].max() < 0.06


def test_a_picture_of_half_the_contrast_has_half_the_amplitude() -> None:
    half = np.rint(COFFEE / 2).astype(np.uint8)
    assert abs(profile(COFFEE, half)[LOW] - np.log(0.5)).max() < 0.01


def test_white_noise_is_flat() -> None:
    found = log_amplitudes(white_noise())
    assert found.std() < 0.06
    assert found.mean() == pytest.approx(np.log(40), abs=0.02)


def test_jpeg_of_quality_100_loses_nearly_nothing_and_of_10_much() -> None:
    assert abs(profile(COFFEE, process("jpeg", COFFEE, quality=100))).max() < 0.02
    lossy = profile(COFFEE, process("jpeg", COFFEE, quality=10))
    assert lossy[FREQUENCIES > HIGH_CYCLES].mean() < -0.3
    assert abs(lossy[:4]).max() < 0.05


def test_resampling_loses_what_the_smaller_picture_cannot_have() -> None:
    found = profile(COFFEE, process("resample", COFFEE, factor=2, filter="lanczos"))
    assert abs(found[FREQUENCIES < 0.1]).max() < 0.05
    assert found[FREQUENCIES > 0.35].max() < -0.8


def test_the_number_is_the_mean_of_the_high_half_and_a_flat_picture_has_one() -> None:
    flat = np.full_like(COFFEE, 90)
    meter = Meter(["spectrum", "spectrum@previous"], COFFEE)
    meter.measure(COFFEE)
    values = meter.measure(flat)
    assert values["spectrum"] == pytest.approx(np.mean(meter.profiles["spectrum"][32:]), abs=1e-5)
    assert values["spectrum@previous"] == values["spectrum"] < -2
    assert [*meter.profiles] == ["spectrum"]


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory(inpainter="blur", mask=256, amount=300.0, metrics=("spectrum", "psnr"))
    list(run_trajectory(trajectory))
    return trajectory


def test_profiles_are_kept_beside_the_values(done: Trajectory) -> None:
    stored, values = done.read_profiles(), done.read_metrics()
    assert [*stored] == [0, 1, 2, 3]
    assert stored[0] == {"spectrum": [0.0] * 64}
    assert all(np.mean(stored[k]["spectrum"][32:]) == pytest.approx(values[k]["spectrum"], abs=1e-5) for k in stored)
    assert stored[3]["spectrum"][20] < stored[1]["spectrum"][20] < 0


@pytest.mark.parametrize(
    ("inpainter", "parameters"),
    [("resample", {"factor": 1}), ("identity", {})],  # all of the picture as a process, and in squares
)
def test_what_changes_nothing_has_a_spectrum_of_exactly_0_at_each_pass(
    inpainter: str, parameters: dict[str, float], make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory(
        inpainter=inpainter,
        parameters=inpainters.spec_parameters(inpainter, parameters),
        mask=256,
        amount=300.0,
        metrics=("spectrum", "high-frequencies"),
    )
    list(run_trajectory(trajectory))
    assert trajectory.read_profiles() == {k: {"spectrum": [0.0] * 64} for k in range(4)}
    values = trajectory.read_metrics()
    assert [values[k]["spectrum"] for k in range(4)] == [0.0] * 4
    assert len({values[k]["high-frequencies"] for k in range(4)}) == 1


def test_profiles_that_were_deleted_are_measured_again_and_give_the_same(done: Trajectory) -> None:
    before = done.read_profiles()
    (done.path / layout.PROFILES).unlink()
    missing = find_missing_measurements(done, ("spectrum", "psnr"), [0, 1, 2, 3])
    assert missing == {k: ["spectrum"] for k in range(4)}
    with claim(done) as claimed:
        list(measure_saved_frames(claimed, ("spectrum",), [0, 1, 2, 3]))
    assert done.read_profiles() == before
    assert not find_missing_measurements(done, ("spectrum",), [0, 1, 2, 3])


def test_a_profile_comes_back_from_a_leased_trajectory(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    trajectory = make_trajectory(inpainter="blur", mask=256, amount=200.0, metrics=("spectrum",))
    with lease(trajectory) as leased:
        copy = RemoteCopy(tmp_path / "copy", leased.make_bundle())
        list(run_trajectory(copy.trajectory))
        leased.receive(copy.take_delta())
    assert trajectory.read_profiles() == copy.trajectory.read_profiles() != {}
