"""What a group's chart needs to be read, and the chart of what was read. No Textual widgets."""

from collections.abc import Iterator

from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.group_reader import GroupReader
from riptui.tui.group.mean_curves import GroupData, build_group_data
from riptui.tui.group.recursion_curves import build_recursion_data


def read_further(reader: GroupReader, options: ChartOptions) -> Iterator[int]:
    """Read what a chart needs beside the metrics, which are read. Yields how many trajectories are done."""
    if options.needs_squares:
        yield from reader.read_squares("" if options.view == "recursion" else options.metric)
    elif options.axis == "coverage":
        yield from reader.read_coverage()


def build_chart(reader: GroupReader, options: ChartOptions, root: str, *, exact: bool = False) -> GroupData:
    """The chart and the table of what was read. `exact`: as for `build_group_data`."""
    if options.view == "recursion":
        return build_recursion_data(reader.members, options, reader.squares, root)
    squares = reader.squares if options.axis == "excess" else {}
    return build_group_data(reader.members, options, reader.coverage, root, squares=squares, exact=exact)
