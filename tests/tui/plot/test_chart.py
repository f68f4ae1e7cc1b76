"""The chart: pure drawing, and the widget's redrawing."""

import math
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.geometry import Region

from riptui.tui import themes
from riptui.tui.plot.axes import AxisRange, format_ticks, tick_values, with_even_ticks, x_range, y_range
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.drawing import DrawnChart, draw
from riptui.tui.plot.grid import shorten
from riptui.tui.plot.palette import series_colours
from riptui.tui.plot.series import Series
from riptui.tui.plot.y_axis import YView

X = [50.0 * n for n in range(9)]
LPIPS = [0.03 * math.sqrt(x) for x in X]


def drawn(series: list[Series], width: int = 60, height: int = 12, **options: Any) -> DrawnChart:
    return draw(series, width, height, x_label="inpainted %", y_label="LPIPS vgg", **options)


def text(drawing: DrawnChart) -> str:
    return "\n".join("".join(character for character, _ in row) for row in drawing.rows)


def colours_in(drawing: DrawnChart) -> set[int]:
    return {ink for row in drawing.rows[1:] for _, ink in row if ink >= 0}


def test_axes_have_round_ticks_labels_and_units() -> None:
    picture = text(drawn([Series("128 px", X, LPIPS)]))
    assert all(tick in picture for tick in ("0.0┤", "0.6┤", "200", "400", "inpainted %", "LPIPS vgg", "● 128 px"))


def test_a_chart_of_infinite_values_alone_says_so_and_has_no_y_axis() -> None:
    picture = text(drawn([Series("128 px", X, [math.inf] * 9)]))
    assert "all 9 values are infinite" in picture
    assert "┤" not in picture
    assert "its only value is infinite" in text(drawn([Series("128 px", X[:1], [math.inf])], 30, 3))
    assert "infinite" not in text(drawn([Series("128 px", X, [math.inf, *LPIPS[1:]])]))
    assert "infinite" not in text(drawn([Series("128 px", X, [None] * 9)]))
    assert "infinite" not in text(drawn([Series("128 px", X, [math.inf] + [0.0] * 8)], view=YView(log=True)))


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (0, 400, 5, ["0", "100", "200", "300", "400"]),
        (0, 0.61, 4, ["0.0", "0.2", "0.4", "0.6"]),
        (17.2, 21, 3, ["18", "20"]),
        (-0.3, 0.3, 3, ["-0.2", "0.0", "0.2"]),
        (0, 3e7, 3, ["0", "2e+07"]),
    ],
)
def test_ticks_are_round_and_their_labels_tell_them_apart(low: Any, high: Any, most: Any, found: Any) -> None:
    values = tick_values(AxisRange(low, high), most)
    assert format_ticks(values) == found
    assert len(values) <= most


@pytest.mark.parametrize(("low", "high"), [(0, 0.087), (0.84, 1.003), (0, 0.66), (0.5, 0.95), (-3, 8), (20, 55)])
@pytest.mark.parametrize("rows", [8, 15, 25, 30])
def test_ticks_are_a_whole_number_of_rows_apart(low: float, high: float, rows: int) -> None:
    axis, ticks = with_even_ticks(AxisRange(low, high), rows, 4, max(2, rows // 2))
    places = [round((1 - axis.fraction(tick)) * (4 * rows - 1)) // 4 for tick in ticks]
    assert len({lower - upper for lower, upper in pairwise(places)}) == 1
    assert len(ticks) >= 2 + (rows > 8)
    assert axis.low <= low
    assert axis.high - axis.low <= 1.45 * (high - low)
    part = (axis.high - axis.low) / (4 * rows - 1)
    assert axis.high > high - part


def test_lpips_begins_at_0_and_ssim_near_its_values() -> None:
    assert y_range([0.2, 0.6]).low == 0
    assert 0.8 < y_range([0.9, 1.0]).low < 0.9
    assert 0.4 < y_range([0.44, 1.0]).low < 0.44


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf], [0.0], [5.0, 5.0], [-2.0], [1e-300], [1e99]])
def test_an_axis_always_has_a_span_and_ticks(values: Any) -> None:
    for axis in (x_range(values), y_range(values)):
        assert axis.low < axis.high
        assert format_ticks(tick_values(axis, 4))


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (10, 2), (20, 3), (30, 4), (60, 6), (140, 40)])
@pytest.mark.parametrize(
    "series",
    [
        [],
        [Series("empty", [], [])],
        [Series("one", [100], [0.3])],
        [Series("holes", [0, 50, None, math.nan, 200], [0, None, 0.2, math.inf, 0.4])],
        [Series("uneven", [0, 50, 100], [0.1])],
        [Series("mean", X, LPIPS, [y - 0.1 for y in LPIPS], [math.nan] * 9), Series("", X, LPIPS, colour=11)],
        [Series(f"a very long name of a trajectory, number {n}", X, LPIPS, colour=n) for n in range(6)],
        [Series("絵画の名前", X, LPIPS, points_only=True)],
    ],
)
def test_anything_is_drawn_at_any_size_in_rows_of_just_its_width(series: Any, size: Any) -> None:
    width, height = size
    rows = drawn(series, width, height).rows
    assert len(rows) == height
    assert {sum(cell_len(character) for character, _ in row) for row in rows} == {width}


def test_labels_then_axes_go_as_the_height_shrinks() -> None:
    series = [Series("128 px", X, LPIPS)]
    assert "128 px" in text(drawn(series, height=6))
    assert "128 px" not in text(drawn(series, height=5))
    assert "400" in text(drawn(series, height=4))
    assert "400" not in text(drawn(series, height=3))
    assert "─" in text(drawn(series, height=3))
    assert "─" not in text(drawn(series, height=2))


def test_points_of_all_series_are_seen_where_they_share_their_x() -> None:
    series = [Series(f"{n}", X * 20, [0.3] * 180, colour=n, points_only=True) for n in range(3)]
    assert colours_in(drawn(series)) == {0, 1, 2}


def test_many_points_at_one_x_are_spread_beside_it_and_the_same_every_time() -> None:
    chart = drawn([Series("all", [200.0] * 300, [n / 300 for n in range(300)], points_only=True)], x_end=400)
    columns = {x for row in chart.rows[1:11] for x, (_, ink) in enumerate(row) if ink == 0}
    assert len(columns) > 3
    assert abs(min(columns) + max(columns) - 2 * chart.column(200)) <= 2
    again = drawn([Series("all", [200.0] * 300, [n / 300 for n in range(300)], points_only=True)], x_end=400)
    assert again == chart


def test_error_bars_go_through_their_own_shapes() -> None:
    series = [Series(f"{n}", [0, 200, 400], [0.2, 0.3, 0.4], [0.1] * 3, [0.6] * 3, colour=n) for n in range(2)]
    chart = drawn(series)
    for colour, shape in ((0, "●"), (1, "▲")):
        inked = {(x, y) for y, row in enumerate(chart.rows) for x, (_, ink) in enumerate(row) if ink == colour and y}
        shapes = [(x, y) for x, y in inked if chart.rows[y][x][0] == shape]
        assert len(shapes) == 3
        assert all(sum(x == column for x, _ in inked) >= 4 for column, _ in shapes)


def test_error_bars_are_vertical_and_do_not_reach_below_an_axis_of_distances() -> None:
    bars = drawn([Series("m", [100], [0.1], [-0.2], [0.4])], x_end=400)
    column = bars.column(100)
    marked = [y for y, row in enumerate(bars.rows[: bars.area.bottom]) if row[column][1] == 0]
    assert len(marked) == max(marked) - min(marked) + 1 >= 8
    assert "-" not in text(bars)


def test_error_bars_of_what_may_be_negative_reach_below_0() -> None:
    assert "-0.2" in text(drawn([Series("m", [100], [0.1], [-0.2], [0.4], signed=True)], x_end=400))


def test_curves_that_lie_on_each_other_take_turns_in_colour_and_shape() -> None:
    drawing = drawn([Series(f"{64 << colour} px", X, LPIPS, colour=colour) for colour in range(3)])
    cells = [cell for row in drawing.rows[1:] for cell in row]
    assert {ink for character, ink in cells if character in "●▲■"} == {0, 1, 2}
    lines = [ink for character, ink in cells if "\u2800" < character <= "\u28ff"]
    assert min(lines.count(colour) for colour in range(3)) > len(lines) / 5


def test_a_long_legend_takes_a_corner_where_it_hides_little() -> None:
    series = [Series(f"picture-{n}/mona-lisa/m64", X, [y * (n + 1) / 6 for y in LPIPS], colour=n) for n in range(5)]
    rows = text(drawn(series, 90, 16)).splitlines()
    assert [n for n, row in enumerate(rows) if "mona-lisa" in row] == [1, 2, 3, 4, 5]


def test_names_too_wide_for_a_corner_are_shortened_to_half_the_width_and_keep_their_ends() -> None:
    names = [f"64 px navier-stokes own squares radius {n}  R +0.2 % [0.0, 0.{n}]" for n in range(3)]
    series = [Series(name, X, [y * (n + 1) / 6 for y in LPIPS], colour=n) for n, name in enumerate(names)]
    rows = text(drawn(series, 90, 16)).splitlines()
    for n in range(3):
        [row] = [row for row in rows if f"% [0.0, 0.{n}]" in row]
        assert "64 px navier" in row


def test_names_without_room_beside_the_title_have_their_words_cut_and_differ() -> None:
    names = [f"{mask} px {inpainter}" for mask in (64, 128) for inpainter in ("navier-stokes", "telea")]
    level = [[0.1, 0.8, 0.1, 0.8, 0.1, 0.8, 0.1, 0.8, 0.1], [0.8, 0.1, 0.8, 0.1, 0.8, 0.1, 0.8, 0.1, 0.8]]
    series = [Series(name, X, level[n % 2], colour=n) for n, name in enumerate(names)]
    head = text(drawn(series, 60, 8)).splitlines()[0]
    assert [" ".join(part.split()[1:]) for part in head.split("   ")[-4:]] == ["64 nav", "64 tel", "128 nav", "128 tel"]


def test_the_x_of_a_column_is_the_column_of_that_x() -> None:
    picture = drawn([Series("m", X, LPIPS)], x_end=400)
    for column in range(picture.area.x, 60):
        assert picture.column(picture.x_at(column)) == column


def test_a_name_is_shortened_in_its_middle() -> None:
    assert shorten("mona-lisa/m64-s3", 9) == "mona…4-s3"
    assert cell_len(shorten("絵画の名前です", 7)) <= 7


class OneChart(App[None]):
    CSS = "Chart { width: 80; height: 14; }"

    def compose(self) -> ComposeResult:
        yield Chart()

    def on_mount(self) -> None:
        for theme in themes.RIPTUI_THEMES:
            self.register_theme(theme)

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        self.chosen = message.x


def show(chart: Chart, marker: float | None = None) -> None:
    chart.draw([Series("128 px", list(X), list(LPIPS))], x_label="inpainted %", y_label="LPIPS", marker=marker)


def shown(chart: Chart) -> list[str]:
    return [chart.render_line(y).text for y in range(chart.size.height)]


async def test_the_marker_is_a_line_with_a_head_on_the_axis() -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        show(chart)
        before = shown(chart)
        show(chart, marker=200)
        changed = {(x, y) for y, row in enumerate(shown(chart)) for x, c in enumerate(row) if c != before[y][x]}
        assert len({x for x, _ in changed}) == 1
        assert len(changed) >= 4
        assert "▲" in "".join(shown(chart))


async def test_what_was_drawn_while_it_was_hidden_is_on_the_screen_afterwards() -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart, around = Chart(), Vertical()
        await pilot.app.mount(around)
        await around.mount(chart)
        show(chart, marker=200)
        await pilot.pause()
        for values, marker in ((LPIPS[::-1], 200), (LPIPS[::-1], 50)):
            around.display = False
            await pilot.pause()
            assert not chart.size
            series = [Series("64 px", list(X), list(values))]
            chart.draw(series, x_label="inpainted %", y_label="LPIPS", marker=marker)
            await pilot.pause()
            around.display = True
            await pilot.pause()
            assert [strip.text for strip in chart.render_lines(chart.size.region)] == shown(chart)


async def test_a_moved_marker_repaints_rows_and_equal_data_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        show(chart, marker=200)
        await pilot.pause()
        asked = []
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: asked.append(regions))
        show(chart, marker=200)
        assert asked == []
        show(chart, marker=250)
        assert len(asked) == 1
        assert asked[0]
        assert all(region.height == 1 and region.width < 20 for region in asked[0])


async def test_new_values_beside_a_marker_repaint_what_looks_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(chart: Chart, values: Sequence[float]) -> None:
        chart.draw([Series("128 px", list(X), list(values))], x_label="inpainted %", y_label="LPIPS", marker=200)

    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        draw(chart, LPIPS)
        await pilot.pause()
        before, asked = shown(chart), list[Region]()
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: asked.extend(regions))
        draw(chart, [*LPIPS[:-2], LPIPS[-3], LPIPS[-1]])
        repainted = {place for region in asked for place in product(region.column_range, region.line_range)}
        changed = {(x, y) for y, row in enumerate(shown(chart)) for x, c in enumerate(row) if c != before[y][x]}
        assert changed
        assert changed <= repainted
        assert len(repainted) < chart.size.area / 4
        asked.clear()
        chart.draw([], x_label="inpainted %", y_label="LPIPS")
        assert asked


async def test_a_click_tells_the_x() -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        show(chart)
        await pilot.click(chart, offset=(79, 5))
        assert pilot.app.chosen == 400


@pytest.mark.parametrize("theme", ["riptui-dark", "riptui-light", "textual-light", "nord"])
async def test_series_have_the_themes_colours(theme: Any) -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        pilot.app.theme = theme
        await pilot.pause()
        chart = pilot.app.query_one(Chart)
        show(chart)
        expected = series_colours(pilot.app.current_theme)[0]
        colors = {s.style.color.name for y in range(14) for s in chart.render_line(y) if s.style and s.style.color}
        assert expected in colors


async def test_a_resize_draws_anew() -> None:
    async with OneChart().run_test(size=(100, 30)) as pilot:
        chart = pilot.app.query_one(Chart)
        show(chart)
        chart.styles.width = 40
        await pilot.pause()
        assert {len(row) for row in shown(chart)} == {40}
