"""The data of figures: complete trajectories by condition, image and mask size, with their values and coverage."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean
from typing import NamedTuple

from riptui.export.tables import TableCell
from riptui.figures.curve_view import CurveView
from riptui.inpainters import TEXT_TO_IMAGE
from riptui.metrics import REGISTRY, base_name
from riptui.metrics.display import PAPER_METRICS
from riptui.metrics.values import finite_or_none
from riptui.results.coverage_null import ExcessCurve, describe_sources
from riptui.results.curves import Curve, get_setting, settings_title
from riptui.results.picture_names import name_pictures
from riptui.spec import ParameterValue, Spec
from riptui.store.records import Session
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable


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
    infinite: Sequence[str]
    """The metrics that were measured to the end, but are not finite there."""
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

    excesses: Mapping[str, ExcessCurve]
    """By metric: what its distance has beyond the coverage null; of metrics that have a distance."""

    def curves_in(self, view: CurveView) -> Mapping[str, Curve]:
        """The curves that a view draws, by metric."""
        if view is CurveView.EXCESS:
            return {metric: excess.curve for metric, excess in self.excesses.items()}
        return self.curves

    def points(self, metric: str, view: CurveView = CurveView.AMOUNT) -> list[FigurePoint]:
        """The measured frames, ascending; none if the metric was not measured to the end."""
        curve = self.curves_in(view).get(metric)
        if curve is None:
            return []
        columns = zip(curve.k.tolist(), curve.inpainted.tolist(), curve.values.tolist(), strict=True)
        return [FigurePoint(inpainted, self.coverage.get(k, nan), value) for k, inpainted, value in columns]

    def table_rows(self, metric: str, view: CurveView = CurveView.AMOUNT) -> list[dict[str, TableCell]]:
        """The points as table rows, each with the columns that identify the trajectory."""
        identity = self.identity() | {"metric": printable(metric)}
        return [
            {**identity, "inpainted": point.inpainted, "coverage": finite_or_none(point.coverage), "value": point.value}
            for point in self.points(metric, view)
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
    def mask_titles(self) -> Mapping[int, str]:
        """What masks are, by size, where they are not squares."""
        return mask_titles(run.spec for run in self.runs)

    @property
    def is_generated(self) -> bool:
        """Whether its pictures were made from a prompt: most of the paper's figures say nothing of them."""
        return self.runs[0].spec.inpainter == TEXT_TO_IMAGE

    @property
    def whole_image(self) -> bool:
        """Whether each iteration of all trajectories repainted the whole image."""
        return all(run.spec.whole_image for run in self.runs)

    @property
    def passes(self) -> int:
        """Passes over the whole image per 100 % inpainted; 0 if squares were repainted."""
        return self.runs[0].spec.passes(1) if self.whole_image else 0

    @property
    def views(self) -> list[CurveView]:
        """How curves are drawn. Where each iteration repaints the whole image, coverage says nothing."""
        return [CurveView.AMOUNT] if self.whole_image else [*CurveView]

    @property
    def max_inpainted(self) -> float:
        """The greatest % inpainted."""
        return max(run.spec.inpainted(run.spec.iterations) for run in self.runs)

    def includes(self, spec: Spec) -> bool:
        """Whether a trajectory with this spec is one of them."""
        return all(get_setting(spec, name) == value for name, value in self.settings.items())

    def stem(self, number: str, view: CurveView = CurveView.AMOUNT) -> str:
        """The file name, without its ending, of a figure with a number of the paper's: figure-07-telea-coverage."""
        return self.stem_of(f"figure-{int(number):02}", view)

    def stem_of(self, kind: str, view: CurveView = CurveView.AMOUNT) -> str:
        """The file name, without its ending, of a figure of this kind: recursion-telea."""
        return "-".join(filter(None, [kind, self.slug, view]))

    def measured_runs(self, metric: str, view: CurveView = CurveView.AMOUNT) -> list[CompleteRun]:
        return [run for run in self.runs if metric in run.curves_in(view)]

    def metrics_in(self, view: CurveView) -> list[str]:
        """Those of the metrics that a view can draw."""
        if view is not CurveView.EXCESS:
            return [*self.metrics]
        return [metric for metric in self.metrics if self.measured_runs(metric, view)]

    def views_of(self, metric: str) -> list[CurveView]:
        """The views that can draw a metric."""
        return [view for view in self.views if metric in self.metrics_in(view)]

    def against(self, view: CurveView) -> str:
        """What a view's curves are drawn against, in words."""
        return "the passes over the image" if self.whole_image else view.against

    def describe_null(self, view: CurveView, metrics: Iterable[str]) -> str:
        """The end of a caption: what the coverage null is, where the excess over it is drawn."""
        if view is not CurveView.EXCESS:
            return ""
        sources = Counter(run.excesses[metric].source for metric in metrics for run in self.measured_runs(metric, view))
        return f"; coverage null: {describe_sources(sources)}"

    def images(self) -> list[ImageRuns]:
        """The images by their distance at the end: the median first, then the farthest, the nearest and the others."""
        by_image: defaultdict[str, defaultdict[int, list[CompleteRun]]] = defaultdict(lambda: defaultdict(list))
        for run in sorted(self.runs, key=lambda run: (run.spec.mask, run.spec.seed, str(run.trajectory.path))):
            by_image[run.image][run.spec.mask].append(run)
        names = name_pictures(run.spec for run in self.runs)
        found = [ImageRuns(names[image], runs) for image, runs in by_image.items()]
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


def mask_titles(specs: Iterable[Spec]) -> Mapping[int, str]:
    """What the masks of specs are, by their size, where they are not squares: the whole image, or those of an order."""
    return {spec.mask: spec.mask_title for spec in specs if spec.whole_image or spec.masks}


def _median_first(ranked: Sequence[ImageRuns]) -> list[ImageRuns]:
    """Reorder images ranked from nearest to farthest: the median, the farthest, the nearest, then the others."""
    if not ranked:
        return []
    middle = (len(ranked) - 1) // 2
    order = dict.fromkeys([middle, len(ranked) - 1, 0, *range(len(ranked))])
    return [ranked[index] for index in order]
