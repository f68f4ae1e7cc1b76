"""The data of a report: complete trajectories by condition, image and mask size, with their values and coverage."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, median
from typing import NamedTuple

from riptui.errors import InputError, RiptuiError
from riptui.export.tables import TableCell
from riptui.metrics import PREVIOUS, REGISTRY, base_name, in_registry_order
from riptui.metrics.display import PAPER_METRICS
from riptui.metrics.values import finite_or_none
from riptui.results.curves import Curve, drop_copies, extract_curve, group_by
from riptui.results.panel import condition_settings
from riptui.spec import ParameterValue, Spec
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.records import Session
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

PANEL_NETS = ("lpips-alex", "lpips-squeeze", "lpips-vgg")
"""The nets of figures 7 and 8, from left to right as in the paper."""

OnReportProgress = Callable[[str, int, int], None]
"""Called as `on_progress(stage, done, total)`."""


class FigurePoint(NamedTuple):
    """A measured frame."""

    inpainted: float
    """%; repeats count."""
    coverage: float
    """%; nan if the rows do not have it."""
    value: float


@dataclass(frozen=True, eq=False)
class CompleteRun:
    """A trajectory with all its iterations."""

    trajectory: Trajectory
    spec: Spec
    curves: Mapping[str, Curve]
    """By metric; only metrics that were measured to the end."""
    coverage: Mapping[int, float]
    """Iteration to %, for the measured frames."""
    seconds: float
    """Median wall time per inpainting."""
    sessions: Sequence[Session]
    mixed: bool
    """Whether different software versions or machines computed its rows."""

    @property
    def image(self) -> str:
        return self.spec.original_sha256

    def points(self, metric: str) -> list[FigurePoint]:
        """The measured frames, ascending; none if the metric was not measured to the end."""
        curve = self.curves.get(metric)
        if curve is None:
            return []
        columns = zip(curve.k.tolist(), curve.inpainted.tolist(), curve.values.tolist(), strict=True)
        return [FigurePoint(inpainted, self.coverage.get(k, nan), value) for k, inpainted, value in columns]

    def table_rows(self, metric: str) -> list[dict[str, TableCell]]:
        """The points as table rows, each with the columns that identify the trajectory."""
        identity = self.identity() | {"metric": printable(metric)}
        return [
            {**identity, "inpainted": point.inpainted, "coverage": finite_or_none(point.coverage), "value": point.value}
            for point in self.points(metric)
        ]

    def identity(self) -> dict[str, TableCell]:
        return {
            "source": printable(self.spec.source_name),
            "image": self.image,
            "mask": self.spec.mask,
            "seed": self.spec.seed,
        }


@dataclass(frozen=True, eq=False)
class ImageRuns:
    """The trajectories of one image within a condition."""

    name: str
    runs: Mapping[int, Sequence[CompleteRun]]
    """By mask size, ascending; within it by seed, ascending."""

    def run_per_mask(self) -> dict[int, CompleteRun]:
        """One run per mask size: the lowest seed that all sizes have, otherwise each size's lowest seed."""
        shared = set.intersection(*({run.spec.seed for run in runs} for runs in self.runs.values()))
        seed = min(shared, default=None)
        return {mask: next((run for run in runs if run.spec.seed == seed), runs[0]) for mask, runs in self.runs.items()}


@dataclass(frozen=True, eq=False)
class Condition:
    """Trajectories that differ only in image, mask size and seed."""

    settings: Mapping[str, ParameterValue]
    """The inpainter, and the settings that differ between conditions."""
    slug: str
    """Its part of a file name; empty if it is the only condition."""
    metrics: Sequence[str]
    """One panel each: the LPIPS nets, or other metrics if none of those was measured."""
    runs: Sequence[CompleteRun]
    sizes: Sequence[int]
    """The mask sizes of all conditions, ascending, so that a size looks the same in all figures."""

    @property
    def title(self) -> str:
        """Not yet printable."""
        return settings_title(self.settings)

    @property
    def label(self) -> str:
        """The title; empty if there is only one condition."""
        return self.title if self.slug else ""

    @property
    def metric(self) -> str | None:
        """The metric of figures and tables that show only one."""
        return next((name for name in PAPER_METRICS if name in self.metrics), next(iter(self.metrics), None))

    @property
    def masks(self) -> list[int]:
        return sorted({run.spec.mask for run in self.runs})

    @property
    def max_inpainted(self) -> float:
        """The greatest % inpainted."""
        return max(run.spec.inpainted(run.spec.iterations) for run in self.runs)

    def stem(self, number: str, *, coverage: bool = False) -> str:
        """A figure's file name without its ending: figure-07-telea-coverage."""
        parts = ["figure", f"{int(number):02}", self.slug, "coverage" if coverage else ""]
        return "-".join(filter(None, parts))

    def measured_runs(self, metric: str) -> list[CompleteRun]:
        return [run for run in self.runs if metric in run.curves]

    def images(self) -> list[ImageRuns]:
        """The images by their distance at the end: the median first, then the farthest, the nearest and the others."""
        by_image: defaultdict[str, defaultdict[int, list[CompleteRun]]] = defaultdict(lambda: defaultdict(list))
        for run in sorted(self.runs, key=lambda run: (run.spec.mask, run.spec.seed, str(run.trajectory.path))):
            by_image[run.image][run.spec.mask].append(run)
        found = [ImageRuns(next(iter(runs.values()))[0].spec.source_name, runs) for runs in by_image.values()]
        found.sort(key=lambda image: (self._distance(image), image.name, next(iter(image.runs.values()))[0].image))
        return _median_first(found)

    def _distance(self, image: ImageRuns) -> float:
        """Mean distance at the end over the measured runs; 0 if there are none."""
        if self.metric is None:
            return 0.0
        info = REGISTRY.get(base_name(self.metric))
        sign = -1.0 if info and info.higher_means == "closer" else 1.0
        runs = [run for runs in image.runs.values() for run in runs if self.metric in run.curves]
        return sign * fmean(run.curves[self.metric].values[-1] for run in runs) if runs else 0.0


@dataclass(frozen=True, eq=False)
class ReportData:
    summaries: Sequence[TrajectorySummary]
    """All readable trajectories, complete or not, without copies."""
    unreadable: Sequence[str]
    """One message per unreadable trajectory."""
    copies: int
    """Trajectories left out because another has the same spec."""
    conditions: Sequence[Condition]

    @property
    def unfinished(self) -> int:
        return len(self.summaries) - sum(len(condition.runs) for condition in self.conditions)

    @property
    def metric(self) -> str | None:
        """The metric of the report: the first of the paper's that any condition has."""
        metrics = {condition.metric for condition in self.conditions} - {None}
        return next((name for name in PAPER_METRICS if name in metrics), min(filter(None, metrics), default=None))


def load_report_data(trajectories: Iterable[Trajectory], on_progress: OnReportProgress) -> ReportData:
    """Read the measurements. Raises InputError if there are no trajectories or none is readable; DiskError."""
    listed = sorted(trajectories, key=lambda trajectory: str(trajectory.path))
    readable, unreadable, runs = [], [], []
    for done, trajectory in enumerate(listed, 1):
        summary = summarize(trajectory)
        try:
            run = _complete_run(summary)
        except RiptuiError as error:
            summary, run = TrajectorySummary(trajectory, None, error=str(error)), None
        if summary.spec is None:
            unreadable.append(f"{trajectory.path}: {summary.error}")
        else:
            readable.append(summary)
        if run:
            runs.append(run)
        on_progress("reading", done, len(listed))
    if not readable:
        raise InputError("none of these trajectories can be read: see riptui check" if listed else "no trajectories")
    distinct = drop_copies(readable)
    kept = {summary.trajectory.path for summary in distinct}
    conditions = _conditions([run for run in runs if run.trajectory.path in kept])
    return ReportData(distinct, unreadable, len(readable) - len(distinct), conditions)


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
        {k: covered[k] for k in summary.metrics if k in covered},
        median(row.seconds for row in rows) if rows else nan,
        summary.trajectory.read_sessions(),
        bool(summary.mixed),
    )


def _conditions(runs: Sequence[CompleteRun]) -> list[Condition]:
    by = condition_settings(runs) if runs else []
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


def settings_title(settings: Mapping[str, ParameterValue]) -> str:
    """The inpainter and its other settings in one line. Not yet printable."""
    others = [f"{name} {value}" for name, value in settings.items() if name != "inpainter" and value is not None]
    return ", ".join([str(settings["inpainter"]), *others])


def _panel_metrics(runs: Iterable[CompleteRun]) -> list[str]:
    metrics = {name for run in runs for name in run.curves}
    return (
        [name for name in PANEL_NETS if name in metrics]
        or [name for name in PAPER_METRICS if name in metrics]
        or in_registry_order(metrics)[:3]
    )


def _median_first(ranked: Sequence[ImageRuns]) -> list[ImageRuns]:
    """Reorder images ranked from nearest to farthest: the median, the farthest, the nearest, then the others."""
    if not ranked:
        return []
    middle = (len(ranked) - 1) // 2
    order = dict.fromkeys([middle, len(ranked) - 1, 0, *range(len(ranked))])
    return [ranked[index] for index in order]
