"""Parts of a Markdown text: tables, lists, intervals, and names from disk, escaped."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite, isnan

from riptui.figures.figure import WrittenFigure
from riptui.metrics.display import format_result
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import settings_title
from riptui.spec import ParameterValue
from riptui.text.terminal import printable

MAX_LISTED = 20  # damaged or unreadable trajectories, one per line
MAX_SHOWN = 4  # conditions whose figures are shown, and not only named

_SPECIAL = frozenset("\\`*_[]<>|$~&#")


def escape_markdown(text: str) -> str:
    """Escape text from disk so that Markdown shows it literally, in one line."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in printable(text))


def condition_title(settings: Mapping[str, ParameterValue]) -> str:
    """The settings of a group, without the mask size, which has a column of its own."""
    return escape_markdown(settings_title({name: value for name, value in settings.items() if name != "mask"}))


def first_complaints(complaints: Sequence[str], where: str = "riptui check") -> Iterator[str]:
    """The first MAX_LISTED, escaped, and how many more there are. `where`: what lists them all."""
    yield from map(escape_markdown, complaints[:MAX_LISTED])
    if len(complaints) > MAX_LISTED:
        yield f"and {len(complaints) - MAX_LISTED:,} more ({where})"


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; its cells must be escaped already."""
    lines = [columns, ["--"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown_list(items: Iterable[str]) -> str:
    return "".join(f"- {item}\n" for item in items)


def figure_links(figure: WrittenFigure) -> str:
    """Links to the files of a figure but the first, which is shown: "[SVG](figure-01.svg), ..."."""
    return ", ".join(f"[{name.rpartition('.')[2].upper()}]({name})" for name in figure.files[1:])


def show_figure(title: str, figure: WrittenFigure) -> str:
    """A figure with its caption and links."""
    return f"![{title}]({figure.files[0]})\n\n{escape_markdown(figure.caption)} {figure_links(figure)}\n"


def show_figures(title: str, figures: Sequence[WrittenFigure]) -> Iterator[str]:
    """Figures of one kind, one per condition: those of the first conditions of each inpainter, and the names of all.

    A caption that all of them share is told once, below the last.
    """
    if len(figures) <= 1:
        for figure in figures:
            yield show_figure(", ".join(filter(None, (title, escape_markdown(figure.condition)))), figure)
        return
    shown = _choose_shown(figures)
    common = figures[0].caption if len({figure.caption for figure in figures}) == 1 else ""
    for figure in shown:
        condition = escape_markdown(figure.condition)
        caption = "" if common else f": {escape_markdown(figure.caption).rstrip('.')}"
        yield f"![{title}, {condition}]({figure.files[0]})\n\n*{condition}*{caption}. {figure_links(figure)}\n"
    if common:
        yield f"{escape_markdown(common)}\n"
    if rest := [figure for figure in figures if figure not in shown]:
        links = "; ".join(f"[{escape_markdown(figure.condition)}]({figure.files[0]})" for figure in rest)
        yield f"The same of other conditions, beside this file (also as SVG, PDF and CSV): {links}.\n"


def _choose_shown(figures: Sequence[WrittenFigure]) -> Sequence[WrittenFigure]:
    """All figures of few conditions; else the first of each inpainter, of the first MAX_SHOWN inpainters."""
    if len({figure.condition for figure in figures}) <= MAX_SHOWN:
        return figures
    first: dict[str, str] = {}
    for figure in figures:
        first.setdefault(figure.condition.partition(",")[0], figure.condition)
    conditions = [*first.values()][:MAX_SHOWN]
    return [figure for figure in figures if figure.condition in conditions]


def format_estimate(
    estimate: IntervalEstimate, form: Callable[[float], str] = format_result, unit: str = "", value: str = ""
) -> str:
    """The value, with its interval in brackets if it has one: "0.5 [0.4, 0.6]"; "-" if it is not known.

    `unit`: follows the value. `value`: in other words than those of `form`.
    """
    if not isfinite(estimate.value):
        return "-"
    interval = "" if isnan(estimate.low) else f" [{form(estimate.low)}, {form(estimate.high)}]"
    return f"{value or form(estimate.value)}{unit}{interval}"
