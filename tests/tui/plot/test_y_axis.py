"""The y axis: linear and logarithmic, all of it or a part; zooming."""

from itertools import pairwise
from math import isclose, log10

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riptui.tui.plot.drawing import draw
from riptui.tui.plot.series import Series
from riptui.tui.plot.y_axis import MAX_ZOOM, YView, make_y_axis

ROWS, PARTS = 16, 4


def test_zooming_keeps_a_point_in_its_place_and_goes_back_to_all() -> None:
    view = YView().zoomed(1, 0.25).zoomed(1, 0.25)
    assert (view.zoom, view.low + 0.25 * (view.high - view.low)) == (4, 0.25)
    assert view.zoomed(-1, 0.9).zoomed(-1, 0.1).zoomed(-1) == YView()
    assert YView().zoomed(20).zoom == MAX_ZOOM


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([-1, 1]), st.floats(0, 1)), max_size=12))
def test_what_is_visible_stays_inside(steps: list[tuple[int, float]]) -> None:
    view = YView()
    for direction, around in steps:
        view = view.zoomed(direction, around)
        assert -1e-9 <= view.low < view.high <= 1 + 1e-9


def test_a_part_of_the_axis_has_finer_ticks_and_what_is_beyond_is_not_drawn() -> None:
    series = [Series("a", range(11), [x / 10 for x in range(11)])]
    whole, part = (draw(series, 60, 20, x_label="x", y_label="y", view=view) for view in (YView(), YView(low=0.5)))
    assert part.y_axis.range.low >= 0.45
    assert part.y_axis.ticks[1] - part.y_axis.ticks[0] < whole.y_axis.ticks[1] - whole.y_axis.ticks[0]
    assert sum(cell == "●" for row in part.rows[1:] for cell, _ in row) == 6
    assert not any(ink >= 0 for row in part.rows for _, ink in row[part.area.x : part.area.x + 20])


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.001, 1000.0], [0.001, 0.1, 10.0, 1000.0]),
        ([1.0, 30.0], [1.0, 2.0, 5.0, 10.0, 20.0]),
        ([0.4, 0.6], [0.4, 0.45, 0.5, 0.55, 0.6]),
    ],
)
def test_a_logarithmic_axis_has_round_ticks(values: list[float], ticks: list[float]) -> None:
    axis = make_y_axis(values, YView(log=True), 10, PARTS)
    assert axis.ticks == pytest.approx(ticks)
    positions = [axis.position(tick) for tick in ticks]
    assert all(0 <= position <= 1 for position in positions)
    assert isclose(
        positions[1] - positions[0], (log10(ticks[1]) - log10(ticks[0])) / (axis.range.high - axis.range.low)
    )


def test_a_logarithmic_axis_leaves_out_what_is_not_above_zero() -> None:
    series = [Series("a", [0, 1, 2], [0.0, 0.1, 1.0], [-1.0, -0.1, 0.9], [1.0, 0.3, 1.1])]
    drawing = draw(series, 60, 20, x_label="x", y_label="y", view=YView(log=True))
    assert sum(cell == "●" for row in drawing.rows[1:] for cell, _ in row) == 2
    assert draw([Series("a", [0], [0.0])], 60, 20, x_label="x", y_label="y", view=YView(log=True)).rows


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=6),
    st.booleans(),
    st.floats(0, 0.98),
    st.integers(1, 30),
)
@example(values=[5e-324], log=True, low=0.0, rows=1)
def test_any_values_have_an_axis(values: list[float], log: bool, low: float, rows: int) -> None:
    axis = make_y_axis(values, YView(log=log, low=low), rows, PARTS)
    assert axis.range.low < axis.range.high
    assert len(axis.ticks) == len(axis.labels)
    assert all(before < after for before, after in pairwise(axis.ticks))


def test_a_logarithmic_axis_says_how_many_values_it_leaves_out() -> None:
    def title(*values: float) -> str:
        drawing = draw([Series("", range(3), values)], 70, 12, x_label="x", y_label="LPIPS", view=YView(log=True))
        return "".join(character for character, _ in drawing.rows[0]).strip()

    assert title(0.1, 0.2, 0.3) == "LPIPS · log"
    assert title(0.0, 0.2, 0.3) == "LPIPS · log · without 1 value of 0"
    assert title(0.0, -0.2, 0.3) == "LPIPS · log · without 2 values of 0 or less"
