"""The tabs of the trajectory view: what each shows."""

import pytest

from riptui.results.exposure import LUMA
from riptui.results.patch_errors import read_square_errors
from riptui.results.recursion_effect import compute_effect
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.tui.plot.chart import Chart
from riptui.tui.tab_bar import TabBar
from riptui.tui.trajectory.filmstrip import FilmstripItem
from riptui.tui.trajectory.spectrum_pane import choose
from tests.support.app_pilot import wait_until
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance
from tests.support.view_app import rests, same, showing


@pytest.mark.slow
async def test_every_tab_shows_its_pane(done: Trajectory) -> None:
    (done.path / "log.txt").write_text("2026  recovered: \x1b[31mall [/red] of it\n")
    async with showing(done) as (app, pilot):
        for name in ("filmstrip", "masks", "recursion", "spec", "log", "chart"):
            app.view.select_tab(name)
            await rests(pilot)
            assert [pane.id for pane in app.query("TabPanes > *") if pane.display] == [name]
            assert app.query_one(TabBar).chosen == name
        assert done.spec.digest in app.text("#spec Static")
        assert app.text("#log Static") == "2026  recovered: \\x1b[31mall [/red] of it"


@pytest.mark.slow
async def test_the_strip_has_a_picture_every_50_percent(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.select_tab("filmstrip")
        await wait_until(pilot, lambda: len(app.query(FilmstripItem)) == 5, "the stills")
        await rests(pilot)
        for still, k in zip(app.query(FilmstripItem), (0, 8, 16, 24, 32), strict=True):
            assert same(still.picture.image, read_frame(done, k))
        captions = [still.caption.text.split()[0] for still in app.query(FilmstripItem)]
        assert captions == ["0", "50", "100", "150", "200"]


@pytest.mark.slow
async def test_the_map_counts_how_often_each_square_was_repainted(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.go(12)
        app.view.select_tab("masks")
        await rests(pilot)
        counts = sorted(int(word) for word in app.text("#squares").split())
        boxes = [row.box for row in done.read_rows()[:12]]
        assert counts == sorted(boxes.count(box) for box in set(boxes))
        assert f"{done.read_rows()[11].coverage:.1f} %" in app.text("#summary")


@pytest.mark.slow
async def test_the_recursion_pane_has_the_errors_of_the_squares(done: Trajectory) -> None:
    effect = compute_effect([read_square_errors(done, [LUMA])], LUMA)
    async with showing(done) as (app, pilot):
        app.view.go(16)
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "explains" in app.text("#recursion-numbers"), "the numbers")
        assert f"{effect.explained.value:.1f} %" in app.text("#recursion-numbers")
        assert f"{effect.slope.value:+.2f}" in app.text("#recursion-numbers")
        chart = app.query_one("#against-null", Chart)
        assert chart.marker == 100.0
        app.view.toggle_axis()
        assert chart.axis_labels[0] == "coverage %"
        app.view.go(8)
        assert chart.marker == done.read_rows()[7].coverage
        await pilot.click(app.query_one("#by-exposure", Chart), offset=(20, 3))
        assert app.view.cursor.k == 8, "repaints are no frames"


@pytest.mark.slow
async def test_the_recursion_pane_draws_each_error_that_is_known_of_the_squares(
    make_trajectory: MakeTrajectory,
) -> None:
    trajectory = make_trajectory(amount=100.0, metrics=("psnr", "delta-e@repaints"))
    list(run_trajectory(trajectory))
    async with showing(trajectory) as (app, pilot):
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "by luma" in app.text("#recursion-numbers"), "the numbers")
        chart = app.query_one("#against-null", Chart)
        assert chart.axis_labels[1] == "luma error"
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "ΔE error"
        assert "by ΔE" in app.text("#recursion-numbers")
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "luma error"


@pytest.mark.slow
async def test_the_recursion_pane_says_why_it_has_nothing(make_trajectory: MakeTrajectory) -> None:
    empty = make_trajectory()
    whole = make_trajectory("picture/whole", paste=False)
    advance(whole, 1)
    async with showing(empty) as (app, pilot):
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "no square was repainted yet" in app.text("#recursion-numbers"))
        app.view.show(whole.path)
        await wait_until(pilot, lambda: "made without paste" in app.text("#recursion-numbers"))


@pytest.mark.slow
async def test_the_chart_goes_over_coverage_too_and_marks_the_frame(done: Trajectory) -> None:
    async with showing(done) as (app, _):
        app.view.go(16)
        chart = app.query_one(Chart)
        assert chart.marker == 100.0
        assert chart.axis_labels[0] == "inpainted %"
        app.view.toggle_axis()
        assert chart.axis_labels[0] == "coverage %"
        assert chart.marker == done.read_rows()[15].coverage
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "PSNR (dB)"


@pytest.mark.slow
async def test_the_masks_are_coloured_by_the_distances_that_are_stored(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr", "delta-e@squares"))
    list(run_trajectory(trajectory))
    async with showing(trajectory) as (app, pilot):
        app.view.go(12)
        app.view.select_tab("masks")
        await rests(pilot)
        assert "colour" not in app.text("#summary")
        charted = app.view.metric
        app.view.cycle_metric()
        assert "colour     ΔE" in app.text("#summary")
        assert "at       50 %" in app.text("#summary")
        app.view.cycle_metric()
        assert "colour" not in app.text("#summary")
        assert app.view.metric == charted, "the chart's metric is left alone"


@pytest.mark.slow
async def test_a_trajectory_of_whole_images_has_passes_its_spectrum_and_no_masks(
    make_trajectory: MakeTrajectory,
) -> None:
    trajectory = make_trajectory(inpainter="blur", mask=256, amount=300.0, metrics=("spectrum", "psnr"))
    list(run_trajectory(trajectory))
    async with showing(trajectory) as (app, pilot):
        assert app.query_one(TabBar).names == ("chart", "filmstrip", "spec", "log", "spectrum")
        assert app.query_one("#chart Chart", Chart).axis_labels[0] == "passes"
        app.view.toggle_axis()
        assert app.query_one("#chart Chart", Chart).axis_labels[0] == "passes"
        app.view.select_tab("masks")
        assert app.view.tab == "chart"
        app.view.select_tab("spectrum")
        app.view.go(2)
        await rests(pilot)
        assert app.query_one("#spectrum-curves", Chart).axis_labels[0] == "cycles per pixel"
        assert app.text("#spectrum-numbers").startswith("pass 2   low -0.")
        assert "whole image" in app.text("#recipe")


@pytest.mark.slow
async def test_without_a_spectrum_the_pane_says_how_to_get_one(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        assert "spectrum" not in app.query_one(TabBar).names
        app.view.select_tab("spectrum")
        await rests(pilot)
        assert "riptui measure" in app.text("#spectrum-numbers")
        app.view.select_tab("chart")
        assert "spectrum" not in app.query_one(TabBar).names


def test_few_curves_are_drawn_the_shown_one_first() -> None:
    curves: dict[int, list[float]] = {k: [] for k in range(21)}
    assert choose(curves, 7) == [7, 4, 10, 15, 20]
    assert choose({0: [], 1: []}, 0) == [0, 1]
