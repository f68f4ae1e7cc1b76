"""Curves: what was measured and nothing between, grouped by what was asked, the coverage beside it."""

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from riptui.errors import InputError
from riptui.results import curves
from riptui.store import layout
from riptui.store.listing import find_all_trajectories, summarize, summarize_measured
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec, made_summary, write


def test_a_curve_holds_the_measured_points_of_one_metric() -> None:
    found = curves.extract_curve(made_summary(made_spec(mask=256), {"ssim": lambda x: 1 - x / 1000}), "ssim")
    assert found is not None
    assert found.k.tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert found.inpainted.tolist() == [0, 50, 100, 150, 200, 250, 300, 350, 400]
    assert found.values.tolist() == [1 - x / 1000 for x in found.inpainted.tolist()]
    assert found.complete


def test_a_trajectory_without_the_metric_has_no_curve() -> None:
    summary = made_summary(made_spec(), {"ssim": lambda x: 1.0})
    assert curves.extract_curve(summary, "psnr") is None
    assert curves.extract_curves([summary], "psnr") == []


def test_values_that_are_not_finite_are_no_points(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {"psnr": lambda x: 30.0})
    (tmp_path / "a" / layout.METRICS).write_text('{"k": 0, "psnr": null}\n{"k": 2, "psnr": 30.5}\n')
    found = curves.extract_curve(summarize(Trajectory(tmp_path / "a")), "psnr")
    assert found is not None
    assert (found.k.tolist(), found.values.tolist()) == ([2], [30.5])
    assert not found.complete


def test_a_folder_that_cannot_be_read_has_no_curve(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {"ssim": lambda x: 0.5})
    (tmp_path / "a" / layout.SPEC).write_text("{")
    assert curves.extract_curve(summarize(Trajectory(tmp_path / "a")), "ssim") is None


def test_points_have_the_coverage_of_their_rows(tmp_path: Path) -> None:
    trajectory = Trajectory(write(tmp_path / "a", made_spec(mask=128), {"ssim": lambda x: 1 - x / 1000}))
    [found] = curves.extract_curves([summarize(trajectory)], "ssim")
    rows = trajectory.read_rows()
    expected = [
        (k, 50.0 * place, rows[k - 1].coverage if k else 0.0, 1 - 0.05 * place)
        for place, k in enumerate(range(0, 65, 8))
    ]
    columns = (found.k, found.inpainted, curves.read_coverage(found), found.values)
    for point, expected_point in zip(zip(*columns, strict=True), expected, strict=True):
        assert point[:3] == expected_point[:3]
        assert point[3] == pytest.approx(expected_point[3])


@pytest.mark.parametrize("tail", [b"", b'{"k": 9, "cov', b"\0\0\0\n", b'{"k": 12, "coverage": 3.0}\n', b"[]\n"])
def test_the_coverage_is_that_of_the_committed_rows_whatever_follows_them(tmp_path: Path, tail: bytes) -> None:
    trajectory = Trajectory(write(tmp_path / "a", made_spec(mask=128), {}))
    file = trajectory.path / layout.ROWS
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:8]) + tail)
    assert trajectory.read_coverage() == [0.0, *(row.coverage for row in trajectory.read_rows())]
    assert len(trajectory.read_coverage()) == 9


def test_curves_are_grouped_by_fields_and_parameters_in_their_order() -> None:
    summaries = [
        made_summary(made_spec(image, mask=mask, inpainter=name), {"ssim": lambda x: 1.0})
        for name in ("telea", "biharmonic")
        for mask in (256, 64, 128)
        for image in range(2)
    ]
    groups = curves.group_by(curves.extract_curves(summaries, "ssim"), ["inpainter", "mask"])
    assert list(groups) == [(name, mask) for name in ("biharmonic", "telea") for mask in (64, 128, 256)]
    assert {len(members) for members in groups.values()} == {2}
    by_radius = curves.group_by(curves.extract_curves(summaries, "ssim"), ["radius"])
    assert list(by_radius) == [(None,), (3.0,)], "biharmonic has no radius"
    assert len(curves.group_by(curves.extract_curves(summaries, "ssim"), [curves.IMAGE])) == 2
    assert list(curves.group_by(curves.extract_curves(summaries, "ssim"), [])) == [()]


def test_what_has_no_intervention_comes_first_and_reads_the_same_everywhere() -> None:
    treated: list[dict[str, Any]] = [{"paste": False}, {"match": "border"}, {"anchor": 8}, {"anchor": 16}]
    specs = [made_spec(n, inpainter="telea", **fields) for n, fields in enumerate([*treated, {}])]
    by = ["inpainter", "paste", "anchor", "match"]
    found = curves.extract_curves([made_summary(spec, {"ssim": lambda x: 1.0}) for spec in specs], "ssim")
    titles = [curves.settings_title(dict(zip(by, key, strict=True))) for key in curves.group_by(found, by)]
    assert titles == ["telea", "telea, match border", "telea, anchor 8", "telea, anchor 16", "telea, no paste"]
    assert [spec.interventions for spec in specs] == [["no paste"], ["match border"], ["anchor 8"], ["anchor 16"], []]
    assert curves.settings_title({"match": "none"}) == "no intervention"


def test_grouping_by_what_nothing_has_is_refused_with_the_names_there_are() -> None:
    found = curves.extract_curves([made_summary(made_spec(), {"ssim": lambda x: 1.0})], "ssim")
    with pytest.raises(
        InputError, match=r"cannot group by colour, an unknown setting. Available: .*mask.*image.*radius"
    ):
        curves.group_by(found, ["mask", "colour"])


def test_distributions_are_those_of_numpy_at_each_measured_amount() -> None:
    drawn = np.random.default_rng(0).normal(size=(7, 9))
    summaries = [made_summary(made_spec(image), {"delta-e": row}) for image, row in enumerate(drawn)]
    levels = curves.distributions(curves.extract_curves(summaries, "delta-e"))
    assert [level.inpainted for level in levels] == [50.0 * place for place in range(9)]
    for level, column in zip(levels, drawn.T, strict=True):
        expected = [column.mean(), column.std(ddof=1), *np.percentile(column, [25, 50, 75])]
        assert level.n == 7
        np.testing.assert_allclose(level[2:], expected, rtol=1e-12)


def test_the_seeds_of_an_image_are_averaged_first() -> None:
    values = {(0, 0): 0.0, (0, 1): 4.0, (0, 2): 5.0, (1, 0): 1.0}
    summaries = [
        made_summary(made_spec(image, seed=seed), {"ssim": lambda x, value=value: value})
        for (image, seed), value in values.items()
    ]
    for level in curves.distributions(curves.extract_curves(summaries, "ssim")):
        assert (level.n, level.mean) == (2, 2.0)
        assert level.sd == pytest.approx(2**0.5)


def test_a_trajectory_that_is_there_twice_counts_once_as_far_as_the_further_one_went() -> None:
    part, whole = (made_summary(made_spec(3), {"ssim": lambda x: 1.0}, until=until) for until in (100.0, 400.0))
    other = made_summary(made_spec(4), {"ssim": lambda x: 1.0})
    assert curves.drop_copies([part, whole, other]) == curves.drop_copies([whole, other, part]) == [whole, other]


def test_unfinished_trajectories_count_only_where_they_were_measured() -> None:
    summaries = [
        made_summary(made_spec(image), {"ssim": lambda x, image=image: float(image)}, until=until)
        for image, until in enumerate((100.0, 400.0))
    ]
    levels = curves.distributions(curves.extract_curves(summaries, "ssim"))
    assert [level.n for level in levels] == [2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert [level.mean for level in levels] == [0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1]
    assert isnan(levels[-1].sd)


def test_grids_that_share_no_halves_are_not_interpolated() -> None:
    """768 px at mask 256 are 9 squares: 50 % is between 4 and 5 of them."""
    summaries = [
        made_summary(made_spec(size=size, mask=256, amount=100.0), {"ssim": lambda x: 1.0}, until=200.0)
        for size in (512, 768)
    ]
    levels = curves.distributions(curves.extract_curves(summaries, "ssim"))
    assert [level.inpainted for level in levels] == [0, 50, 100 * 5 / 9, 100]


def test_a_runs_folder_gives_its_curves_in_natural_order(tmp_path: Path) -> None:
    for mask in (64, 256, 128):
        write(tmp_path / "a" / f"m{mask}", made_spec(mask=mask), {"ssim": lambda x: 1.0})
    found = curves.extract_curves(map(summarize, find_all_trajectories([tmp_path])), "ssim")
    assert [one.spec.mask for one in found] == [64, 128, 256]


def test_a_summary_for_statistics_has_the_same_spec_progress_and_metrics(tmp_path: Path) -> None:
    trajectory = Trajectory(write(tmp_path / "m128-s0", made_spec(), {"lpips-vgg": lambda x: x / 100}))
    whole, measured = summarize(trajectory), summarize_measured(trajectory)
    assert measured.metrics
    assert whole == replace(measured, status=whole.status)


def test_an_unfinished_trajectory_whose_request_is_damaged_is_unreadable_for_statistics(tmp_path: Path) -> None:
    trajectory = Trajectory(write(tmp_path / "m128-s0", made_spec(), {"ssim": lambda x: 1.0}))
    (trajectory.path / layout.REQUEST).write_text("{")
    assert summarize_measured(trajectory).spec, "all its iterations are there: nothing is asked of it any more"
    rows = trajectory.path / layout.ROWS
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    listed, measured = summarize(Trajectory(trajectory.path)), summarize_measured(Trajectory(trajectory.path))
    assert listed.status is None
    assert measured.spec is None
    assert "request.json is not readable" in measured.error == listed.error


def test_a_summary_for_statistics_says_why_a_trajectory_is_unreadable(tmp_path: Path) -> None:
    measured = summarize_measured(Trajectory(tmp_path))
    assert measured.spec is None
    assert "has no spec.json" in measured.error
