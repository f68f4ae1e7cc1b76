"""Recursion by tiles of 8 px, where masks are off the grid: the numbers of squares, exact nulls, unequal masks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.errors import DamagedError
from riptui.inpainters import Inpainter
from riptui.masks import draw_mask, encode_tiles
from riptui.metrics.pixels import luma
from riptui.results.coverage_null import NullSource, excess_over_coverage
from riptui.results.curves import extract_curves
from riptui.results.exposure import LUMA, SSIM
from riptui.results.exposure_model import ExposurePoint, fit_exposure_model, prediction_error
from riptui.results.patch_errors import read_square_errors
from riptui.results.read_squares import read_squares
from riptui.results.recursion_analysis import analyse_recursion
from riptui.results.recursion_effect import compute_effect
from riptui.results.square_cache import read_square_errors_cached
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.frames import read_frames
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory
from tests.support.recursed import bundled_pictures, heal, paint_grey, save_recursion
from tests.support.trajectories import make_spec, picture

TILES = 32  # per side of 256 px


def as_given(spec: Spec) -> tuple[str, ...]:
    """The squares of a grid as masks of the user."""
    return tuple(encode_tiles(draw_mask(spec, k)[::8, ::8]) for k in range(1, spec.iterations + 1))


def irregular(seed: int, count: int = 6) -> tuple[str, ...]:
    """Masks of unequal sizes that overlap."""
    random = np.random.default_rng(seed)
    return tuple(encode_tiles(random.random((TILES, TILES)) < share) for share in random.uniform(0.1, 0.5, count))


def save_given(folder: Path, original: Image, masks: tuple[str, ...], inpaint: Inpainter, **fields: Any) -> Trajectory:
    return save_recursion(folder, original, inpaint, order="cycle", masks=masks, mask_source="0" * 64, **fields)


@pytest.mark.slow
def test_squares_of_a_grid_give_the_same_numbers_by_tiles(tmp_path: Path) -> None:
    found = []
    for seed, original in enumerate(bundled_pictures(2)):
        fields: dict[str, Any] = {"amount": 200.0, "seed": seed, "mask": 128}
        masks = as_given(make_spec(original, **fields))
        on_grid = save_recursion(tmp_path / f"{seed}", original, heal(original), **fields)
        off_grid = save_given(tmp_path / f"{seed}-tiles", original, masks, heal(original), **fields)
        assert on_grid.read_rows()[-1].sha256 == off_grid.read_rows()[-1].sha256
        found.append((read_square_errors(on_grid), read_square_errors(off_grid)))
    squares, tiles = zip(*found, strict=True)
    assert {len(member.errors[LUMA]) for member in tiles} == {8 * 256}
    for name in ("luma", "delta-e"):
        for one, other in found:
            assert one.frame_errors(name) == pytest.approx(other.frame_errors(name), rel=1e-5)
            assert one.coverage_null(name) == pytest.approx(other.coverage_null(name), rel=1e-5)
        expected, effect = compute_effect(squares, name), compute_effect(tiles, name)
        for field in ("first", "slope", "relative_slope", "end", "excess", "explained"):
            assert getattr(effect, field).value == pytest.approx(getattr(expected, field).value, rel=1e-4)
        assert [mean.repaints for mean in effect.by_exposure] == [mean.repaints for mean in expected.by_exposure]
        assert [mean.error.value for mean in effect.by_exposure] == pytest.approx(
            [mean.error.value for mean in expected.by_exposure], rel=1e-5
        )


@pytest.mark.parametrize("masks", [(), irregular(0)], ids=["offset", "irregular"])
def test_errors_of_tiles_are_those_of_the_frames_and_grey_has_no_excess(tmp_path: Path, masks: tuple[str, ...]) -> None:
    original = picture()
    if masks:
        trajectory = save_given(tmp_path / "a", original, masks, paint_grey())
    else:
        trajectory = save_recursion(tmp_path / "a", original, paint_grey(), order="offset", amount=200.0)
    found = read_square_errors(trajectory)
    last = trajectory.spec.iterations
    for k, frame in read_frames(trajectory, [1, last // 2, last]):
        assert found.frame_errors(LUMA)[k] == pytest.approx(np.abs(luma(frame) - luma(original)).mean(), rel=1e-5)
    assert found.frame_errors(LUMA) == pytest.approx(found.coverage_null(LUMA), rel=1e-12)
    effect = compute_effect([found], LUMA)
    assert (effect.slope.value, effect.excess.value) == pytest.approx((0, 0), abs=1e-9)
    coverage = trajectory.read_coverage()[-1]
    assert np.unique(found.squares).size == pytest.approx(coverage / 100 * TILES**2)
    assert found.exposures.max() == np.bincount(found.squares).max()


@pytest.mark.slow
def test_the_model_fitted_to_a_grid_predicts_the_shifted_one(tmp_path: Path) -> None:
    original = bundled_pictures(1)[0]
    saved = [
        save_recursion(tmp_path / order, original, heal(original), order=order, mask=128, amount=200.0)
        for order in ("replacement", "offset")
    ]
    effects = [compute_effect([read_square_errors(trajectory, [LUMA])], LUMA) for trajectory in saved]
    points = [ExposurePoint(128, mean.exposure, mean.error.value, mean.repaints) for mean in effects[0].by_exposure]
    assert prediction_error(fit_exposure_model(points), saved[1].spec, effects[1].curve) < 25


@pytest.mark.slow
def test_masks_of_unequal_sizes_are_averaged_where_all_reach_the_same_amount(tmp_path: Path) -> None:
    for seed, original in enumerate(bundled_pictures(2)):
        save_given(tmp_path / str(seed), original, irregular(seed, 6 + seed), paint_grey(), seed=seed)
    summaries = [summarize(Trajectory(folder)) for folder in sorted(tmp_path.iterdir())]
    found = analyse_recursion(read_squares(summaries), summaries)
    assert (found.left_out, found.held_out) == ([], [])
    [group] = found.groups
    effect = group.effects[LUMA]
    members = read_squares(summaries).members
    assert effect.end.value == pytest.approx(np.mean([member.frame_errors(LUMA)[-1] for member in members]))
    assert [point.inpainted for point in effect.curve][:3] == [0, 50, 100]
    at_50 = [member.frame_errors(LUMA)[member.spec.reaches(50)] for member in members]
    assert effect.curve[1].error == pytest.approx(np.mean(at_50))
    assert "known of whole squares only" in found.notes[0]


def test_tiles_are_kept_and_a_growing_trajectory_is_read_where_it_grew(tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "a", picture(), heal(picture()), order="offset", amount=100.0)
    expected = read_square_errors_cached(trajectory, [LUMA, SSIM])
    assert (read_square_errors_cached(trajectory, [LUMA]).errors[LUMA] == expected.errors[LUMA]).all()
    assert not expected.has_frames(SSIM)
    rows = trajectory.path / layout.ROWS
    lines = rows.read_bytes()
    rows.write_bytes(b"".join(lines.splitlines(keepends=True)[:9]))
    before = read_square_errors(trajectory, [LUMA])
    rows.write_bytes(lines)
    assert (read_square_errors(trajectory, [LUMA], before).errors[LUMA] == expected.errors[LUMA]).all()


def test_the_excess_by_colour_is_that_of_tiles_and_by_others_from_the_first_amount(tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "a", picture(), paint_grey(), order="offset", amount=100.0)
    squares = read_square_errors(trajectory)
    errors = squares.frame_errors("delta-e")
    lines = [f'{{"k": {k}, "delta-e": {errors[k]}, "ssim": {1 - k / 100}}}\n' for k in range(len(errors))]
    (trajectory.path / layout.METRICS).write_text("".join(lines))
    [colour], [ssim] = (extract_curves([summarize(trajectory)], name) for name in ("delta-e", "ssim"))
    excess = excess_over_coverage(colour, squares)
    assert excess.source is NullSource.FIRST_REPAINTS
    assert excess.curve.values == pytest.approx(0, abs=1e-9)
    assert excess_over_coverage(ssim, squares).source is NullSource.FIRST_AMOUNT


def test_a_patch_of_another_mask_is_damage(tmp_path: Path) -> None:
    trajectory = save_given(tmp_path / "a", picture(), irregular(1, 2), paint_grey())
    rows = trajectory.path / layout.ROWS
    first, second = trajectory.read_rows()
    offset, length = first.patch
    rows.write_text(
        rows.read_text().replace(f'"patch":[{second.patch[0]},{second.patch[1]}]', f'"patch":[{offset},{length}]')
    )
    with pytest.raises(DamagedError, match="patch 2 is not of its mask"):
        read_square_errors(trajectory)
