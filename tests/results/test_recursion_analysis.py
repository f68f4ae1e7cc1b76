"""The whole of what recursion does, from folders: groups, predictions, orders, and what is left out."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from riptui.errors import InputError
from riptui.metrics.values import RepaintDistance
from riptui.results.coverage_null import NullSource, excess_over_coverage
from riptui.results.curves import extract_curves
from riptui.results.exposure import LUMA, PATCH_ERRORS
from riptui.results.order_differences import compare_orders
from riptui.results.read_squares import read_squares
from riptui.results.recursion_analysis import RecursionAnalysis, analyse_recursion
from riptui.results.recursion_effect import NullPoint
from riptui.store import layout
from riptui.store.listing import find_trajectories, summarize
from riptui.store.records import RepaintMeasurement, encode_line
from tests.support.made import made_spec, made_summary, write
from tests.support.recursed import bundled_pictures, lose_a_little, paint_grey, save_recursion


def analysed(folder: Path, metric: str | None = None) -> RecursionAnalysis:
    summaries = [summarize(trajectory) for trajectory in find_trajectories(folder)]
    return analyse_recursion(read_squares(summaries), summaries, metric)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, two mask sizes, three orders, all painted grey."""
    folder = tmp_path_factory.mktemp("runs")
    for index, original in enumerate(bundled_pictures(2)):
        for mask in (64, 128):
            for order in ("replacement", "shuffle", "raster"):
                save_recursion(
                    folder / f"{index}-{mask}-{order}", original, paint_grey(), mask=mask, order=order, amount=200.0
                )
    return folder


@pytest.fixture(scope="module")
def found(runs: Path) -> RecursionAnalysis:
    return analysed(runs)


@pytest.mark.slow
def test_there_is_a_group_for_each_condition_and_mask_size(found: RecursionAnalysis) -> None:
    assert found.left_out == []
    assert [dict(group.settings) for group in found.groups] == [
        {"inpainter": "navier-stokes", "order": order, "mask": mask}
        for order in ("raster", "replacement", "shuffle")
        for mask in (64, 128)
    ]
    for group in found.groups:
        assert group.effects.keys() == PATCH_ERRORS.keys()
        for effect in group.effects.values():
            assert (effect.images, effect.trajectories, effect.slope.value, effect.excess.value) == (2, 2, 0, 0)
            assert effect.curve[0] == NullPoint(0, 0, 0)
            assert effect.curve[-1].inpainted == 200


def test_each_group_is_predicted_from_those_of_other_sizes_and_of_other_orders(found: RecursionAnalysis) -> None:
    predicted = [held for held in found.held_out if held.error == LUMA]
    assert [held.left_out for held in predicted] == ["mask", "order"] * 6
    for held in predicted:
        assert held.model.tau < 0.1, "grey damages once"
        assert held.deviation == pytest.approx(held.coverage_deviation, abs=0.1)
        assert held.deviation < 30, "of two pictures, which are painted from the top in raster order"


def test_orders_are_compared_by_picture(found: RecursionAnalysis) -> None:
    assert [dict(comparison.settings) for comparison in found.orders] == [
        {"inpainter": "navier-stokes", "mask": mask} for mask in (64, 128)
    ]
    for comparison in found.orders:
        assert {difference.metric for difference in comparison.differences} == {"luma of squares", "delta-e of squares"}
        for difference in comparison.differences:
            assert difference.inpainted in (100, 200)
            if (difference.order, difference.other) == ("shuffle", "raster"):
                assert difference.difference.value == pytest.approx(0, abs=1e-9), "both cover all of the picture"
            elif difference.inpainted == 100:
                assert difference.difference.value < 0, "squares that are drawn again leave others out"


@pytest.mark.slow
def test_what_cannot_be_used_is_left_out_with_the_reason(tmp_path: Path) -> None:
    original = bundled_pictures(1)[0]
    save_recursion(tmp_path / "a", original, lose_a_little(), amount=50.0)
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    save_recursion(tmp_path / "no-paste", original, paint_grey(), amount=25.0, paste=False)
    damaged = save_recursion(tmp_path / "damaged", original, paint_grey(), amount=50.0, seed=1)
    (damaged.path / layout.PATCHES).unlink()
    unfinished = save_recursion(tmp_path / "unfinished", original, paint_grey(), amount=50.0, seed=2)
    rows = unfinished.path / layout.ROWS
    rows.write_bytes(rows.read_bytes().partition(b"\n")[0] + b"\n")
    found = analysed(tmp_path)
    [group] = found.groups
    assert group.effects[LUMA].trajectories == 1
    notes = "\n".join(found.left_out)
    assert "unfinished (riptui resume): 1 trajectory" in notes
    assert "copies of others with the same spec: 1 trajectory" in notes
    assert "made without paste, so that each repaint changed all squares: 1 trajectory" in notes
    assert "patch 1 is truncated" in notes


def test_one_pass_over_the_whole_image_says_nothing_of_recursion(tmp_path: Path) -> None:
    save_recursion(tmp_path / "one", bundled_pictures(1)[0], paint_grey(), mask=256, amount=100.0)
    found = analysed(tmp_path)
    assert not found.groups
    assert found.left_out == ["of one pass over the whole image, which repaints nothing again: 1 trajectory"]


@pytest.mark.slow
def test_lpips_of_squares_is_analysed_where_it_is_stored_and_asked_for_where_not(tmp_path: Path) -> None:
    for index, original in enumerate(bundled_pictures(2)):
        trajectory = save_recursion(tmp_path / str(index), original, paint_grey(), amount=100.0)
        lines = [
            encode_line(RepaintMeasurement(row.k, row.sha256, {"lpips-vgg": RepaintDistance(0.5, row.coverage / 200)}))
            for row in trajectory.read_rows()
        ]
        if index == 0:
            (trajectory.path / layout.REPAINTS).write_bytes(b"".join(lines))
    found = analysed(tmp_path)
    [group] = found.groups
    assert list(group.effects) == ["luma", "delta-e", "lpips-vgg"]
    effect = group.effects["lpips-vgg"]
    assert (effect.images, effect.first.value, effect.slope.value) == (1, 0.5, 0)
    assert effect.excess.value == pytest.approx(0, abs=1e-9)
    missing = "1 trajectory (riptui measure PATH --metrics lpips-vgg@repaints)"
    assert found.notes == [f"squares have no lpips-vgg error in part: {missing}"]
    assert not found.gaps
    save_recursion(tmp_path / "offset", original, paint_grey(), order="offset", amount=100.0)
    told = {"lpips-vgg": "no lpips-vgg off the grid, where it is known of whole masks: navier-stokes, offset"}
    assert analysed(tmp_path).as_dict()["gaps"] == told
    (tmp_path / "0" / layout.REPAINTS).unlink()
    assert analysed(tmp_path).notes[0].startswith("squares have no LPIPS error: 2 trajectories")


@pytest.mark.slow
def test_orders_off_the_grid_are_compared_by_their_tiles_and_by_the_metric(tmp_path: Path) -> None:
    [original] = bundled_pictures(1)
    summaries = []
    for order, end in (("shuffle", 0.5), ("offset", 0.75)):
        made = summarize(save_recursion(tmp_path / order, original, paint_grey(), order=order, amount=100.0))
        summaries.append(msgspec.structs.replace(made, metrics={0: {"ssim": 1.0}, made.k: {"ssim": end}}))
    found = analyse_recursion(read_squares(summaries), summaries, "ssim")
    [comparison] = found.orders
    by_metric = {difference.metric: difference for difference in comparison.differences}
    assert by_metric.keys() == {"ssim", "luma of squares", "delta-e of squares"}
    difference = by_metric["ssim"]
    assert (difference.order, difference.other) == ("shuffle", "offset")
    assert (difference.inpainted, difference.difference.value) == (100, -0.25)
    assert by_metric["luma of squares"].difference.value > 0, "shuffle covers all of it"
    assert [group.spec.order for group in found.groups] == ["offset", "shuffle"]
    assert found.left_out == []


def test_nothing_complete_gives_nothing(tmp_path: Path) -> None:
    assert analyse_recursion(read_squares([])) == RecursionAnalysis([], [], [], [], [])


def test_the_excess_of_a_curve_is_what_is_beyond_its_coverage(tmp_path: Path) -> None:
    spec = made_spec(mask=256)
    covered = write(tmp_path / "a", spec, {"lpips-vgg": lambda x: x / 1000, "ssim": lambda x: 1 - x / 1000})
    [trajectory] = find_trajectories(covered)
    coverage = np.array(trajectory.read_coverage())
    for metric in ("lpips-vgg", "ssim"):
        [curve] = extract_curves([summarize(trajectory)], metric)
        excess, source = excess_over_coverage(curve)
        assert source is NullSource.FIRST_AMOUNT
        assert (excess.k == curve.k).all()
        expected = curve.inpainted / 1000 - 0.05 * coverage[curve.k] / coverage[2]
        assert excess.values == pytest.approx(expected)
        assert excess.values[:2] == pytest.approx(0)


@pytest.mark.slow
def test_the_excess_is_zero_for_a_metric_that_follows_coverage(tmp_path: Path) -> None:
    trajectory = save_recursion(tmp_path / "a", bundled_pictures(1)[0], paint_grey())
    coverage = trajectory.read_coverage()
    halves = trajectory.spec.point_iterations()
    lines = "".join(f'{{"k": {k}, "lpips-vgg": {coverage[k] / 200}}}\n' for k in halves)
    (trajectory.path / layout.METRICS).write_text(lines)
    [curve] = extract_curves([summarize(trajectory)], "lpips-vgg")
    assert excess_over_coverage(curve).curve.values == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("metric", ["psnr", "entropy", "ssim@previous"])
def test_an_excess_needs_a_distance(metric: str) -> None:
    [curve] = extract_curves([made_summary(made_spec(), {metric: lambda x: 1.0})], metric)
    with pytest.raises(InputError, match=r"use lpips-vgg"):
        excess_over_coverage(curve)


def test_an_excess_needs_a_point_above_0(tmp_path: Path) -> None:
    spec = made_spec(mask=256)
    write(tmp_path / "a", spec, {"ssim": lambda x: 1.0})
    [trajectory] = find_trajectories(tmp_path)
    (trajectory.path / layout.METRICS).write_text('{"k": 0, "ssim": 1.0}\n')
    [curve] = extract_curves([summarize(trajectory)], "ssim")
    with pytest.raises(InputError, match="not measured above 0 %"):
        excess_over_coverage(curve)


def test_order_differences_are_means_over_seeds_paired_by_picture() -> None:
    def value(image: int, order: str, seed: int) -> float:
        return image + {"replacement": 0.5, "shuffle": 0.2}[order] + seed / 100

    made = [
        made_summary(made_spec(image, order=order, seed=seed, mask=256), {"ssim": [value(image, order, seed)] * 9})
        for image in range(6)
        for order in ("replacement", "shuffle")
        for seed in range(1 + (image == 0) * 2)
    ]
    alone = made_summary(made_spec(9, order="shuffle", mask=256), {"ssim": [5.0] * 9})
    found = compare_orders(extract_curves([*made, alone], "ssim"))
    assert [(one.order, one.other, one.inpainted) for one in found] == [
        ("replacement", "shuffle", amount) for amount in (100, 200, 400)
    ]
    for one in found:
        assert one.difference.value == pytest.approx(0.3)
        assert one.difference.images == 6
