"""The report's section on how drift grows with the strength of image to image: figure S4 and its table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import ceil, isfinite
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure, WrittenFigure
from riptui.figures.markdown import escape_markdown, format_estimate, markdown_table, show_figure
from riptui.figures.section import ReportSection
from riptui.metrics.display import distance_name, format_result
from riptui.metrics.values import finite_or_none
from riptui.results.strength_law import StrengthLaw, find_strength_laws
from riptui.text.terminal import printable
from riptui.text.units import format_count

STEM = "figure-s4"
MAX_PANELS = 6

_INTRODUCTION = """\
Drift after a number of passes of image to image, against the strength that was used (strength x steps is a whole number
of steps), and the exponent of a power law: least squares of the logarithm of the mean drift over images, with its 95 %
interval over images. NoOp-Bench ("The Drift Kernel", CVPR 2026) reports about two after one pass; it has no recursion.
A picture drifts without any noise too, by the model's autoencoder alone: where that was run on the same images
(`autoencoder`), *beyond it* is the exponent of what is left without it.
"""


def write_strengths(conditions: Sequence[Condition], folder: Path) -> ReportSection:
    """Fit the laws of all conditions together, and write the figure; nothing without enough strengths.

    Raises DiskError.
    """
    curves = [curve for condition in conditions for run in condition.runs for curve in run.curves.values()]
    laws = find_strength_laws(curves)
    if not laws:
        return ReportSection("strengths", [])
    images = max(law.exponent.images for law in laws)
    caption = (
        "Mean drift against the strength, both logarithmic, one panel per distance; dotted: slope two; n = "
        f"{format_count(images, 'image')}."
    )
    with style.styled():
        plotted = PlottedFigure("S4", STEM, caption, _draw(laws), [row for law in laws for row in _rows(law)])
        figure = style.write_plotted(plotted, "", folder)
    return ReportSection("strengths", [asdict(law) for law in laws], _render(laws, figure), [figure])


def _render(laws: Sequence[StrengthLaw], figure: WrittenFigure) -> Iterator[str]:
    yield f"## Drift against strength\n\n{_INTRODUCTION}"
    yield show_figure("Figure S4", figure)
    columns = ["settings", "distance", "passes", "images", "strengths", "drift", "no noise", "exponent", "beyond it"]
    yield markdown_table(columns, [_cells(law) for law in laws])


def _cells(law: StrengthLaw) -> list[str]:
    return [
        escape_markdown(_title(law)),
        escape_markdown(distance_name(law.metric)),
        f"{law.passes}",
        f"{law.exponent.images:,}",
        ", ".join(f"{strength:g}" for strength in law.strengths),
        ", ".join(format_result(drift) for drift in law.drifts),
        format_result(law.without_noise),
        format_estimate(law.exponent),
        format_estimate(law.exponent_beyond),
    ]


def _title(law: StrengthLaw) -> str:
    texts = [
        f'{name} "{value}"' if isinstance(value, str) else f"{name} {value}" for name, value in law.settings.items()
    ]
    return printable(", ".join(texts)) or "all"


def _draw(laws: Sequence[StrengthLaw]) -> Figure:
    names = list(dict.fromkeys(law.metric for law in laws))[:MAX_PANELS]
    columns = min(len(names), 3)
    rows = ceil(len(names) / columns)
    keys = list(dict.fromkeys((_title(law), law.passes) for law in laws))
    figure = style.empty_figure(style.figure_width(columns), 2.7 * rows + 0.18 * len(keys))
    looks = style.mark_styles(range(7))
    marks = {key: {**looks[i % 7], "linestyle": "-" if i < 7 else "--"} for i, key in enumerate(keys)}
    handles = {}
    for index, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, index + 1)
        of_metric = [law for law in laws if law.metric == name]
        for law in of_metric:
            label = f"{style.safe_label(_title(law), 60)}, {format_count(law.passes, 'pass')}"
            [handles[label]] = axes.plot(law.strengths, law.drifts, label=label, **marks[_title(law), law.passes])
        guide = np.array(of_metric[0].strengths)
        axes.plot(guide, of_metric[0].drifts[-1] * (guide / guide[-1]) ** 2, color=style.FAINT, linestyle=":")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(guide, [f"{strength:g}" for strength in guide])
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("strength")
        axes.set_title(style.safe_label(distance_name(name)))
    style.place_legend(figure, [*handles.values()])
    return figure


def _rows(law: StrengthLaw) -> Iterator[dict[str, TableCell]]:
    exponent: dict[str, TableCell] = {
        **law.exponent.cells("exponent"),
        "exponent_beyond": finite_or_none(law.exponent_beyond.value),
    }
    base: dict[str, TableCell] = {"settings": _title(law), "distance": law.metric, "passes": law.passes}
    no_noise = [(0.0, law.without_noise)] if isfinite(law.without_noise) else []
    for strength, drift in [*no_noise, *zip(law.strengths, law.drifts, strict=True)]:
        yield base | {"strength": strength, "drift": drift, "images": law.exponent.images} | exponent
