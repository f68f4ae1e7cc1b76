"""What the figures show. Whether the statistics are right is test_statistics.py's and its neighbours'."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import numpy as np
from matplotlib.figure import Figure

from riptui.errors import InputError
from riptui.figures import averages, scatter, singles, style
from riptui.figures.curve_view import CurveView
from riptui.figures.figure import SkippedFigure
from riptui.figures.report_data import load_report_data
from riptui.store import layout
from riptui.store.records import encode_line
from riptui.store.trajectory import Trajectory
from tests.support.drawn import drawings, material, only, unheard
from tests.support.made import made_spec, write

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("styled")]


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
    assert [one.title for one in found] == ["biharmonic", "telea", "telea, no paste"]
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
