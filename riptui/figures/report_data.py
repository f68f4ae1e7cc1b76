"""Load the data of a report: all trajectories, and the complete ones by condition."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import nan
from statistics import median

import numpy as np

from riptui.errors import InputError, RiptuiError
from riptui.figures.data import CompleteRun, Condition
from riptui.metrics import PREVIOUS, in_registry_order
from riptui.metrics.display import PAPER_METRICS
from riptui.results.coverage_null import excess_over_coverage, patch_names
from riptui.results.curves import drop_copies, ends_infinite, extract_curve, group_by
from riptui.results.exposure import PATCH_ERRORS
from riptui.results.panel import condition_settings
from riptui.results.read_squares import ReadSquares, read_squares
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.trajectory import Trajectory

PANEL_NETS = ("lpips-alex", "lpips-squeeze", "lpips-vgg")
"""The nets of figures 7 and 8, from left to right as in the paper."""

OnReportProgress = Callable[[str, int, int], None]
"""Called as `on_progress(stage, done, total)`."""


@dataclass(frozen=True, eq=False)
class ReportData:
    summaries: Sequence[TrajectorySummary]
    """All readable trajectories, complete or not, without copies."""
    unreadable: Sequence[str]
    """One message per unreadable trajectory."""
    copies: int
    """Trajectories left out because another has the same spec."""
    conditions: Sequence[Condition]
    squares: ReadSquares
    """Of the complete trajectories."""

    @property
    def runs(self) -> list[CompleteRun]:
        """Of all conditions."""
        return [run for condition in self.conditions for run in condition.runs]

    @property
    def unfinished(self) -> int:
        return len(self.summaries) - len(self.runs)

    @property
    def metrics(self) -> list[str]:
        """Those that the figures of any condition have."""
        return list(dict.fromkeys(metric for condition in self.conditions for metric in condition.metrics))

    @property
    def metric(self) -> str | None:
        """The metric of the report: the first of the paper's that any condition has."""
        metrics = {condition.metric for condition in self.conditions} - {None}
        return next((name for name in PAPER_METRICS if name in metrics), min(filter(None, metrics), default=None))


def load_report_data(trajectories: Iterable[Trajectory], on_progress: OnReportProgress) -> ReportData:
    """Read the measurements. Raises InputError if there are no trajectories or none is readable; DiskError."""
    listed = sorted(trajectories, key=lambda trajectory: str(trajectory.path))
    readable, unreadable, loaded = [], [], {}
    for done, trajectory in enumerate(listed, 1):
        summary = summarize(trajectory)
        try:
            run = _complete_run(summary)
        except RiptuiError as error:
            summary, run = TrajectorySummary(trajectory, None, error=str(error)), None
        if summary.spec is None or (summary.error and run is None):
            unreadable.append(f"{trajectory.path}: {summary.error}")
        else:
            readable.append(summary)
        if run:
            loaded[trajectory.path] = run
        on_progress("reading", done, len(listed))
    if not readable:
        raise InputError("none of these trajectories can be read: see riptui check" if listed else "no trajectories")
    distinct = drop_copies(readable)
    runs = [run for summary in distinct if (run := loaded.get(summary.trajectory.path))]
    squares = _read_squares(distinct, runs, on_progress)
    conditions = _conditions([_with_excesses(run, squares) for run in runs])
    return ReportData(distinct, unreadable, len(readable) - len(distinct), conditions, squares)


def _read_squares(
    summaries: Sequence[TrajectorySummary], runs: Iterable[CompleteRun], on_progress: OnReportProgress
) -> ReadSquares:
    metrics = {metric for run in runs for metric in run.curves}
    names = dict.fromkeys([*PATCH_ERRORS, *(name for metric in sorted(metrics) for name in patch_names(metric))])
    return read_squares(summaries, [*names], lambda done, total: on_progress("reading squares", done, total))


def _with_excesses(run: CompleteRun, squares: ReadSquares) -> CompleteRun:
    excesses = {}
    for metric, curve in run.curves.items():
        with suppress(RiptuiError):  # no distance, or rows that cannot be read
            excess = excess_over_coverage(curve, squares.by_digest.get(run.spec.digest))
            if np.isfinite(excess.curve.values).all():
                excesses[metric] = excess
    return replace(run, excesses=excesses)


def _complete_run(summary: TrajectorySummary) -> CompleteRun | None:
    """The run of a complete, readable trajectory; None for others."""
    if summary.spec is None or summary.k < summary.spec.iterations:
        return None
    names = {name for values in summary.metrics.values() for name in values if not name.endswith(PREVIOUS)}
    found = {name: extract_curve(summary, name) for name in in_registry_order(names)}
    rows = summary.trajectory.read_rows()
    covered = {0: 0.0} | {row.k: row.coverage for row in rows}
    return CompleteRun(
        summary.trajectory,
        summary.spec,
        {name: curve for name, curve in found.items() if curve and curve.complete},
        [name for name in found if ends_infinite(summary, name)],
        {k: covered[k] for k in summary.metrics if k in covered},
        median(row.seconds for row in rows) if rows else nan,
        summary.trajectory.read_sessions(),
        bool(summary.mixed),
        {},
    )


def _conditions(runs: Sequence[CompleteRun]) -> list[Condition]:
    by = condition_settings(runs)
    groups = group_by(runs, by)
    slugs = _slugs([str(key[0]) for key in groups])
    sizes = sorted({run.spec.mask for run in runs})
    return [
        Condition(dict(zip(by, key, strict=True)), slug, _panel_metrics(members), members, sizes)
        for (key, members), slug in zip(groups.items(), slugs, strict=True)
    ]


def _slugs(inpainters: Sequence[str]) -> list[str]:
    """The inpainters' names, numbered if one occurs several times; empty for a single condition."""
    if len(inpainters) == 1:
        return [""]
    return [
        name if inpainters.count(name) == 1 else f"{name}-{inpainters[: index + 1].count(name)}"
        for index, name in enumerate(inpainters)
    ]


def _panel_metrics(runs: Iterable[CompleteRun]) -> list[str]:
    metrics = {name for run in runs for name in run.curves}
    return (
        [name for name in PANEL_NETS if name in metrics]
        or [name for name in PAPER_METRICS if name in metrics]
        or in_registry_order(metrics)[:3]
    )
