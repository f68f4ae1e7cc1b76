"""How figures look and are written."""

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.figures import averages, singles, style
from riptui.figures.data import Condition
from tests.support.drawn import drawings, only
from tests.support.made import made_spec, write

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("styled")]


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
@pytest.mark.exhaustive
def test_hostile_names_are_drawn_as_they_are_or_escaped(name: str, tmp_path: Path) -> None:
    condition = of_two_seeds(tmp_path, source_name=name)
    singly, by_seed = (
        drawings(draw)[0].figure for draw in (singles.draw_single_images(condition), singles.draw_seeds(condition))
    )
    require_no_warning(singly, tmp_path)
    require_no_warning(by_seed, tmp_path)
    title = singly.axes[0].get_title()
    assert title.isprintable()
    if name.isascii() and name.isprintable() and len(name) < 20:
        assert title == name


def test_the_hostile_name_of_a_metric_is_drawn_as_it_is_or_escaped(tmp_path: Path) -> None:
    [drawn, *_] = drawings(averages.draw_mean_drift(of_two_seeds(tmp_path), None))
    require_no_warning(drawn.figure, tmp_path)


def of_two_seeds(tmp_path: Path, **fields: Any) -> Condition:
    """Two trajectories, measured by a metric with a name of markup and an escape."""
    for seed in range(2):
        write(tmp_path / f"runs/{seed}", made_spec(mask=256, seed=seed, **fields), {"$m_1$\x1b": lambda x: x / 100})
    return only(tmp_path / "runs")


def require_no_warning(figure: Figure, folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.write_figure(figure, folder, "a")


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


@pytest.mark.parametrize("label", ["64 px telea", "32 px navier-stokes, anchor 8, match border, feather 8"])
@pytest.mark.parametrize("count", [2, 8, 21])
def test_a_legend_lies_within_its_figure(label: str, count: int) -> None:
    figure = style.empty_figure(style.figure_width(1), 5)
    figure.subplots()
    style.place_legend(
        figure, [Line2D([], [], label=style.safe_label(f"{label} {place}", 60)) for place in range(count)]
    )
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert style.legend_columns([], 4.0) == 1


def test_forty_nine_curves_differ_in_colour_or_marker() -> None:
    marks = style.mark_styles(range(49)).values()
    assert len({(mark["color"], mark["marker"]) for mark in marks}) == 49
