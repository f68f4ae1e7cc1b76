"""The crosshair: the values that there are at one x; several charts at once."""

import pytest
from textual.app import App, ComposeResult

from riptui.tui.plot.chart import Chart
from riptui.tui.plot.chart_grid import ChartGrid, LegendLines
from riptui.tui.plot.crosshair import crosshair_rows, read_curves
from riptui.tui.plot.drawing import draw
from riptui.tui.plot.series import Series
from riptui.tui.plot.y_axis import YView

X = (0.0, 50.0, 100.0)
MEAN = Series("64 px", X, (0.0, 0.3, 0.5), (None, 0.2, 0.4), (None, 0.4, 0.6))
OTHER = Series("128 px", (0.0, 40.0, 80.0), (0.0, 0.25, 0.45), colour=1)


class ManyCharts(App[None]):
    def compose(self) -> ComposeResult:
        yield ChartGrid()


def texts(x: float, *series: Series) -> list[str]:
    return [reading.value + reading.bar for reading in read_curves(series, x)]


def test_a_curve_tells_its_value_with_its_bar_and_where_it_is_measured() -> None:
    assert texts(50.0, MEAN, OTHER) == ["0.3000 ± 0.1000", "0.2500 at 40"]
    assert texts(0.0, MEAN, OTHER) == ["0.0000", "0.0000"]
    assert texts(1.0, Series("a", (1.0,), (0.00012345,))) == ["0.00012"]
    assert texts(50.0, Series("R", X, (0, 1, 2), (0, 0.5, 1), (0, 1.25, 3))) == ["1.0000 [0.5000, 1.2500]"]


def test_lines_of_one_colour_tell_their_range() -> None:
    lines = [Series("64 px" if not seed else "", X, (0.0, 0.3 + seed / 10, 0.5)) for seed in range(3)]
    assert texts(50.0, *lines) == ["0.3000 to 0.5000"]
    assert [reading.name for reading in read_curves(lines, 50.0)] == ["64 px"]


@pytest.mark.slow
async def test_the_mouse_reads_the_nearest_point_in_all_charts_and_leaving_ends_it() -> None:
    async with ManyCharts().run_test(size=(120, 30)) as pilot:
        grid = pilot.app.query_one(ChartGrid)
        for chart in grid.set_count(2):
            chart.draw([MEAN, OTHER], x_label="inpainted %", y_label="SSIM")
        await pilot.pause()
        first, second = grid.charts
        assert first.size.width == second.size.width
        await pilot.hover(second, offset=(second.column_of(52.0), 8))
        assert [chart.crosshair for chart in grid.charts] == [50.0, 50.0]
        assert "SSIM at 50 %: ● 0.3000 64 px  ▲ 0.2500 at 40 128 px" in first.render_line(0).text
        assert any("│" in first.render_line(y).text[first.column_of(50.0)] for y in range(2, 12))
        await pilot.hover(second, offset=(0, 0))
        assert first.crosshair is None
        assert " at " not in first.render_line(0).text


async def test_keys_move_the_crosshair_from_point_to_point() -> None:
    async with ManyCharts().run_test(size=(120, 30)) as pilot:
        grid = pilot.app.query_one(ChartGrid)
        grid.charts[0].draw([MEAN], x_label="inpainted %", y_label="SSIM")
        seen = []
        for points in (1, 1, 1, 1, -1):
            grid.move_crosshair(points)
            seen.append(grid.charts[0].crosshair)
        assert seen == [0.0, 50.0, 100.0, 100.0, 50.0]


async def test_the_crosshair_goes_when_the_x_axis_becomes_another_one() -> None:
    async with ManyCharts().run_test(size=(120, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        chart.draw([MEAN], x_label="inpainted %", y_label="SSIM")
        chart.set_crosshair(100.0)
        chart.draw([OTHER], x_label="inpainted %", y_label="PSNR")
        assert chart.crosshair == 100.0
        chart.draw([MEAN], x_label="repaints", y_label="luma error of squares")
        assert chart.crosshair is None


async def test_the_wheel_zooms_and_another_metric_is_shown_whole_again() -> None:
    async with ManyCharts().run_test(size=(120, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        chart.draw([MEAN], x_label="inpainted %", y_label="SSIM")
        chart.toggle_log()
        chart.zoom(1)
        assert "SSIM · log · ×2" in chart.render_line(0).text
        chart.draw([OTHER], x_label="inpainted %", y_label="PSNR")
        assert (chart.y_view.zoom, chart.y_view.log) == (1, True)


async def test_keys_zoom_to_the_values_at_the_crosshair_or_the_line() -> None:
    async with ManyCharts().run_test(size=(120, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        falling = Series("a", (0.0, 100.0, 200.0), (1.0, 0.5, 0.1))
        for x, low in ((200.0, 0.0), (0.0, 0.75)):
            chart.draw([falling], x_label="inpainted %", y_label="SSIM", marker=x)
            chart.change_view(YView())
            chart.zoom(1)
            chart.zoom(1)
            assert chart.y_view.low == low
        chart.set_crosshair(200.0)
        chart.change_view(YView(log=True))
        chart.zoom(1)
        assert chart.y_view.low == 0
        chart.zoom(-1)
        assert chart.y_view == YView(log=True)


@pytest.mark.slow
async def test_charts_that_are_not_needed_are_hidden_and_the_others_fill_the_room() -> None:
    async with ManyCharts().run_test(size=(140, 30)) as pilot:
        grid = pilot.app.query_one(ChartGrid)
        for count, size in ((1, (140, 30)), (3, (45, 30)), (4, (69, 15)), (1, (140, 30))):
            grid.set_count(count)
            await pilot.pause()
            assert len(grid.charts) == count
            assert tuple(grid.charts[0].size) == size


def row_texts(*series: Series, x: float, width: int) -> list[str]:
    drawing = draw(series, width, 14, x_label="inpainted %", y_label="SSIM")
    rows = crosshair_rows(drawing, series, x, "SSIM", " %")
    return ["".join(character for character, _ in row).strip() for row in rows]


def test_values_without_room_go_on_over_the_top_of_the_curves() -> None:
    six = [Series(f"curve {number}", X, (1.0, 0.5 + number / 100, 0.4), colour=number) for number in range(6)]
    [wide] = row_texts(*six, x=50.0, width=140)
    assert wide.endswith("0.5500 curve 5")
    rows = row_texts(*six, x=50.0, width=46)
    assert rows[0] == "SSIM at 50 %: ● 0.5000  ▲ 0.5100  ■ 0.5200"
    assert [f"0.5{number}00" in " ".join(rows) for number in range(6)] == [True] * 6


async def test_charts_with_one_legend_show_it_once_above_them() -> None:
    async with ManyCharts().run_test(size=(50, 30)) as pilot:
        grid = pilot.app.query_one(ChartGrid)

        def names(*labels: str) -> list[Series]:
            return [Series(label, X, (0.0, 0.3, 0.5), colour=colour) for colour, label in enumerate(labels)]

        def show(*shown: list[Series]) -> list[str]:
            for series, chart in zip(shown, grid.set_count(len(shown)), strict=True):
                chart.draw(series, x_label="inpainted %", y_label="SSIM")
            grid.share_legend()
            return [entry.name for entry in grid.query_one(LegendLines).entries]

        long = ("32 px biharmonic", "32 px navier-stokes", "32 px telea")
        assert show(names(*long), names(*long)) == [*long]
        await pilot.pause()
        lines = str(grid.query_one(LegendLines).content).splitlines()
        assert lines == ["● 32 px biharmonic  ▲ 32 px navier-stokes", "■ 32 px telea"]
        assert "telea" not in "".join(chart.render_line(0).text for chart in grid.charts)
        assert show(names("ssim", "uiqi"), names("psnr")) == [], "each chart has curves of its own"
        assert show(names("a", "b")) == [], "a single one has its own legend"


@pytest.mark.parametrize("count", [2, 3, 5])
async def test_below_a_common_legend_all_charts_are_equally_high(count: int) -> None:
    async with ManyCharts().run_test(size=(80, 43)) as pilot:
        grid = pilot.app.query_one(ChartGrid)
        for chart in grid.set_count(count):
            chart.draw([Series("a", X, (0.0, 0.3, 0.5))], x_label="inpainted %", y_label="SSIM")
        grid.share_legend()
        await pilot.pause()
        heights = {chart.size.height for chart in grid.charts}
        assert max(heights) - min(heights) <= 1 < min(heights)
        assert grid.query_one(LegendLines).size.height == 1
