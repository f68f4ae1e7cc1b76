"""Parts of a Markdown text: tables, lists, intervals, and names from disk, escaped."""

from collections.abc import Iterable, Iterator, Sequence
from math import isnan

from riptui.figures.figure import WrittenFigure
from riptui.metrics.display import format_result
from riptui.results.bootstrap import IntervalEstimate
from riptui.text.terminal import printable

MAX_LISTED = 20  # damaged or unreadable trajectories, one per line

_SPECIAL = frozenset("\\`*_[]<>|$~&#")


def escape_markdown(text: str) -> str:
    """Escape text from disk so that Markdown shows it literally, in one line."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in printable(text))


def first_complaints(complaints: Sequence[str]) -> Iterator[str]:
    yield from map(escape_markdown, complaints[:MAX_LISTED])
    if len(complaints) > MAX_LISTED:
        yield f"and {len(complaints) - MAX_LISTED:,} more (riptui check)"


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
    """A section's figure with its caption and links; its condition follows the title."""
    condition = f", {escape_markdown(figure.condition)}" if figure.condition else ""
    return f"![{title}{condition}]({figure.files[0]})\n\n{escape_markdown(figure.caption)} {figure_links(figure)}\n"


def format_estimate(estimate: IntervalEstimate) -> str:
    interval = "" if isnan(estimate.low) else f" [{format_result(estimate.low)}, {format_result(estimate.high)}]"
    return f"{format_result(estimate.value)}{interval}"
