"""`riptui chart`: a chart of the app as a figure for print, with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

from riptui import figures
from riptui.cli.console import print_line, warn
from riptui.cli.figure_files import write_with_table
from riptui.cli.filtered import find_filtered
from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError, with_choices
from riptui.features import canonical_name
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.tui.group.chart_options import SETS, ChartAxis, ChartOptions, ChartView
from riptui.tui.group.chart_reader import build_chart, read_further
from riptui.tui.group.group_reader import GroupReader

if TYPE_CHECKING:
    from riptui.figures.chart_figure import ChartPanel
    from riptui.tui.group.mean_curves import GroupData


def chart(
    paths: tuple[Path, ...],
    files: tuple[Path, ...],
    view: ChartView,
    metrics: tuple[str, ...] | None,
    axis: ChartAxis,
    picture: str,
    features: str | None,
    log: bool,
    filter_text: str,
    runs: Path,
    overwrite: bool,
) -> int:
    chart_figure = figures.chart_figure  # if matplotlib is missing, this fails before anything is read
    unlisted = UnlistedFolders()
    trajectories = find_filtered(paths, [runs], filter_text, unlisted)
    if features and view != SETS:
        raise InputError("--features belongs to --view sets")
    options = ChartOptions(view, axis=axis, features=canonical_name(features) if features else "")
    charts = read_charts(trajectories, options, metrics, picture)
    panels = [_make_panel(chart) for chart in charts]
    rows = chart_figure.chart_rows(panels)
    if not rows:
        raise InputError(f"nothing to draw: {_why_empty(charts[0], view)}")
    for file in write_with_table(lambda: chart_figure.draw_chart(panels, log=log), rows, files, overwrite=overwrite):
        print_line(str(file))
    for note in dict.fromkeys(chart.note for chart in charts if chart.note):
        warn(note)
    return unlisted.exit_code


def read_group(trajectories: Sequence[Trajectory]) -> GroupReader:
    """Trajectories as the app reads a group; warns of the unreadable ones."""
    reader = GroupReader()
    for _ in reader.read(str(trajectory.path) for trajectory in trajectories):
        pass
    if reader.unreadable:
        warn(f"left out, unreadable: {reader.unreadable:,}; see riptui check")
    return reader


def read_charts(
    trajectories: Sequence[Trajectory], options: ChartOptions, metrics: Sequence[str] | None, picture: str
) -> list[GroupData]:
    """The charts of the metrics, or of the first that was measured. Raises InputError for names that none has."""
    reader = read_group(trajectories)
    first = build_chart(reader, ChartOptions(options.view), "", exact=True)
    if picture:
        options = _choose_picture(options, first.images, picture)
    charts = []
    for metric in metrics or [first.options.metric]:
        wanted = replace(options, metric=metric)
        for _ in read_further(reader, wanted):
            pass
        built = build_chart(reader, wanted, "", exact=True)
        if options.features and built.options.features != options.features:
            others = f"; there are {', '.join(map(printable, built.features))}" if built.features else ""
            raise InputError(f"no complete trajectory here has the features {options.features}{others}")
        if metrics and built.options.metric != metric:
            raise InputError(with_choices(f"no chart of {metric} here", metric, built.metrics))
        charts.append(built)
    return charts


def _choose_picture(options: ChartOptions, names: Sequence[str], picture: str) -> ChartOptions:
    if picture not in names:
        raise InputError(with_choices(f"no picture {printable(picture)}", picture, names))
    return replace(options, image=names.index(picture))


def _make_panel(data: GroupData) -> ChartPanel:
    metric = data.options.metric
    return figures.chart_figure.ChartPanel(metric, data.x_name, data.x_label, data.y_label, data.series, data.x_end)


def _why_empty(data: GroupData, view: ChartView) -> str:
    if view == "recursion" or data.options.axis == "excess":
        return "none of these trajectories is finished and made with paste"
    if view == "sets":
        return "no finished trajectory has features; add them with riptui measure PATH --metrics inception"
    if any(y is not None and isinf(y) for line in data.series for y in line.y):
        return "all values are infinite, as those of pictures that equal their original are"
    return "nothing is measured; add metrics with riptui measure"
