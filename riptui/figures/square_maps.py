"""Figure S1, which the paper does not have: where in the picture the distance is, one map of the squares every 50 %."""

from collections.abc import Iterator, Mapping

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.data import CompleteRun, Condition
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.figures.sheet import HEAD_INCHES, SIDE_INCHES, lay_out
from riptui.metrics.display import in_display_order
from riptui.metrics.values import SquareValues
from riptui.spec import Spec
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_inpainted

MAX_RUNS = 3
MAX_MAPS = 8  # of one trajectory: the paper's 50 to 400 %
SCALE_INCHES = 0.7  # below the maps, for the scale of colours
COLOURS = "magma"  # even in lightness, so that it reads in grey

Maps = Mapping[int, SquareValues]
"""By iteration."""


def draw_square_maps(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """A figure for the first metric that was measured by square, and none, silently, if none was."""
    runs = [run for image in condition.images() for run in image.run_per_mask().values()]
    found = {run: run.trajectory.read_squares() for run in runs}
    names = in_display_order(name for squares in found.values() for values in squares.values() for name in values)
    for metric in names[:1]:
        maps_of_runs = {run: choose_maps(run.spec, metric, squares) for run, squares in found.items()}
        shown = dict([(run, maps) for run, maps in maps_of_runs.items() if maps][:MAX_RUNS])
        if shown:
            yield _plot(condition, metric, shown)


def choose_maps(spec: Spec, metric: str, squares: Mapping[int, Mapping[str, SquareValues]]) -> Maps:
    """At most as many maps of a metric as a row has, evenly apart, without frame 0 and with the last."""
    side = spec.size // spec.mask
    whole = {k: values[metric] for k, values in squares.items() if k and _is_grid(values.get(metric, []), side)}
    numbers = sorted(whole, reverse=True)
    step = -(-len(numbers) // MAX_MAPS) or 1
    return {k: whole[k] for k in reversed(numbers[::step])}


def _is_grid(values: SquareValues, side: int) -> bool:
    return [len(row) for row in values] == [side] * side


def _plot(condition: Condition, metric: str, shown: Mapping[CompleteRun, Maps]) -> PlottedFigure:
    rows = [row for run, maps in shown.items() for row in _rows(run, metric, maps)]
    names_shown = ", ".join(f"{printable(run.spec.source_name)} (mask {run.spec.mask} px)" for run in shown)
    caption = (
        f"{metric} of each square to the original, averaged over its pixels, one row per trajectory: {names_shown}; "
        f"one scale for all; n = {format_count(len(shown), 'trajectory')}."
    )
    return PlottedFigure("S1", condition.stem_of("figure-s1"), caption, _draw_figure(shown, metric), rows)


def _draw_figure(shown: Mapping[CompleteRun, Maps], metric: str) -> Figure:
    lengths = [*map(len, shown.values())]
    figure, grid, _ = lay_out(lengths, [HEAD_INCHES] * len(shown), beside=2 * SIDE_INCHES, below=SCALE_INCHES)
    greatest = max(value for maps in shown.values() for squares in maps.values() for row in squares for value in row)
    scale = Normalize(0, greatest or 1)
    for row, (run, maps) in zip(grid, shown.items(), strict=True):
        style.label_beside(row[0], f"{style.safe_label(run.spec.source_name, 12)}\n{run.spec.mask_title}")
        for axes, (k, squares) in zip(row, maps.items(), strict=True):
            axes.set_axis_off()
            axes.imshow(squares, cmap=COLOURS, norm=scale, interpolation="nearest")
            axes.set_title(format_inpainted(run.spec.inpainted(k)), fontsize=7.5, pad=3)
    height = figure.get_figheight()
    legend = figure.add_axes((0.25, (SCALE_INCHES - 0.25) / height, 0.5, 0.1 / height))
    figure.colorbar(ScalarMappable(scale, COLOURS), cax=legend, orientation="horizontal", label=style.axis_name(metric))
    return figure


def _rows(run: CompleteRun, metric: str, maps: Maps) -> Iterator[dict[str, TableCell]]:
    for k, squares in maps.items():
        place = {**run.identity(), "metric": printable(metric), "k": k, "inpainted": run.spec.inpainted(k)}
        for y, values in enumerate(squares):
            yield from ({**place, "row": y, "column": x, "value": value} for x, value in enumerate(values))
