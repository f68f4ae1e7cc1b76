"""What a group's chart needs to be read, and the chart of what was read. No Textual widgets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from riptui.spec import Spec
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.group.group_reader import GroupReader
from riptui.tui.group.mean_curves import GroupData, build_group_data, resolve_metric
from riptui.tui.group.recursion_curves import build_recursion_data
from riptui.tui.group.sets_curves import build_sets_data
from riptui.tui.plot.chart_grid import MAX_CHARTS


def read_further(reader: GroupReader, options: ChartOptions) -> Iterator[int]:
    """Read what a chart needs beside the metrics, which are read. Yields how many trajectories are done."""
    if options.view == SETS:
        yield from reader.read_features(options.features)
    elif options.needs_squares:
        metrics, metric = resolve_metric(reader.members.values(), options)
        needed = () if options.view == "recursion" else metrics[:MAX_CHARTS] if options.all_metrics else [metric]
        yield from reader.read_squares(needed)
    elif options.axis == "coverage":
        yield from reader.read_coverage()


def build_chart(reader: GroupReader, options: ChartOptions, root: str, *, exact: bool = False) -> GroupData:
    """The chart and the table of what was read. `exact`: as for `build_group_data`."""
    if options.view == "recursion":
        return build_recursion_data(reader.members, options, reader.squares, root)
    passes = count_passes(member.spec for member in reader.members.values())
    if options.view == SETS:
        sets = build_sets_data(reader.members, options, reader.features, reader.feature_names, root)
        return in_passes(sets, passes) if passes else sets
    if passes:
        options = replace(options, axis="inpainted")
        return in_passes(build_group_data(reader.members, options, {}, root, exact=exact), passes)
    squares = reader.squares if options.axis == "excess" else {}
    return build_group_data(reader.members, options, reader.coverage, root, squares=squares, exact=exact)


def count_passes(specs: Iterable[Spec]) -> int:
    """Passes over the whole image per 100 %, the same for all trajectories; 0 if squares were repainted."""
    found = {spec.passes(1) if spec.whole_image else 0 for spec in specs}
    return found.pop() if len(found) == 1 else 0


def in_passes(data: GroupData, passes: int) -> GroupData:
    """A chart over the inpainted % as one over passes, of which there are so many per 100 %."""
    series = tuple(replace(line, x=tuple(x and x * passes / 100 for x in line.x)) for line in data.series)
    return replace(data, series=series, x_end=data.x_end * passes / 100, of_passes=True)


def build_charts(reader: GroupReader, options: ChartOptions, root: str) -> list[GroupData]:
    """The chart of the metric, and those of the others in their order if all are asked for."""
    first = build_chart(reader, options, root)
    others = [name for name in first.metrics if name != first.options.metric] if options.all_metrics else []
    return [first, *(build_chart(reader, replace(options, metric=name), root) for name in others[: MAX_CHARTS - 1])]
