"""What the figures show. Whether the statistics are right is test_statistics.py's and its neighbours'."""

import warnings
from collections.abc import Iterator
from itertools import pairwise
from math import isnan
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from riptui.errors import InputError
from riptui.figures import averages, scatter, sequences, singles, square_maps, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.figures.reference import ReferencePoint, read
from riptui.figures.report_data import ReportData, load_report_data
from riptui.results.paper_tests import NETS
from riptui.store import layout
from riptui.store.frames import read_frame
from riptui.store.listing import find_trajectories
from riptui.store.records import encode_line
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec, write
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _styled() -> Iterator[None]:
    with style.styled():
        yield


def unheard(what: str, done: int, total: int) -> None:
    """For tests that do not look at the progress."""


def material(runs: Path) -> ReportData:
    return load_report_data(find_trajectories(runs), unheard)


def only(runs: Path) -> Condition:
    [condition] = material(runs).conditions
    return condition


def drawings(found: Iterator[PlottedFigure | SkippedFigure]) -> list[PlottedFigure]:
    listed = list(found)
    assert [one for one in listed if isinstance(one, SkippedFigure)] == []
    return [one for one in listed if isinstance(one, PlottedFigure)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Four images, masks 128 and 256, two seeds; the nets' values are linear: rate x inpainted / 400."""
    for image in range(4):
        for mask in (128, 256):
            for seed in range(2):
                rate = (image + 1) * mask / 1280 + seed / 100
                values = {net: lambda x, rate=rate: rate * x / 400 for net in NETS}
                spec = made_spec(image, mask=mask, seed=seed)
                write(tmp_path / "runs" / f"i{image}" / f"m{mask}-s{seed}", spec, values)
    return tmp_path / "runs"


# ── what there is to draw ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_nets_are_the_panels_and_vgg_is_the_one_metric(runs: Path) -> None:
    condition = only(runs)
    assert list(condition.metrics) == ["lpips-alex", "lpips-squeeze", "lpips-vgg"]
    assert (condition.metric, condition.masks, condition.max_inpainted) == ("lpips-vgg", [128, 256], 400)
    assert condition.label == "", "a single condition needs no name"


def test_without_lpips_the_metrics_there_are_are_drawn(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {"psnr": lambda x: 30 - x / 100, "ssim": lambda x: 1 - x / 1000})
    assert list(only(tmp_path).metrics) == ["ssim", "psnr"]


def test_the_median_image_comes_first_then_the_farthest_and_the_nearest(runs: Path) -> None:
    assert [one.name for one in only(runs).images()] == ["1.png", "3.png", "0.png", "2.png"]


def test_of_a_likeness_the_lowest_value_is_the_farthest(tmp_path: Path) -> None:
    for image in range(3):
        write(tmp_path / f"{image}", made_spec(image, mask=256), {"ssim": lambda x, i=image: 1 - i * x / 1000})
    assert [one.name for one in only(tmp_path).images()] == ["1.png", "2.png", "0.png"]


def test_unlike_settings_are_conditions_of_their_own_with_names_of_their_own(tmp_path: Path) -> None:
    conditions: dict[str, dict[str, Any]] = {
        "a": {"inpainter": "telea"},
        "b": {"inpainter": "biharmonic"},
        "c": {"inpainter": "telea", "paste": False},
    }
    for name, fields in conditions.items():
        write(tmp_path / name, made_spec(mask=256, **fields), {"ssim": lambda x: 1 - x / 1000})
    found = material(tmp_path).conditions
    assert [one.slug for one in found] == ["biharmonic", "telea-1", "telea-2"]
    assert [one.title for one in found] == ["biharmonic, paste True", "telea, paste False", "telea, paste True"]
    assert found[0].stem("7", CurveView.COVERAGE) == "figure-07-biharmonic-coverage"


def test_a_mask_size_looks_the_same_in_all_conditions(tmp_path: Path) -> None:
    for inpainter, masks in {"telea": (64, 128, 256), "biharmonic": (256,)}.items():
        for mask in masks:
            spec = made_spec(mask=mask, inpainter=inpainter)
            write(tmp_path / f"{inpainter}-{mask}", spec, {"ssim": lambda x: 1 - x / 1000})
    lines = [
        {line.get_label(): line.get_color() for line in legend.get_lines()}
        for condition in material(tmp_path).conditions
        for drawing in drawings(scatter.draw_every_value(condition))[:1]
        for legend in drawing.figure.legends
    ]
    assert [len(one) for one in lines] == [1, 3]
    assert lines[0].items() <= lines[1].items()


def test_unfinished_trajectories_are_counted_and_not_drawn(runs: Path) -> None:
    rows = runs / "i0" / "m128-s0" / layout.ROWS
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:5]))
    (runs / "i1" / "m128-s0" / layout.SPEC).write_text("{")
    found = material(runs)
    assert found.unfinished == 1
    assert len(found.unreadable) == 1
    assert "i1/m128-s0" in found.unreadable[0]
    assert len(found.conditions[0].runs) == 14


def test_a_metric_without_its_last_value_is_not_drawn_of_that_trajectory(runs: Path) -> None:
    metrics = runs / "i0" / "m128-s0" / layout.METRICS
    metrics.write_text(metrics.read_text() + '{"k": 64, "lpips-vgg": null}\n')
    condition = only(runs)
    assert len(condition.measured_runs("lpips-vgg")) == 15
    assert len(condition.measured_runs("lpips-alex")) == 16


def test_mixed_trajectories_are_known(runs: Path) -> None:
    folder = runs / "i0" / "m128-s0"
    session = (
        '{{"session": {0}, "started": "2024-07-13T00:00:00+00:00", "host": "a", "pid": 1, "device": "cpu", '
        '"batch": 1, "versions": {{"riptui": "0.{1}"}}}}\n'
    )
    rows = (folder / layout.ROWS).read_text().splitlines(keepends=True)
    later = [row.replace('"session":1', '"session":2') for row in rows[32:]]
    assert later != rows[32:]
    (folder / layout.ROWS).write_text("".join(rows[:32] + later))
    for second, mixed in ((1, 0), (2, 1)):
        (folder / layout.SESSIONS).write_text(session.format(1, 1) + session.format(2, second))
        assert [run.mixed for run in only(runs).runs].count(True) == mixed


def test_nothing_that_can_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no trajectories"):
        load_report_data([], unheard)
    with pytest.raises(InputError, match="none of these trajectories can be read: see riptui check"):
        load_report_data([Trajectory(tmp_path / "gone")], unheard)


# ── figures 7 and 8 ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_seeds_are_averaged_within_images_before_images_are(runs: Path) -> None:
    [last] = [one for one in averages.compute_averages(only(runs)) if one[:3] == ("lpips-vgg", 256, 400)]
    by_image = np.array([(image + 1) * 0.2 + 0.005 for image in range(4)])
    assert last.mean == pytest.approx(by_image.mean())
    assert last.sd == pytest.approx(by_image.std(ddof=1))
    assert (last.images, last.trajectories) == (4, 8)
    ends = [run.coverage[16] for run in only(runs).runs if run.spec.mask == 256]
    assert last.coverage == pytest.approx(np.mean(ends))


def bars(figure: Figure) -> list[int]:
    """Of each line with bars, in how many directions they go."""
    return [len(one[2]) for axes in figure.axes for one in axes.containers]


def test_figure_7_has_a_panel_a_net_and_a_line_a_mask_size_with_bars(runs: Path) -> None:
    drawn, against_coverage, *_ = drawings(averages.draw_mean_drift(only(runs), None))
    assert drawn.stem == "figure-07"
    assert against_coverage.stem == "figure-07-coverage"
    for figure in (drawn.figure, against_coverage.figure):
        assert [axes.get_title() for axes in figure.axes] == ["LPIPS, alex", "LPIPS, squeeze", "LPIPS, vgg"]
        assert [len(axes.containers) for axes in figure.axes] == [2, 2, 2]
        assert bars(figure) == [1] * 6
    assert len(drawn.rows) == 3 * 2 * 9
    assert "n = 4 images, 8 trajectories" in drawn.caption
    assert "the seeds of an image are averaged first" in drawn.caption
    assert "all images have the same squares" in against_coverage.caption


def test_coverage_has_bars_where_images_have_unlike_squares(tmp_path: Path) -> None:
    for image in range(3):
        write(tmp_path / f"{image}", made_spec(image, mask=128, seed=image), {"ssim": lambda x: 1 - x / 1000})
    drawn, against_coverage, *_ = drawings(averages.draw_mean_drift(only(tmp_path), None))
    assert (bars(drawn.figure), bars(against_coverage.figure)) == ([1], [2])
    assert "bars of one standard deviation over images, both ways" in against_coverage.caption


def test_a_dense_line_has_a_band_and_few_markers(tmp_path: Path) -> None:
    for image in range(3):
        folder = write(tmp_path / f"{image}", made_spec(image, mask=128), {})
        values = [{"k": k, "ssim": 1 - k * (image + 1) / 1000} for k in range(65)]
        (folder / layout.METRICS).write_bytes(b"".join(map(encode_line, values)))
    for drawn in drawings(averages.draw_mean_drift(only(tmp_path), None)):
        [axes] = drawn.figure.axes
        assert (len(axes.containers), len(axes.collections)) == (0, 1)
        assert axes.lines[0].get_markevery() == 6
        assert "bands of one standard deviation" in drawn.caption
        assert len(drawn.rows) == 65
    drawn, *_ = drawings(scatter.draw_every_value(only(tmp_path)))
    [dots] = drawn.figure.axes[0].collections
    assert {*np.asarray(dots.get_offsets())[:, 0]} == {100 * k / 16 for k in range(65)}, "nothing lies aside"


def test_figure_7_is_drawn_where_all_were_measured(tmp_path: Path) -> None:
    for image in range(3):
        folder = write(tmp_path / f"{image}", made_spec(image, mask=128), {"ssim": lambda x: 1 - x / 1000})
    with (folder / layout.METRICS).open("ab") as out:
        out.write(encode_line({"k": 3, "ssim": 0.5}))
    drawn, *_ = drawings(averages.draw_mean_drift(only(tmp_path), None))
    assert [row["inpainted"] for row in drawn.rows] == [50 * half for half in range(9)]


@pytest.mark.parametrize(("amount", "masks"), [(400, (128, 256)), (50, (32, 64, 128, 256)), (800, (16,))])
def test_all_that_is_drawn_lies_within_the_axes(amount: int, masks: tuple[int, ...], tmp_path: Path) -> None:
    for image in range(2):
        for mask in masks:
            for seed in range(2):
                spec = made_spec(image, mask=mask, seed=seed, amount=float(amount))
                values = {"lpips-vgg": lambda x, mask=mask: mask * x / 1e5, "psnr": lambda x, mask=mask: mask - x / 50}
                write(tmp_path / f"{image}-{mask}-{seed}", spec, values)
    condition = only(tmp_path)
    for draw in (
        averages.draw_mean_drift(condition, None),
        scatter.draw_every_value(condition),
        singles.draw_seeds(condition),
    ):
        for drawing in drawings(draw):
            for axes in drawing.figure.axes:
                points = [np.asarray(drawn.get_xydata()) for drawn in axes.lines]
                offsets = [np.asarray(dots.get_offsets()) for dots in axes.collections]
                points += [dots for dots in offsets if len(dots) > 1]
                low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
                assert all((low <= one).all() and (one <= high).all() for one in points)


def test_one_image_has_no_bars_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {"lpips-vgg": lambda x: x / 1000})
    drawn, *_ = drawings(averages.draw_mean_drift(only(tmp_path), None))
    assert [len(one[2]) for axes in drawn.figure.axes for one in axes.containers] == [0]
    assert "no bars" in drawn.caption
    assert "n = 1 image, 1 trajectory" in drawn.caption
    assert {row["sd"] for row in drawn.rows} == {None}


def test_figure_8_has_every_value(runs: Path) -> None:
    for drawn in drawings(scatter.draw_every_value(only(runs))):
        assert len(drawn.rows) == 3 * 16 * 9
        points = [len(np.asarray(dots.get_offsets())) for axes in drawn.figure.axes for dots in axes.collections]
        assert points == [8 * 9] * 6
        assert "16 trajectories of 4 images" in drawn.caption


def test_many_points_become_a_bitmap_so_that_the_svg_stays_small(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, *_ = drawings(scatter.draw_every_value(only(runs)))
    assert not any(dots.get_rasterized() for axes in drawn.figure.axes for dots in axes.collections)
    monkeypatch.setattr(style, "MAX_VECTOR_POINTS", 50)
    drawn, *_ = drawings(scatter.draw_every_value(only(runs)))
    assert all(dots.get_rasterized() for axes in drawn.figure.axes for dots in axes.collections)


def test_values_that_are_not_finite_leave_gaps_and_no_harm(tmp_path: Path) -> None:
    for mask in (128, 256):
        write(tmp_path / f"{mask}", made_spec(mask=mask), {"psnr": lambda x: 40 - x / 20})
        metrics = tmp_path / f"{mask}" / layout.METRICS
        metrics.write_text('{"k": 0, "psnr": null}\n' + "".join(metrics.read_text().splitlines(keepends=True)[1:]))
    drawn, *_ = drawings(averages.draw_mean_drift(only(tmp_path), None))
    assert {row["inpainted"] for row in drawn.rows} == {50.0 * half for half in range(1, 9)}
    assert len(drawings(scatter.draw_every_value(only(tmp_path)))) == 2
    assert len(drawings(singles.draw_single_images(only(tmp_path)))) == 2


def test_rows_that_are_lost_leave_no_coverage_to_draw_against(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", made_spec(mask=256), {"ssim": lambda x: 1 - x / 1000})
    lines = (folder / layout.ROWS).read_text().splitlines(keepends=True)
    (folder / layout.ROWS).write_text("".join([*lines[:8], "garbage\n", *lines[9:]]))
    by_inpainted, by_coverage, *_ = drawings(averages.draw_mean_drift(only(tmp_path), None))
    assert [len(axes.containers[0][0].get_xdata()) for axes in by_inpainted.figure.axes] == [9]
    assert [len(axes.containers[0][0].get_xdata()) for axes in by_coverage.figure.axes] == [5]


def test_nothing_measured_is_missing_and_not_an_empty_figure(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {})
    for draw, number in (
        (averages.draw_mean_drift(only(tmp_path), None), "7"),
        (scatter.draw_every_value(only(tmp_path)), "8"),
    ):
        [missing] = draw
        assert isinstance(missing, SkippedFigure)
        assert (missing.number, "riptui measure" in missing.needs) == (number, True)


# ── figures 9 and 13 ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_figure_9_finds_the_papers_three_kinds(tmp_path: Path) -> None:
    shapes = {
        "stable": lambda x, mask: 0.3 + mask / 1000 if x else 0.0,
        "spreading": lambda x, mask: x * mask / 100_000,
        "alike": lambda x, mask: x / 1000 + mask / 1e6 if x else 0.0,
    }
    for image, (name, shape) in enumerate(shapes.items()):
        for mask in (128, 256):
            spec = made_spec(image, mask=mask, source_name=name)
            write(tmp_path / name / f"m{mask}", spec, {"lpips-vgg": lambda x, s=shape, m=mask: s(x, m)})
    found = {kind.name: kind.image.name for kind in singles.choose_kinds(only(tmp_path))}
    assert found == {"stabilises": "stable", "spreads by mask size": "spreading", "similar": "alike"}
    drawn, *_ = drawings(singles.draw_single_images(only(tmp_path)))
    assert [axes.get_title() for axes in drawn.figure.axes] == [
        "stabilises\nstable",
        "spreads by mask size\nspreading",
        "similar\nalike",
    ]
    assert [len(axes.lines) for axes in drawn.figure.axes] == [2, 2, 2]


def test_fewer_than_three_images_are_shown_without_kinds(tmp_path: Path) -> None:
    for image in range(2):
        write(tmp_path / f"{image}", made_spec(image, mask=256), {"lpips-vgg": lambda x: x / 1000})
    drawn, *_ = drawings(singles.draw_single_images(only(tmp_path)))
    assert [axes.get_title() for axes in drawn.figure.axes] == ["0.png", "1.png"]
    assert "without kinds" in drawn.caption


def test_figure_9_compares_runs_of_one_seed_where_the_mask_sizes_share_one(tmp_path: Path) -> None:
    for mask, seeds in ((128, (0, 3)), (256, (3, 4))):
        for seed in seeds:
            write(tmp_path / f"m{mask}-{seed}", made_spec(mask=mask, seed=seed), {"ssim": lambda x: 1 - x / 1000})
    [subject] = only(tmp_path).images()
    assert [run.spec.seed for run in subject.run_per_mask().values()] == [3, 3]


def test_figure_13_has_a_line_a_seed_and_those_with_most_seeds_first(tmp_path: Path) -> None:
    for image, seeds in enumerate((2, 4)):
        for mask in (128, 256):
            for seed in range(seeds):
                spec = made_spec(image, mask=mask, seed=seed)
                write(tmp_path / f"{image}-{mask}-{seed}", spec, {"lpips-vgg": lambda x, s=seed: x * (1 + s) / 1000})
    drawn, *_ = drawings(singles.draw_seeds(only(tmp_path)))
    assert [len(axes.lines) for axes in drawn.figure.axes] == [4, 4, 2, 2]
    assert drawn.figure.axes[0].get_ylabel().startswith("1.png")
    assert "2 to 4 runs per image and mask size, n = 12 trajectories" in drawn.caption


def test_one_seed_is_told_what_figure_13_needs(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {"lpips-vgg": lambda x: x / 1000})
    [missing] = singles.draw_seeds(only(tmp_path))
    assert isinstance(missing, SkippedFigure)
    assert "--seed 0-9" in missing.needs


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pictures(tmp_path: Path, make_trajectory: MakeTrajectory) -> Path:
    """One picture, masks 64 and 128, computed to 100 %."""
    for mask in (64, 128):
        list(run_trajectory(make_trajectory(f"picture/m{mask}", mask=mask, metrics=("ssim",))))
    return tmp_path / "runs"


def shown(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def test_figure_1_has_the_original_beside_the_outcome(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_before_and_after(only(pictures)))
    before, after = shown(drawn.figure)
    trajectory = Trajectory(pictures / "picture" / "m64")
    np.testing.assert_array_equal(before, read_frame(trajectory, 0))
    np.testing.assert_array_equal(after, read_frame(trajectory, 16))
    assert [(row["k"], row["inpainted"]) for row in drawn.rows] == [(0, 0), (16, 100)]


def test_figure_2_has_the_original_the_masked_and_the_inpainted_picture(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_one_inpainting(only(pictures)))
    assert [axes.get_title() for axes in drawn.figure.axes] == ["original", "masked", "inpainted: frame 1"]
    trajectory = Trajectory(pictures / "picture" / "m128")
    before, masked, after = shown(drawn.figure)
    np.testing.assert_array_equal(before, read_frame(trajectory, 0))
    np.testing.assert_array_equal(after, read_frame(trajectory, 1))
    assert (masked[trajectory.read_rows()[0].box.window] == sequences.MASK_GREY).all()


@pytest.mark.parametrize(("masks", "chosen"), [((64, 128, 256), 256), ((64, 128), 128), ((256, 512), 256)])
def test_figures_2_4_and_5_have_the_papers_mask_or_the_nearest(
    masks: tuple[int, ...], chosen: int, tmp_path: Path
) -> None:
    for mask in masks:
        write(tmp_path / f"{mask}", made_spec(mask=mask), {})
    assert sequences.large_mask(only(tmp_path)) == chosen


def test_figure_4_says_how_many_iterations_are_between_pictures_and_if_the_mask_is_not_the_papers(
    pictures: Path,
) -> None:
    for runs, chosen in ((pictures, 128), (pictures / "picture" / "m64", 64)):
        drawn = next(sequences.draw_sequences(only(runs)))
        assert isinstance(drawn, PlottedFigure)
        assert f"50 % inpainted ({2 if chosen == 128 else 8} iterations) of" in drawn.caption
        assert {row["mask"] for row in drawn.rows} == {chosen}
        assert ("the paper's mask is 128 px, which no trajectory here has" in drawn.caption) == (chosen == 64)


def test_figures_4_and_10_have_a_picture_every_50_percent(pictures: Path) -> None:
    found = {one.number: one for one in sequences.draw_sequences(only(pictures))}
    assert isinstance(found["4"], PlottedFigure)
    assert isinstance(found["5"], SkippedFigure)
    assert [axes.get_title() for axes in found["4"].figure.axes] == ["original", "50 %", "100 %"]
    rows = {one.number: one for one in sequences.draw_mask_sizes(only(pictures))}
    assert isinstance(rows["10"], PlottedFigure)
    assert [isinstance(rows[number], SkippedFigure) for number in ("11", "12")] == [True, True]
    assert [(row["mask"], row["k"]) for row in rows["10"].rows] == [
        (64, 0),
        (64, 8),
        (64, 16),
        (128, 0),
        (128, 2),
        (128, 4),
    ]
    assert [text.get_text() for axes in rows["10"].figure.axes for text in axes.texts] == ["64 px", "128 px"]


def test_amounts_that_a_mask_size_has_no_frame_of_are_left_empty(
    tmp_path: Path, make_trajectory: MakeTrajectory
) -> None:
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"m{mask}", mask=mask)))
    drawn = next(sequences.draw_mask_sizes(only(tmp_path / "runs")))
    assert isinstance(drawn, PlottedFigure)
    assert [axes.get_title() for axes in drawn.figure.axes] == ["original", "50 %", "100 %", "", "", ""]
    assert [len(axes.images) for axes in drawn.figure.axes] == [1, 1, 1, 1, 0, 1], "one square of 256 is 100 %"


def test_figure_6_has_the_frame_before_the_mask_and_the_frame_after(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_two_iterations(only(pictures)))
    trajectory = Trajectory(pictures / "picture" / "m64")
    images = shown(drawn.figure)
    for k, row in enumerate(trajectory.read_rows()[:2]):
        before, masked, after = images[3 * k : 3 * k + 3]
        np.testing.assert_array_equal(before, read_frame(trajectory, k))
        np.testing.assert_array_equal(after, read_frame(trajectory, k + 1))
        assert (masked[row.box.window] == sequences.MASK_GREY).all()
        assert (masked != before).any(axis=-1).sum() <= 64 * 64


def test_long_trajectories_show_at_most_nine_pictures_and_say_how_far_apart(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256, amount=1000.0), {"ssim": lambda x: 1 - x / 4000})
    [run] = only(tmp_path).runs
    assert [run.spec.inpainted(k) for k in sequences.choose_iterations(run)] == [0, 150, 300, 450, 600, 750, 900, 1000]
    write(tmp_path / "b" / "c", made_spec(mask=256, amount=25.0), {"ssim": lambda x: 1 - x / 4000})
    [short] = only(tmp_path / "b").runs
    assert sequences.choose_iterations(short) == [0, 1]


@pytest.mark.parametrize("name", [layout.PATCHES, layout.ORIGINAL])
def test_damaged_pictures_are_passed_over_and_told(name: str, pictures: Path) -> None:
    for mask in ("m64", "m128"):
        for keyframe in (pictures / "picture" / mask / layout.KEYFRAMES).iterdir():
            keyframe.unlink()
        (pictures / "picture" / mask / name).write_bytes(b"\0" * 100)
    drawn_here = (
        sequences.draw_before_and_after,
        sequences.draw_one_inpainting,
        sequences.draw_sequences,
        sequences.draw_two_iterations,
        sequences.draw_mask_sizes,
    )
    for draw in drawn_here:
        found = list(draw(only(pictures)))
        assert all(isinstance(one, SkippedFigure) for one in found)
        assert all(len(one.damaged) == 1 for one in found)


def test_trajectories_without_measurements_still_show_their_pictures(
    tmp_path: Path, make_trajectory: MakeTrajectory
) -> None:
    list(run_trajectory(make_trajectory(mask=128)))
    condition = only(tmp_path / "runs")
    assert condition.metric is None
    assert len(drawings(sequences.draw_two_iterations(condition))) == 1


def test_figure_s1_maps_the_squares_where_they_were_measured(tmp_path: Path, make_trajectory: MakeTrajectory) -> None:
    for mask in (64, 128):
        list(run_trajectory(make_trajectory(f"m{mask}", mask=mask, metrics=("delta-e@squares",))))
    [drawn] = drawings(square_maps.draw_square_maps(only(tmp_path / "runs")))
    assert (drawn.number, drawn.stem) == ("S1", "figure-s1")
    stored = [Trajectory(tmp_path / "runs" / f"m{mask}").read_squares() for mask in (64, 128)]
    maps = [squares[k]["delta-e"] for squares in stored for k in squares if k]
    for image, squares in zip(shown(drawn.figure), maps, strict=True):
        np.testing.assert_array_equal(image, squares)
    assert len(drawn.rows) == sum(np.size(squares) for squares in maps)
    assert "n = 2 trajectories" in drawn.caption


def test_without_squares_or_with_spoilt_ones_there_is_no_figure_s1(pictures: Path) -> None:
    assert list(square_maps.draw_square_maps(only(pictures))) == []
    lines = b'{"k": 4, "squares": {"delta-e": [[1.0], []]}}\n{"k": 0, "squares": {"delta-e": [[1.0]]}}\nx\n'
    (pictures / "picture" / "m128" / layout.SQUARES).write_bytes(lines)
    assert list(square_maps.draw_square_maps(only(pictures))) == []


# ── how they look and are written ────────────────────────────────────────────────────────────────────────────────────


def test_files_hold_no_time_no_maker_and_no_text_that_needs_a_font(runs: Path, tmp_path: Path) -> None:
    png, svg, pdf = style.write_figure(drawings(singles.draw_single_images(only(runs)))[0].figure, tmp_path, "a")
    text = svg.read_text()
    assert not [word for word in (b"/CreationDate", b"/Creator", b"/Producer") if word in pdf.read_bytes()]
    assert b"/Type3" not in pdf.read_bytes(), "fonts that journals refuse"
    assert "<dc:date>" not in text
    assert "<text" not in text
    assert b"tEXt" not in png.read_bytes()


def test_the_users_own_style_has_no_say_and_is_left_as_it_was(tmp_path: Path) -> None:
    with mpl.rc_context({"font.size": 30, "text.parse_math": True}):
        with style.styled():
            assert mpl.rcParams["font.size"] == 8
        assert mpl.rcParams["font.size"] == 30
    assert mpl.rcParams["text.parse_math"] is False, "of the style around the test"


@pytest.mark.parametrize(
    "name",
    ["$x_1^2$.png", "a_b.png", "$", "\x1b[31m\u202e.png", "\u6f22\u5b57.png", "\U0001f600.png", "x" * 300, "\\frac{"],
)
def test_hostile_names_are_drawn_as_they_are_or_escaped(name: str, tmp_path: Path) -> None:
    for seed in range(2):
        spec = made_spec(mask=256, seed=seed, source_name=name)
        write(tmp_path / f"runs/{seed}", spec, {"$m_1$\x1b": lambda x: x / 100})
    condition = only(tmp_path / "runs")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw in (
            averages.draw_mean_drift(condition, None),
            singles.draw_single_images(condition),
            singles.draw_seeds(condition),
        ):
            style.write_figure(drawings(draw)[0].figure, tmp_path, "a")
    title = drawings(singles.draw_single_images(condition))[0].figure.axes[0].get_title()
    assert title.isprintable()
    if name.isascii() and name.isprintable() and len(name) < 20:
        assert title == name


@pytest.mark.parametrize("letter", ["i", "0", "W", "\u00c6", "\x1b"])
def test_names_are_cut_to_a_width_and_not_to_a_length(letter: str) -> None:
    assert style.safe_label("0" * 20, 20) == "0" * 20
    cut = style.safe_label(letter * 300, 20)
    assert cut.endswith("\u2026")
    figure = style.empty_figure(5, 1)
    pixels = [figure.text(0, 0, text).get_window_extent().width for text in (cut, "0" * 20)]
    assert 0.85 * pixels[1] < pixels[0] < 1.02 * pixels[1]


def test_names_in_other_scripts_are_told_apart() -> None:
    labels = [style.safe_label(name) for name in ("猫.png", "犬.png", "кот.png", "ไก.png", "é.png")]
    assert labels[:2] == ["Mao.png", "Quan.png"]
    assert labels[2] == "кот.png"  # the font has these letters
    assert labels[4] == "é.png"
    assert len(set(labels)) == 5
    assert not any("?" in label for label in labels)


def test_up_to_four_mask_sizes_differ_in_grey_and_all_in_colour_or_marker() -> None:
    for masks in ((64,), (64, 128), (64, 128, 256), (16, 64, 128, 256), tuple(range(1, 8))):
        looks = style.mark_styles(masks)
        assert len({(look["color"], look["marker"]) for look in looks.values()}) == len(masks)
        levels = [grey(look["color"]) for look in looks.values()]
        if len(masks) <= 4:
            apart = 0.25 if len(masks) <= 3 else 0.08
            assert all(light > dark + apart for light, dark in pairwise(levels))


def grey(colour: str) -> float:
    r, g, b = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * r + 0.587 * g + 0.114 * b


# ── curves of others ─────────────────────────────────────────────────────────────────────────────────────────────────

HEADER = "metric,mask,inpainted,mean,sd\n"


def test_a_reference_is_read_in_any_order_of_columns_and_rows(tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    file.write_text(
        "\ufeffsd, mean ,inpainted,mask,metric,more\n,0.2,100,64,lpips-vgg,x\n0.05,0.1,50,64,lpips-vgg,\n\n"
    )
    [(key, points)] = read(file).curves.items()
    assert key == ("lpips-vgg", 64)
    assert points[0] == ReferencePoint(50, 0.1, 0.05)
    assert points[1][:2] == (100, 0.2)
    assert isnan(points[1].sd)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "missing column metric, mask", "got: nothing"]),
        ("metric;mask\n", ["line 1", "separated by commas"]),
        (HEADER, ["no rows after its header"]),
        (HEADER + "lpips-vgg,64,50,0.1\n", ["line 2", "4 cells", "the header has 5"]),
        (HEADER + "lpips-vgg,64,50,0.1,0\nlpips-vgg,64,50,much,0\n", ["line 3", "mean is 'much'", "a number"]),
        (HEADER + "lpips-vgg,64.5,50,0.1,0\n", ["line 2", "mask is '64.5'", "whole number"]),
        (HEADER + "lpips-vgg,64,50,nan,0\n", ["line 2", "mean is 'nan'", "finite"]),
        (HEADER + "lpips-vgg,64,50,1,-1\n", ["line 2", "sd is '-1'", "at least 0"]),
        (HEADER + "lpips-vgg,64,50,1,0\nlpips-vgg,64,50,1,0\n", ["line 3", "occurs twice"]),
        (HEADER + "vgg,64,50,1,0\n", ["line 2", "unknown metric 'vgg'", "lpips-vgg"]),
        (HEADER + '"lpips-vgg,64,50,1,0\n', ["line 2", "not CSV"]),
        ("metric,metric,mask,inpainted,mean,sd\n", ["line 1", "column metric occurs twice"]),
    ],
)
def test_a_wrong_reference_is_refused_with_its_line(text: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        read(file)
    for word in ["paper.csv", *words]:
        assert word in str(refused.value)


def test_a_reference_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    with pytest.raises(InputError, match="does not exist"):
        read(file)
    file.write_bytes(HEADER.encode() + b"lpips-vgg\xff")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read(file)


def test_a_reference_is_overlaid_dashed_in_figure_7_alone(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "paper_$1$.csv"
    file.write_text(HEADER + "lpips-vgg,256,0,0,0\nlpips-vgg,256,400,0.5,0.1\nlpips-vgg,64,400,0.5,\n")
    drawn, against_coverage, *_ = drawings(averages.draw_mean_drift(only(runs), read(file)))
    dashed = [[line for line in axes.lines if line.get_linestyle() == "--"] for axes in drawn.figure.axes]
    assert [len(lines) for lines in dashed] == [0, 0, 1]
    np.testing.assert_array_equal(dashed[2][0].get_ydata(), [0, 0.5])
    assert "reference: paper_$1$.csv" in [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert "dashed" in drawn.caption
    assert not any(line.get_linestyle() == "--" for axes in against_coverage.figure.axes for line in axes.lines)
    assert "dashed" not in against_coverage.caption
