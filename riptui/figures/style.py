"""How all figures look, and how they are written: the same bytes for the same data.

Colours are Okabe & Ito's, which most colour-blind people tell apart, ordered from light to dark with the mask size so
that they differ in grey too; markers say the same again. Letters in SVG are outlines, so that no font is missing later.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D

from riptui.export.target import write_whole
from riptui.metrics import REGISTRY
from riptui.terminal import printable

WIDTH = 7.0  # inches: two columns of a page
DPI = 200
INK, FAINT = "#202020", "#6a6a6a"
ASIDE = 18.0  # % inpainted: as far beyond the last amount may anything be drawn
MOST_MARKED = 12  # points of a line, of which the paper's have nine
MOST_VECTORS = 5000  # points above which a scatter becomes a bitmap within its SVG

_FONT = "DejaVu Sans"  # matplotlib brings it along
_COLOURS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#000000", "#009E73", "#CC79A7")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_LIGHT_TO_DARK = {1: (3,), 2: (0, 3), 3: (0, 3, 4), 4: (0, 2, 3, 4)}
"""Which of the colours so many mask sizes take."""

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
    "text.parse_math": False,  # a name may hold two dollar signs
    "svg.fonttype": "path",
    "svg.hashsalt": "riptui",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}

Look = dict[str, Any]
"""Colour and marker, as matplotlib names them."""


@contextmanager
def styled() -> Iterator[None]:
    """Everything is drawn and written within this; the user's matplotlibrc has no say in it."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def blank(width: float, height: float) -> Figure:
    """An empty figure, in inches, that pyplot knows nothing of; its parts arrange themselves."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def across(panels: int) -> float:
    """Inches for so many panels side by side: a page's width, less for one and more where they would be too narrow."""
    return 0.6 * WIDTH if panels == 1 else max(WIDTH, 2.0 * panels)


def label(text: str, most: int = 36) -> str:
    """A name in letters that the font has, at most as wide as so many digits; the rest becomes `?`, escapes and `…`."""
    known = _letters()
    safe = "".join(c if ord(c) in known else "?" for c in printable(text))
    widths = list(accumulate(map(_width, safe), initial=0.0))
    if widths[-1] <= most:
        return safe
    room = most - _width("…")
    return f"{safe[: sum(width <= room for width in widths) - 1]}…"


@cache
def _width(letter: str) -> float:
    """In digits of the font, which are all equally wide."""
    font = _font()
    digit, own = (font.load_char(ord(c)).linearHoriAdvance for c in ("0", letter))
    return own / digit


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font().get_charmap())


@cache
def _font() -> FT2Font:
    font = FT2Font(findfont(FontProperties(family=_FONT)))
    font.set_size(100, 72)  # without one every letter is 0 wide
    return font


def looks(masks: Sequence[int]) -> dict[int, Look]:
    """Colour and marker of each mask size, the larger the darker for up to four of them."""
    order = _LIGHT_TO_DARK.get(len(masks), range(len(_COLOURS)))
    places = [order[at % len(order)] for at in range(len(masks))]
    return {
        mask: {"color": _COLOURS[place], "marker": _MARKERS[at % len(_MARKERS)]}
        for at, (mask, place) in enumerate(zip(masks, places, strict=True))
    }


def dense(points: int) -> bool:
    """Whether the points of a line are too many for a bar each."""
    return points > MOST_MARKED


def markers(points: int) -> Look:
    """Every point of a line has one, of a dense line every few."""
    return {"markevery": -(-points // MOST_MARKED) or 1, "markeredgecolor": "white", "markeredgewidth": 0.4}


def legend(figure: Figure, shown: Mapping[int, Look], more: Sequence[Line2D] = (), *, lines: bool = True) -> None:
    """One for the whole figure, below it, of mask sizes by their looks; `lines`: whether points are joined."""
    handles = [
        Line2D(
            [],
            [],
            linestyle="-" if lines else "",
            label=f"mask {mask} px",
            markeredgecolor="white",
            markeredgewidth=0.4,
            **look,
        )
        for mask, look in shown.items()
    ]
    handles += more
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 5))


def percent_axis(axes: Axes, *, coverage: bool, last: float) -> None:
    """The x axis: inpainted % up to the last amount, or coverage up to 100 %."""
    axes.set_xlabel("coverage (%)" if coverage else "inpainted (%)")
    end = 100.0 if coverage else last
    axes.set_xlim(-0.04 * end, end + (4 if coverage else ASIDE))
    if coverage or end == 400:
        axes.set_xticks([0, 25, 50, 75, 100] if coverage else [0, 100, 200, 300, 400])


def value_axis(axes: Axes, metric: str) -> None:
    """Distances start at 0."""
    known = REGISTRY.get(metric)
    if known and known.higher == "farther":
        axes.set_ylim(bottom=-0.015 * axes.get_ylim()[1])  # a marker at 0 is whole


def axis_name(metric: str) -> str:
    """A metric as an axis names it, with its unit and, of a likeness, which way is farther from the original."""
    known = REGISTRY.get(metric)
    unit = f" ({known.unit})" if known and known.unit else ""
    way = "; lower is farther" if known and known.higher == "closer" else ""
    name = f"LPIPS, {metric.removeprefix('lpips-')}" if metric.startswith("lpips-") else metric
    return f"{label(name)}{unit}{way}"


def write(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """The figure as PNG and as SVG. Raises DiskError."""
    plain = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    files = []
    for kind, metadata in plain.items():
        file = folder / f"{stem}.{kind}"
        write_whole(file, _rendered(figure, kind, metadata))
        files.append(file)
    return files


def _rendered(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    out = BytesIO()
    figure.savefig(out, format=kind, metadata=metadata)
    return out.getvalue()
