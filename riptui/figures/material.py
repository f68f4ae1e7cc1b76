"""What there is to draw: complete trajectories by condition, image and mask size, with their values and coverage."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, median
from typing import NamedTuple

from riptui.errors import InputError, RiptuiError
from riptui.export.tables import Cell
from riptui.metrics import PREVIOUS, REGISTRY, in_order
from riptui.results.claims import NETS
from riptui.results.curves import Curve, curve, grouped
from riptui.results.panel import conditions
from riptui.spec import Parameter, Spec
from riptui.store.listing import Summary, summarize
from riptui.store.records import Session, finite_or_none
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.values import ORDER

OnProgress = Callable[[str, int, int], None]
"""Called as `on_progress(what, done, total)`."""


class Point(NamedTuple):
    """A measured frame."""

    inpainted: float
    """%, repeats counted."""
    coverage: float
    """%; nan where the rows do not tell."""
    value: float


@dataclass(frozen=True, eq=False)
class Run:
    """A trajectory whose last iteration is computed."""

    trajectory: Trajectory
    spec: Spec
    curves: Mapping[str, Curve]
    """By metric: those that were measured to the end."""
    coverage: Mapping[int, float]
    """%, of the measured frames."""
    seconds: float
    """Median wall time of an inpainting."""
    sessions: Sequence[Session]
    mixed: bool
    """Whether unlike programs or machines computed its rows."""

    @property
    def image(self) -> str:
        return self.spec.original_sha256

    def points(self, metric: str) -> list[Point]:
        """Ascending; none if it was not measured to its end."""
        one = self.curves.get(metric)
        if one is None:
            return []
        columns = zip(one.k.tolist(), one.inpainted.tolist(), one.values.tolist(), strict=True)
        return [Point(inpainted, self.coverage.get(k, nan), value) for k, inpainted, value in columns]

    def rows(self, metric: str) -> list[dict[str, Cell]]:
        """The points as a table has them, behind what tells the trajectory."""
        identity = self.identity() | {"metric": printable(metric)}
        return [
            {**identity, "inpainted": one.inpainted, "coverage": finite_or_none(one.coverage), "value": one.value}
            for one in self.points(metric)
        ]

    def identity(self) -> dict[str, Cell]:
        return {
            "source": printable(self.spec.source_name),
            "image": self.image,
            "mask": self.spec.mask,
            "seed": self.spec.seed,
        }


@dataclass(frozen=True, eq=False)
class Subject:
    """An image of a condition."""

    name: str
    runs: Mapping[int, Sequence[Run]]
    """By mask size, ascending; the seeds ascending."""

    def first(self) -> dict[int, Run]:
        """One run a mask size: that of the lowest seed that all sizes have, else each one's lowest."""
        shared = set.intersection(*({run.spec.seed for run in runs} for runs in self.runs.values()))
        seed = min(shared, default=None)
        return {mask: next((run for run in runs if run.spec.seed == seed), runs[0]) for mask, runs in self.runs.items()}


@dataclass(frozen=True, eq=False)
class Condition:
    """Trajectories that differ in image, mask size and seed alone."""

    settings: Mapping[str, Parameter]
    """Those that tell it from the others; the inpainter always."""
    slug: str
    """Its part of a file name; empty if it is the only one."""
    metrics: Sequence[str]
    """A panel each: the LPIPS nets, else what else there is."""
    runs: Sequence[Run]
    sizes: Sequence[int]
    """The mask sizes of all conditions, ascending: one that several have looks the same in all figures."""

    @property
    def title(self) -> str:
        """Not yet printable."""
        rest = [f"{name} {value}" for name, value in self.settings.items() if name != "inpainter" and value is not None]
        return ", ".join([str(self.settings["inpainter"]), *rest])

    @property
    def of(self) -> str:
        """The title where it tells anything: where there are several conditions."""
        return self.title if self.slug else ""

    @property
    def metric(self) -> str | None:
        """The one to show where there is room for one."""
        return next((name for name in ORDER if name in self.metrics), next(iter(self.metrics), None))

    @property
    def masks(self) -> list[int]:
        return sorted({run.spec.mask for run in self.runs})

    @property
    def last(self) -> float:
        """The greatest % inpainted."""
        return max(run.spec.inpainted(run.spec.iterations) for run in self.runs)

    def stem(self, number: str, *, coverage: bool = False) -> str:
        """A figure's file name without its ending: figure-07-telea-coverage."""
        parts = ["figure", f"{int(number):02}", self.slug, "coverage" if coverage else ""]
        return "-".join(filter(None, parts))

    def measured(self, metric: str) -> list[Run]:
        return [run for run in self.runs if metric in run.curves]

    def subjects(self) -> list[Subject]:
        """The images: first the one whose distance at the end is the median, the farthest, the nearest, then others."""
        by_image: defaultdict[str, defaultdict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
        for run in sorted(self.runs, key=lambda run: (run.spec.mask, run.spec.seed, str(run.trajectory.path))):
            by_image[run.image][run.spec.mask].append(run)
        found = [Subject(next(iter(runs.values()))[0].spec.source_name, runs) for runs in by_image.values()]
        found.sort(key=lambda one: (self._distance(one), one.name, next(iter(one.runs.values()))[0].image))
        return _spread(found)

    def _distance(self, subject: Subject) -> float:
        """Mean at the end, over what was measured; 0 where nothing was."""
        if self.metric is None:
            return 0.0
        known = REGISTRY.get(self.metric)
        sign = -1.0 if known and known.higher == "closer" else 1.0
        runs = [run for runs in subject.runs.values() for run in runs if self.metric in run.curves]
        return sign * fmean(run.curves[self.metric].values[-1] for run in runs) if runs else 0.0


@dataclass(frozen=True, eq=False)
class Material:
    summaries: Sequence[Summary]
    """Of all trajectories that can be read, complete or not."""
    unreadable: Sequence[str]
    """What is wrong, one a trajectory."""
    conditions: Sequence[Condition]

    @property
    def unfinished(self) -> int:
        return len(self.summaries) - sum(len(one.runs) for one in self.conditions)

    @property
    def metric(self) -> str | None:
        """The best that any condition has."""
        there = {one.metric for one in self.conditions} - {None}
        return next((name for name in ORDER if name in there), min(filter(None, there), default=None))


def gather(trajectories: Iterable[Trajectory], on_progress: OnProgress) -> Material:
    """Read what was measured. Raises InputError if there is no trajectory, or none that can be read; DiskError."""
    listed = sorted(trajectories, key=lambda one: str(one.path))
    readable, unreadable, runs = [], [], []
    for done, trajectory in enumerate(listed, 1):
        summary = summarize(trajectory)
        try:
            run = _run(summary)
        except RiptuiError as error:
            summary, run = Summary(trajectory, None, error=str(error)), None
        if summary.spec is None:
            unreadable.append(f"{trajectory.path}: {summary.error}")
        else:
            readable.append(summary)
        if run:
            runs.append(run)
        on_progress("reading", done, len(listed))
    if not readable:
        raise InputError("none of these trajectories can be read: riptui check says why" if listed else "no trajectory")
    return Material(readable, unreadable, _conditions(runs))


def _run(summary: Summary) -> Run | None:
    """None if it is not complete or cannot be read."""
    if summary.spec is None or summary.k < summary.spec.iterations:
        return None
    names = {name for values in summary.metrics.values() for name in values if not name.endswith(PREVIOUS)}
    found = {name: curve(summary, name) for name in in_order(names)}
    rows = summary.trajectory.rows()
    covered = {0: 0.0} | {row.k: row.coverage for row in rows}
    return Run(
        summary.trajectory,
        summary.spec,
        {name: one for name, one in found.items() if one and one.complete},
        {k: covered[k] for k in summary.metrics if k in covered},
        median(row.seconds for row in rows) if rows else nan,
        summary.trajectory.sessions(),
        bool(summary.mixed),
    )


def _conditions(runs: Sequence[Run]) -> list[Condition]:
    by = conditions(runs) if runs else []
    groups = grouped(runs, by)
    slugs = _slugs([str(key[0]) for key in groups])
    sizes = sorted({run.spec.mask for run in runs})
    return [
        Condition(dict(zip(by, key, strict=True)), slug, _panels(members), members, sizes)
        for (key, members), slug in zip(groups.items(), slugs, strict=True)
    ]


def _slugs(inpainters: Sequence[str]) -> list[str]:
    """The inpainters' names, numbered where there are several of one; nothing for a single condition."""
    if len(inpainters) == 1:
        return [""]
    return [
        name if inpainters.count(name) == 1 else f"{name}-{inpainters[: at + 1].count(name)}"
        for at, name in enumerate(inpainters)
    ]


def _panels(runs: Iterable[Run]) -> list[str]:
    there = {name for run in runs for name in run.curves}
    return (
        [name for name in reversed(NETS) if name in there]
        or [name for name in ORDER if name in there]
        or in_order(there)[:3]
    )


def _spread(ranked: Sequence[Subject]) -> list[Subject]:
    """From nearest to farthest in; median, farthest, nearest and the rest out."""
    if not ranked:
        return []
    middle = (len(ranked) - 1) // 2
    order = dict.fromkeys([middle, len(ranked) - 1, 0, *range(len(ranked))])
    return [ranked[at] for at in order]
