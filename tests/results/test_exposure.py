"""Errors by square and exposure: from disk, against the frames, and for inpainters whose effect is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from riptui import load_metric
from riptui.arrays import Image
from riptui.errors import DamagedError, InputError
from riptui.inpainters import Inpainter
from riptui.metrics.pixels import luma
from riptui.results.exposure import DELTA_E, LUMA, SquareErrors
from riptui.results.patch_errors import read_square_errors
from riptui.results.recursion_effect import RecursionEffect, compute_effect, fit_slope
from riptui.store import layout
from riptui.store.frames import read_original
from tests.support.exhaustive import some_of
from tests.support.recursed import (
    bundled_pictures,
    damage_once,
    fill_from_original,
    heal,
    lose_a_little,
    paint_grey,
    save_recursion,
)
from tests.support.trajectories import MakeTrajectory, advance, picture


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return bundled_pictures(6)


def effect_of(
    folder: Path, pictures: list[Image], inpaint: Callable[[Image], Inpainter | None], **fields: object
) -> RecursionEffect:
    saved = [
        save_recursion(folder / str(index), original, inpaint(original), **fields)
        for index, original in enumerate(pictures)
    ]
    return compute_effect([read_square_errors(trajectory, [LUMA]) for trajectory in saved], LUMA)


@pytest.mark.slow
def test_errors_are_those_of_the_frames(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(amount=200.0)
    advance(trajectory, 24)
    found = read_square_errors(trajectory)
    original = read_original(trajectory)
    metric = load_metric("delta-e")
    reference = metric.prepare(original)
    for k in (0, 1, 9, 24):
        frame = trajectory.frame(k)
        assert found.frame_errors(LUMA)[k] == pytest.approx(np.abs(luma(frame) - luma(original)).mean(), rel=1e-5)
        [delta_e] = metric.measure(reference, frame[None])
        assert found.frame_errors(DELTA_E)[k] == pytest.approx(delta_e, rel=1e-5)
    assert found.inpainted[-1] == 150


@pytest.mark.slow
def test_exposures_count_the_repaints_of_each_square(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(amount=300.0)
    advance(trajectory, 48)
    found = read_square_errors(trajectory, [LUMA])
    boxes = [row.box for row in trajectory.read_rows()]
    assert found.exposures.tolist() == [boxes[: index + 1].count(box) for index, box in enumerate(boxes)]
    firsts = {boxes.index(box): box for box in boxes}
    assert found.first_errors(LUMA).tolist() == [
        found.errors[LUMA][next(at for at, box in firsts.items() if box == wanted)] for wanted in boxes
    ]


@pytest.mark.parametrize("original", [picture(), bundled_pictures(1)[0]], ids=["drawn", "bowl"])
def test_coverage_null_is_exact_for_grey(original: Image, tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "grey", original, paint_grey())
    found = read_square_errors(trajectory)
    for name in (LUMA, DELTA_E):
        assert (found.frame_errors(name) == found.coverage_null(name)).all()
        assert found.frame_errors(name)[-1] > 0
    firsts = found.errors[LUMA][found.exposures == 1]
    coverage = np.array(trajectory.read_coverage()) / 100
    assert found.coverage_null(LUMA)[-1] == pytest.approx(firsts.mean() * coverage[-1], rel=1e-12)
    effect = compute_effect([found], LUMA)
    assert (effect.slope.value, effect.excess.value, effect.explained.value) == (0, 0, 100)


@pytest.mark.slow
def test_slope_is_that_of_least_squares_with_a_level_for_each_square(tmp_path: Path, pictures: list[Image]) -> None:
    members = [
        read_square_errors(
            save_recursion(tmp_path / str(seed), pictures[0], lose_a_little(), seed=seed, amount=200.0), [LUMA]
        )
        for seed in range(2)
    ]
    squares = np.concatenate([member.squares + 100 * index for index, member in enumerate(members)])
    levels = (squares[:, None] == np.unique(squares)).astype(float)
    design = np.column_stack([np.concatenate([member.exposures for member in members]), levels])
    errors = np.concatenate([member.errors[LUMA] for member in members])
    expected = np.linalg.lstsq(design, errors, rcond=None)[0][0]
    assert fit_slope(members, LUMA) == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_no_recursion_effect_where_each_repaint_damages_the_same(tmp_path: Path, pictures: list[Image]) -> None:
    effect = effect_of(tmp_path, pictures, damage_once, amount=200.0)
    assert effect.slope.low < 0 < effect.slope.high
    assert abs(effect.relative_slope.value) < 0.2
    assert effect.explained.value == pytest.approx(100, abs=1)
    assert effect.images == 6


@pytest.mark.slow
@pytest.mark.exhaustive
def test_recursion_effect_is_positive_where_each_repaint_loses_a_little(tmp_path: Path, pictures: list[Image]) -> None:
    effect = effect_of(tmp_path, pictures, lambda original: lose_a_little())
    assert effect.slope.low > 0
    assert effect.excess.low > 0
    assert effect.explained.high < 75
    errors = [mean.error.value for mean in effect.by_exposure]
    assert errors == sorted(errors)
    assert errors[3] == pytest.approx(2 * errors[0], rel=0.05), "noise grows as the root of the repaints"


@pytest.mark.slow
def test_recursion_effect_is_negative_where_repaints_heal(tmp_path: Path, pictures: list[Image]) -> None:
    effect = effect_of(tmp_path, pictures, heal, amount=200.0)
    assert effect.slope.high < 0
    assert effect.excess.high < 0
    assert effect.explained.low > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", some_of(["telea", "navier-stokes", "biharmonic"], "telea"))
def test_without_damaged_surroundings_a_classical_inpainter_has_no_recursion_effect(
    name: str, tmp_path: Path, pictures: list[Image]
) -> None:
    """So what R is for it comes from the surroundings alone, not from the way it is estimated."""
    effect = effect_of(tmp_path, pictures[:2], lambda original: fill_from_original(original, name), amount=200.0)
    assert [effect.slope.value, effect.excess.value] == pytest.approx([0, 0], abs=1e-12)
    assert effect.first.value > 5


@pytest.mark.slow
@pytest.mark.exhaustive
def test_navier_stokes_has_no_recursion_effect_and_telea_a_small_one(tmp_path: Path, pictures: list[Image]) -> None:
    """Telea's fill gets a little worse with its surroundings: 1 to 2 % of the first error with each repaint."""
    navier_stokes = effect_of(tmp_path / "n", pictures, lambda original: None, inpainter="navier-stokes", amount=200.0)
    telea = effect_of(tmp_path / "t", pictures, lambda original: None, inpainter="telea", amount=200.0)
    assert navier_stokes.slope.low < 0 < navier_stokes.slope.high
    for effect in (navier_stokes, telea):
        assert abs(effect.relative_slope.value) < 3
        assert effect.explained.value > 95


@pytest.mark.slow
def test_error_by_exposure_compares_each_square_with_itself(tmp_path: Path) -> None:
    """Half of the picture is black, where grey is far: which squares come often must not matter."""
    original = picture()
    original[:, :128] = 0
    found = compute_effect([read_square_errors(save_recursion(tmp_path / "a", original, paint_grey()))], LUMA)
    assert {mean.error.value for mean in found.by_exposure} == {found.first.value}
    assert [mean.exposure for mean in found.by_exposure] == list(range(1, len(found.by_exposure) + 1))
    assert sum(mean.repaints for mean in found.by_exposure) == 64


def test_a_trajectory_without_paste_is_refused(tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "a", picture(), paint_grey(), paste=False, amount=25.0)
    with pytest.raises(InputError, match="made without paste"):
        read_square_errors(trajectory)


def test_a_trajectory_that_has_not_begun_has_no_errors(make_trajectory: MakeTrajectory) -> None:
    found = read_square_errors(make_trajectory())
    assert (len(found.squares), found.frame_errors(LUMA).tolist()) == (0, [0.0])


def test_damage_is_reported(tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "a", picture(), paint_grey(), amount=50.0)
    rows = trajectory.path / layout.ROWS
    intact = rows.read_bytes()
    rows.write_bytes(intact.replace(b'"box":[', b'"box":[1', 1))
    with pytest.raises(DamagedError, match="not on the grid"):
        read_square_errors(trajectory)
    rows.write_bytes(intact)
    patches = trajectory.path / layout.PATCHES
    patches.write_bytes(patches.read_bytes()[:-10])
    with pytest.raises(DamagedError, match="patch 8 is truncated"):
        read_square_errors(trajectory)


@pytest.mark.slow
def test_seeds_are_pooled_within_a_picture(tmp_path: Path, pictures: list[Image]) -> None:
    members: list[SquareErrors] = [
        read_square_errors(
            save_recursion(tmp_path / f"{index}-{seed}", original, paint_grey(), seed=seed, amount=200.0)
        )
        for index, original in enumerate(pictures[:2])
        for seed in range(2 + index)
    ]
    effect = compute_effect(members, LUMA)
    assert (effect.images, effect.trajectories) == (2, 5)
    by_picture = [[member for member in members if member.image == image] for image in {m.image for m in members}]
    ends = [np.mean([member.frame_errors(LUMA)[-1] for member in found]) for found in by_picture]
    assert effect.end.value == pytest.approx(np.mean(ends))
    slopes = [fit_slope(found, LUMA) for found in by_picture]
    assert effect.slope.value == pytest.approx(np.mean(slopes))
