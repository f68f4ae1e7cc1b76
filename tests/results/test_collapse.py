"""The ends of trajectories: known damage gets its label, and every label has its threshold and its measured value."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike

from riptui.arrays import Image
from riptui.errors import InputError
from riptui.results.collapse_summary import LABELS, summarise_ends
from riptui.results.collapse_thresholds import CollapseThresholds, parse_thresholds
from riptui.results.curves import Curve
from riptui.results.end_looks import EndLook, measure_growth, read_ends
from riptui.results.frame_traits import correlate_structure, measure_traits
from riptui.store.frames import read_frames
from riptui.store.layout import METRICS
from riptui.store.listing import find_trajectories, summarize
from riptui.store.records import encode_line
from riptui.store.trajectory import Trajectory
from tests.support.recursed import bundled_pictures, damage_once, lose_a_little, paint, save_recursion

THRESHOLDS = CollapseThresholds()


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return bundled_pictures(4)


def blur(image: Image, seed: int) -> Image:
    return cv2.GaussianBlur(image, (0, 0), 1.5).astype(np.uint8)


def fill_with_mean(image: Image, seed: int) -> Image:
    return np.full_like(image, image.mean(axis=(0, 1)).round().astype(np.uint8))


@pytest.mark.exhaustive
def test_known_damage_gets_its_label(pictures: Sequence[Image], tmp_path: Path) -> None:
    coffee, others = pictures[1], [pictures[0], *pictures[2:]]
    inpainters = {
        EndLook.BLURRED: paint(blur),
        EndLook.UNIFORM: paint(fill_with_mean),
        EndLook.COLLAGE: paint(lambda image, seed: others[seed % 3]),
        EndLook.NEITHER: paint(lambda image, seed: image),
    }
    for look, inpaint in inpainters.items():
        folder = tmp_path / look.split()[0]
        trajectory = save_recursion(folder, coffee, inpaint, mask=64, amount=200.0, order="shuffle")
        [end] = read_ends([summarize(trajectory)], None).members
        assert end.look(THRESHOLDS) == look, (look, end)
        assert end.is_stabilised(THRESHOLDS) is None, "nothing was measured"


def test_detail_and_seams_are_steps_between_neighbours() -> None:
    ramp = np.repeat((np.arange(64) * 2).astype(np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    traits = measure_traits(ramp, 16)
    assert traits.detail == pytest.approx(1.0, abs=1e-5), "2 levels along one axis, 0 along the other"
    assert traits.seams == pytest.approx(1.0, abs=1e-5)
    stepped = ramp.copy()
    stepped[:, 32:] += 60
    assert measure_traits(stepped, 16).seams == pytest.approx(1 + 60 / 6, abs=1e-4), "one line of three, of one axis"
    assert np.isnan(measure_traits(ramp, 64).seams), "a single square has no lines"


def test_structure_is_of_coarse_luma(pictures: Sequence[Image]) -> None:
    original = pictures[1]
    noisy = (original + np.random.default_rng(0).normal(0, 40, original.shape)).clip(0, 255).astype(np.uint8)
    assert correlate_structure(noisy, original) > 0.95
    assert correlate_structure(255 - original, original) == pytest.approx(-1, abs=1e-6)
    assert np.isnan(correlate_structure(np.zeros_like(original), original))


def measured(trajectory: Trajectory, values: ArrayLike) -> Curve:
    """A curve of delta-e at the trajectory's points."""
    k = np.array(trajectory.spec.keyframe_iterations())
    return Curve(trajectory, trajectory.spec, "delta-e", k, 100 * k / 16, np.array(values), int(k[-1]))


def test_growth_is_that_of_the_distance_per_covered_area(pictures: Sequence[Image], tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "t", pictures[0], paint(blur), mask=64, amount=400.0)
    coverage = np.array(trajectory.read_coverage())[trajectory.spec.keyframe_iterations()]
    assert measure_growth(measured(trajectory, 0.1 * coverage)) == pytest.approx(0, abs=1e-9)
    grown = 0.1 * coverage * np.linspace(1, 2, len(coverage))
    assert measure_growth(measured(trajectory, grown)) == pytest.approx(100 * ((1.875 + 2) / (1.375 + 1.5) - 1))
    short = save_recursion(tmp_path / "short", pictures[0], paint(blur), mask=64, amount=150.0)
    assert np.isnan(measure_growth(measured(short, [0, 1, 2, 3])))


@pytest.mark.slow
def test_stabilised_is_who_damages_once_and_not_who_goes_on(pictures: Sequence[Image], tmp_path: Path) -> None:
    original = pictures[1]
    for seed, (name, inpaint) in enumerate((("once", damage_once(original)), ("more", lose_a_little()))):
        trajectory = save_recursion(tmp_path / name, original, inpaint, mask=128, seed=seed)
        lines = [
            encode_line({"k": k, "delta-e": float(np.abs(frame - original.astype(float)).mean())})
            for k, frame in read_frames(trajectory, trajectory.spec.keyframe_iterations())
        ]
        (trajectory.path / METRICS).write_bytes(b"".join(lines))
    found = read_ends([summarize(trajectory) for trajectory in find_trajectories(tmp_path)], "delta-e")
    stabilised = {end.trajectory.path.name: end.is_stabilised(THRESHOLDS) for end in found.members}
    assert stabilised == {"once": True, "more": False}


@pytest.mark.slow
def test_shares_and_spreads_over_mask_sizes(pictures: Sequence[Image], tmp_path: Path) -> None:
    for image in range(2):
        for mask in (64, 128):
            inpaint = paint(fill_with_mean) if image == 0 else paint(lambda image, seed: image)
            folder = tmp_path / f"{image}-{mask}"
            trajectory = save_recursion(folder, pictures[image], inpaint, mask=mask, amount=200.0)
            last = trajectory.spec.iterations
            (folder / METRICS).write_bytes(encode_line({"k": last, "delta-e": 8.0 + mask / 64 + image}))
    ends = read_ends([summarize(trajectory) for trajectory in find_trajectories(tmp_path)], "delta-e")
    summary = summarise_ends(ends, THRESHOLDS)
    assert [group.settings["mask"] for group in summary.groups] == [64, 128]
    for group in summary.groups:
        assert sum(group.shares[look].value for look in EndLook) == pytest.approx(100)
        assert (group.trajectories, group.images) == (2, 2)
    [first, second] = sorted(summary.mask_spreads, key=lambda one: one.distances[64])
    assert first.spread == pytest.approx(100 / 9.5)
    assert not first.spreads(THRESHOLDS)
    assert second.spreads(parse_thresholds(["spread=5"]))
    told = summary.as_dict()
    assert set(told["trajectories"][0]) >= {"look", "stabilised", "detail", "seams", "structure", "growth"}
    assert set(told["groups"][0]["shares"]) == {str(label) for label in LABELS}


def test_thresholds_are_replaced_by_name_and_refused_by_name() -> None:
    assert parse_thresholds(["blurred=40", "uniform=0"]) == CollapseThresholds(blurred=40, uniform=0)
    assert any("detail below 40 %" in rule for rule in parse_thresholds(["blurred=40"]).describe())
    for wrong, word in (("blured=4", "Did you mean blurred?"), ("blurred", "blurred=NUMBER"), ("seams=1", "unknown")):
        with pytest.raises(InputError, match=word):
            parse_thresholds([wrong])
    for number in ("nan", "-1", "x"):
        with pytest.raises(InputError, match="0 or more"):
            parse_thresholds([f"blurred={number}"])


def test_a_damaged_trajectory_is_left_out_and_told(pictures: Sequence[Image], tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "t", pictures[0], paint(blur), mask=128, amount=100.0)
    (trajectory.path / "original.png").unlink()
    ends = read_ends([summarize(trajectory)], None)
    assert not ends.members
    assert "original.png is missing" in ends.left_out[0]
    assert summarise_ends(ends, THRESHOLDS).groups == []


def test_a_metric_that_is_no_distance_is_refused() -> None:
    with pytest.raises(InputError, match="not a distance"):
        read_ends([], "psnr")
