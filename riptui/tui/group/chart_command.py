"""The figures of what is on the screen: `riptui chart` and `riptui sheet` with the arguments that draw the same."""

from collections.abc import Sequence
from pathlib import Path

from riptui.tui.figure_dialog import Figure
from riptui.tui.group.chart_options import SETS, ChartOptions

LUMA = "luma"  # the recursion's own error, which no metric measures and which is drawn if none is named


def chart_figure(
    title: str,
    stem: str,
    paths: Sequence[Path],
    options: ChartOptions,
    *,
    metrics: Sequence[str] = (),
    picture: str = "",
    log: bool = False,
    further: Sequence[str] = (),
) -> Figure:
    """metrics: those drawn; else that of the options. picture: whose runs are drawn. log: a logarithmic y axis.

    further: options that leave some of the trajectories.
    """
    arguments = ["chart", *map(str, paths)]
    arguments += [] if options.view == "mean" else ["--view", options.view]
    named = [metric for metric in metrics or [options.metric] if metric != LUMA]
    arguments += ["--metrics", ",".join(named)] if named else []
    arguments += [] if options.axis == "inpainted" or options.view in ("recursion", SETS) else ["--axis", options.axis]
    arguments += ["--features", options.features] if options.view == SETS and options.features else []
    arguments += ["--picture", picture] if options.view == "runs" and picture else []
    arguments += ["--log"] if log else []
    return Figure(title, stem, [*arguments, *further])


def sheet_figure(
    stem: str,
    paths: Sequence[Path],
    *,
    metric: str = "",
    columns: str = "",
    by_seed: bool = False,
    inpainted: float | None = None,
    further: Sequence[str] = (),
) -> Figure:
    """columns, by_seed, inpainted: as in the gallery; else its first ones. further: as for a chart."""
    arguments = ["sheet", *map(str, paths)]
    arguments += ["--columns", columns] if columns else []
    arguments += ["--by-seed"] if by_seed else []
    arguments += ["--at", f"{inpainted:g}"] if inpainted is not None else []
    arguments += ["--metric", metric] if metric else []
    return Figure(f"Sheet of {stem}", f"{stem}-sheet", [*arguments, *further])
