"""The style of all figures, and writing them to files: the same data gives the same bytes.

Colours are Okabe & Ito's, which most colour-blind people can distinguish, ordered from light to dark by mask size so
that they differ in greyscale too; so do the markers. Letters in SVG are outlines, so that no font can be missing;
a PDF contains its font.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from anyascii import anyascii
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from riptui.export.files import write_atomically
from riptui.export.tables import write_csv
from riptui.figures.curve_view import CurveView
from riptui.figures.figure import PlottedFigure, WrittenFigure
from riptui.metrics import REGISTRY, base_name
from riptui.metrics.display import distance_name
from riptui.results.bootstrap import IntervalEstimate
from riptui.text.terminal import printable

PAGE_WIDTH = 7.0  # inches: both columns of a page
DPI = 200
PNG_COMPRESSION = 3  # of 9: a few % larger than the default's 6, in half the time
INK, FAINT = "#202020", "#6a6a6a"
AXIS_MARGIN = 18.0  # % inpainted beyond the last amount that the x axis shows
MAX_MARKED_POINTS = 12  # points of a line; the paper's lines have nine
MAX_LEGEND_COLUMNS = 5
DIGIT_EM = 0.64  # the width of a digit
LEGEND_MARGIN_EM = 5.2  # the line beside a label, and what separates columns
MAX_VECTOR_POINTS = 5000  # points above which a scatter is a bitmap within its SVG

_FONT = "DejaVu Sans"  # included in matplotlib
_COLOURS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#000000", "#009E73", "#CC79A7")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_LIGHT_TO_DARK = {1: (3,), 2: (0, 3), 3: (0, 3, 4), 4: (0, 2, 3, 4)}
"""Number of mask sizes to the indices of their colours."""

_STYLE: Any = {
    "font.family": [_FONT],
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "text.parse_math": False,  # a name may contain two dollar signs
    "svg.fonttype": "path",
    "svg.hashsalt": "riptui",
    "pdf.fonttype": 42,  # TrueType: many journals refuse the default, Type 3
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}

Point = tuple[float, float]
MarkStyle = dict[str, Any]
"""Colour and marker, as matplotlib names them."""


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style while figures are drawn and written; ignores the user's matplotlibrc."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def empty_figure(width: float, height: float) -> Figure:
    """An empty figure, sized in inches and unknown to pyplot, with automatic layout."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def figure_width(panels: int) -> float:
    """Inches for panels side by side: a page's width, less for one panel, more where panels would be too narrow."""
    return 0.6 * PAGE_WIDTH if panels == 1 else max(PAGE_WIDTH, 2.0 * panels)


def safe_label(text: str, max_digits: int = 36) -> str:
    """A name in letters that the font has, cut to the width of `max_digits` digits.

    Other letters are transliterated, 猫 to Mao; what has no transliteration becomes `?` or an escape.
    """
    letters = _known_letters()
    safe = "".join(c if ord(c) in letters else anyascii(c).strip() or "?" for c in printable(text))
    widths = list(accumulate(map(_letter_width, safe), initial=0.0))
    if widths[-1] <= max_digits:
        return safe
    max_width = max_digits - _letter_width("…")
    return f"{safe[: sum(width <= max_width for width in widths) - 1]}…"


@cache
def _letter_width(letter: str) -> float:
    """A letter's width as a multiple of a digit's; all digits are equally wide."""
    font = _font()
    digit, width = (font.load_char(ord(c)).linearHoriAdvance for c in ("0", letter))
    return width / digit


@cache
def _known_letters() -> frozenset[int]:
    return frozenset(_font().get_charmap())


@cache
def _font() -> FT2Font:
    font = FT2Font(findfont(FontProperties(family=_FONT)))
    font.set_size(100, 72)  # without a size every letter has width 0
    return font


def mark_styles(masks: Sequence[int]) -> dict[int, MarkStyle]:
    """Colour and marker of each mask size; with up to four sizes, larger ones are darker. No two of 49 are alike."""
    order = _LIGHT_TO_DARK.get(len(masks), range(len(_COLOURS)))
    colours = [order[index % len(order)] for index in range(len(masks))]
    return {
        mask: {"color": _COLOURS[colour], "marker": _MARKERS[(index + index // len(_COLOURS)) % len(_MARKERS)]}
        for index, (mask, colour) in enumerate(zip(masks, colours, strict=True))
    }


def is_dense(points: int) -> bool:
    """Whether a line has too many points for a bar at each."""
    return points > MAX_MARKED_POINTS


def marker_options(points: int) -> MarkStyle:
    """Options that mark every point of a line, or every few points of a dense line."""
    return {"markevery": -(-points // MAX_MARKED_POINTS) or 1, "markeredgecolor": "white", "markeredgewidth": 0.4}


def draw_estimates(axes: Axes, x: Sequence[float], estimates: Sequence[IntervalEstimate], mark: MarkStyle) -> None:
    """Draw a line through values, with their intervals as bars where they have one."""
    y = [estimate.value for estimate in estimates]
    ends = [(estimate.low, estimate.high) for estimate in estimates]
    lengths = np.nan_to_num(np.abs(np.array(ends).reshape(-1, 2).T - y), posinf=0.0)
    bars = lengths if lengths.any() else None
    axes.errorbar(x, y, yerr=bars, elinewidth=0.7, capsize=1.8, **marker_options(len(y)), **mark)


def add_legend(
    figure: Figure,
    shown: Mapping[int, MarkStyle],
    extra_handles: Sequence[Line2D | Patch] = (),
    *,
    lines: bool = True,
    titles: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Add a legend of the mask sizes below the figure. `lines`: whether points are joined. `titles`: what the masks of
    a size are, where that is not a square."""
    handles: list[Line2D | Patch] = []
    for mask, mark in shown.items():
        looks = {"linestyle": "-" if lines else "", "markeredgecolor": "white", "markeredgewidth": 0.4, **mark}
        handles.append(Line2D([], [], label=titles.get(mask, f"mask {mask} px"), **looks))
    handles += extra_handles
    place_legend(figure, handles)


def place_legend(figure: Figure, handles: Sequence[Line2D | Patch]) -> None:
    """Put a legend below the figure, in as many columns as fit its width."""
    columns = legend_columns([str(handle.get_label()) for handle in handles], figure.get_figwidth())
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def legend_columns(labels: Sequence[str], width: float) -> int:
    """How many columns of a legend fit into `width` inches; at least one, at most MAX_LEGEND_COLUMNS."""
    widest = max((sum(map(_letter_width, label)) for label in labels), default=0.0)
    inches = (widest * DIGIT_EM + LEGEND_MARGIN_EM) * _STYLE["legend.fontsize"] / 72
    return max(1, min(len(labels), MAX_LEGEND_COLUMNS, int(width / inches)))


def set_percent_axis(axes: Axes, view: CurveView, *, last_amount: float, passes: int = 0) -> None:
    """The x axis: inpainted % up to the last amount, or coverage up to 100 %; or passes, `passes` of them per 100 %."""
    coverage = view is CurveView.COVERAGE
    if passes:
        set_passes_axis(axes, last_amount, passes)
        return
    axes.set_xlabel("coverage (%)" if coverage else "inpainted (%)")
    end = 100.0 if coverage else last_amount
    axes.set_xlim(-0.04 * end, end + (4 if coverage else AXIS_MARGIN))
    if coverage or end == 400:
        axes.set_xticks([0, 25, 50, 75, 100] if coverage else [0, 100, 200, 300, 400])


def set_passes_axis(axes: Axes, last_amount: float, passes: int) -> None:
    """The x axis of values in % inpainted, labelled in passes over the whole image."""
    axes.set_xlabel("passes over the image")
    axes.set_xlim(-0.04 * last_amount, 1.04 * last_amount)
    ticks = MaxNLocator(nbins=8, integer=True).tick_values(0, last_amount / 100 * passes)
    inside = [tick for tick in ticks if 0 <= tick <= last_amount / 100 * passes]
    axes.set_xticks([100 * tick / passes for tick in inside], [f"{tick:g}" for tick in inside])


def set_value_axis(axes: Axes, metric: str, view: CurveView) -> None:
    """The y axis: starts at 0 for distances; an excess has a line there."""
    if view is CurveView.EXCESS:
        axes.axhline(0, color=FAINT, linewidth=0.7, zorder=1)
        return
    info = REGISTRY.get(base_name(metric))
    if info and info.higher_means == "farther":
        axes.set_ylim(bottom=-0.015 * axes.get_ylim()[1])  # so that a marker at 0 is not cut off


def axis_name(metric: str, view: CurveView = CurveView.AMOUNT) -> str:
    """A metric's axis label, with its unit and, for a similarity, the direction away from the original."""
    info = REGISTRY.get(base_name(metric))
    unit = f" ({info.unit})" if info and info.unit else ""
    if view is CurveView.EXCESS:
        name = f"LPIPS, {metric.removeprefix('lpips-')}" if metric.startswith("lpips-") else metric
        turned = distance_name(metric).removesuffix(metric)
        return f"excess of {turned}{safe_label(name)}{unit}"
    direction = "; lower is farther" if info and info.higher_means == "closer" else ""
    name = f"LPIPS, {metric.removeprefix('lpips-')}" if metric.startswith("lpips-") else metric
    return f"{safe_label(name)}{unit}{direction}"


def label_beside(axes: Axes, text: str) -> None:
    """Label a picture at its left side, from bottom to top."""
    _annotate(axes, text, (0, 0.5), (-3, 0), rotation=90, ha="right", va="center", fontsize=7.5)


def label_below(axes: Axes, text: str) -> None:
    """Write a value below a picture."""
    _annotate(axes, text, (0.5, 0), (0, -2), ha="center", va="top", fontsize=7)


def _annotate(axes: Axes, text: str, place: Point, offset: Point, **options: Any) -> None:
    """`place`: as a share of the axes' width and height; `offset`: from there, in points."""
    axes.annotate(text, place, offset, "axes fraction", "offset points", **options)


FIGURE_KINDS: dict[str, dict[str, Any]] = {
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": PNG_COMPRESSION}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
"""The kinds of files, by their suffix, with the options that leave out dates and versions."""


def write_figure(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write the figure as PNG, SVG and PDF; return the files. Raises DiskError."""
    files = [folder / f"{stem}.{kind}" for kind in FIGURE_KINDS]
    write_figure_files(figure, files)
    return files


def write_plotted(plotted: PlottedFigure, condition: str, folder: Path) -> WrittenFigure:
    """Write a figure with its data as CSV. `condition`: its name, if there are several. Raises DiskError."""
    files = [*write_figure(plotted.figure, folder, plotted.stem)]
    files.append(write_csv(plotted.rows, folder / f"{plotted.stem}.csv"))
    names = tuple(file.name for file in files)
    return WrittenFigure(plotted.number, condition, plotted.stem, plotted.caption, names, plotted.view)


def write_figure_files(figure: Figure, files: Sequence[Path]) -> None:
    """Write the figure to files, whose suffixes are of FIGURE_KINDS, laid out once for all. Raises DiskError."""
    if engine := figure.get_layout_engine():
        engine.execute(figure)
        figure.set_layout_engine(None)  # with any engine, each format is drawn twice
    for file in sorted(files, key=lambda file: file.suffix.lower() != ".png"):
        kind = file.suffix.lower().removeprefix(".")
        if kind != "png":
            _keep_pixels(figure)
        write_atomically(file, render_figure(figure, kind, FIGURE_KINDS[kind]))


def _keep_pixels(figure: Figure) -> None:
    """Let a vector file have the pictures as they are, for its viewer to scale; squares of a map stay sharp."""
    for image in (image for axes in figure.axes for image in axes.images):
        if image.get_interpolation() != "nearest":
            image.set_interpolation("none")


def render_figure(figure: Figure, kind: str, options: Mapping[str, Any]) -> bytes:
    """A figure as the bytes of a file. `options`: of matplotlib's savefig."""
    out = BytesIO()
    figure.savefig(out, format=kind, **options)
    return out.getvalue()
