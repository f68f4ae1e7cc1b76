"""The metrics of sets by name, with their properties, known without importing them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

from riptui.errors import InputError, with_choices
from riptui.extras import import_target

if TYPE_CHECKING:  # NumPy takes 100 ms to import, and the names alone need neither
    import numpy as np

    from riptui.arrays import FeatureVectors, Float64

    Counts = Float64[np.ndarray, "resamples pictures"]
    """How often each picture is drawn in each resample."""
    Influence = Float64[np.ndarray, " pictures"]
    SetStatistic = Callable[[Counts], Float64[np.ndarray, " resamples"]]
else:
    Counts = Influence = SetStatistic = "Counts"


@dataclass(frozen=True)
class SetMetricInfo:
    """The properties of a metric of sets, known without importing it.

    Its factory takes the features of frames and of references, [pictures, dimensions], row i of both of the same
    picture. It returns the statistic as a function of how often each picture is drawn, [resamples, pictures].
    """

    target: str
    """`module:factory`."""
    summary: str
    """One line: what is measured, and its source."""
    range: tuple[float, float]
    """Smallest and largest possible value."""
    higher_means: Literal["farther", "closer"]
    """Whether a higher value means that the sets are farther from, or closer to, each other."""
    features: str = "inception"
    """The extractor that its source uses."""
    pictures: int = 2
    """How many pictures it needs at least."""
    per_dimension: bool = False
    """Whether it needs as many pictures as the features have dimensions."""
    dimensions: int = 2**31
    """The features are reduced to so many dimensions if they have more."""
    is_share: bool = False
    """Whether it is a share of the pictures."""
    resamples: int = 200
    """Number of resamples for its interval."""
    is_fitted: bool = False
    """Whether it is the error of a classifier on the pictures that it was fitted to. Resamples use the same classifier:
    to fit it to each would take minutes each."""
    resampled_pictures: int = 2**31
    """With more pictures than this resampling takes too long, and the interval is computed from `influence`."""
    influence: str = ""
    """`module:function`, called as the factory: how much each picture moves the value, [pictures]. "": none."""
    extra: str | None = None
    """The extra of riptui that it needs; None: none."""


_NEIGHBOURS = "riptui.metrics.sets.neighbourhoods"
_SEPARABILITY = "riptui.metrics.sets.separability"


def _ids_info(factory: str, summary: str, **properties: object) -> SetMetricInfo:
    defaults = {"range": (0.0, 1.0), "higher_means": "closer", "per_dimension": True, "is_share": True}
    defaults |= {"is_fitted": True, "extra": "sets"}
    return SetMetricInfo(f"{_SEPARABILITY}:{factory}", summary, **(defaults | properties))  # type: ignore[arg-type]


SET_METRICS: dict[str, SetMetricInfo] = {
    "kid": SetMetricInfo(
        "riptui.metrics.sets.kernel_distance:kid",
        "Kernel distance, Binkowski et al. 2018: unbiased at any number of pictures; about 0 for one distribution.",
        range=(-inf, inf),
        higher_means="farther",
        resamples=1000,
    ),
    "fid": SetMetricInfo(
        "riptui.metrics.sets.frechet:fid",
        "Fréchet distance of Gaussians, Heusel et al. 2017: falls with the number of pictures.",
        range=(0, inf),
        higher_means="farther",
        per_dimension=True,
        resampled_pictures=512,
        influence="riptui.metrics.sets.frechet:fid_influence",
    ),
    "precision": SetMetricInfo(
        f"{_NEIGHBOURS}:precision",
        "Share of frames among the references' neighbours (3), Kynkäänniemi et al. 2019.",
        range=(0, 1),
        higher_means="closer",
        pictures=5,
        is_share=True,
    ),
    "recall": SetMetricInfo(
        f"{_NEIGHBOURS}:recall",
        "Share of references among the frames' neighbours (3), Kynkäänniemi et al. 2019.",
        range=(0, 1),
        higher_means="closer",
        pictures=5,
        is_share=True,
    ),
    "density": SetMetricInfo(
        f"{_NEIGHBOURS}:density",
        "Mean number of references' neighbourhoods (5) that a frame is in, divided by 5; Naeem et al. 2020.",
        range=(0, inf),
        higher_means="closer",
        pictures=7,
    ),
    "coverage-prdc": SetMetricInfo(
        f"{_NEIGHBOURS}:coverage_prdc",
        "Share of references with a frame among their neighbours (5), Naeem et al. 2020.",
        range=(0, 1),
        higher_means="closer",
        pictures=7,
        is_share=True,
    ),
    "u-ids": _ids_info(
        "u_ids", "Error of a linear classifier fitted to tell the sets apart (Co-Mod-GAN, Zhao et al. 2021)."
    ),
    "p-ids": _ids_info(
        "p_ids", "Share of pairs in which that classifier takes the frame for the reference (Co-Mod-GAN, MAT)."
    ),
    "u-ids-asuka": _ids_info(
        "u_ids_asuka",
        "u-ids of 512 principal components of torchvision's Inception (ASUKA, Wang et al. 2025).",
        features="inception-torchvision",
        dimensions=512,
    ),
    "p-ids-asuka": _ids_info("p_ids_asuka", "p-ids of the same.", features="inception-torchvision", dimensions=512),
}


def find_set_metric(name: str) -> SetMetricInfo:
    """Look up a metric of sets. Raises InputError for an unknown name, with the available ones."""
    if name not in SET_METRICS:
        raise InputError(with_choices(f"unknown metric of sets {name!r}", name, SET_METRICS))
    return SET_METRICS[name]


def explain_refusal(name: str, pictures: int, dimension: int) -> str:
    """Why a metric says nothing about so many pictures with features of this dimension; "" if it does.

    Raises InputError for an unknown name.
    """
    info = find_set_metric(name)
    if pictures < info.pictures:
        verb = "is" if pictures == 1 else "are"
        return f"{name} needs {info.pictures} pictures, but there {verb} {pictures:,}"
    needed = min(dimension, info.dimensions)
    if not info.per_dimension or pictures >= needed:
        return ""
    few = f"{pictures} pictures with features of {needed:,} dimensions"
    if name == "fid":
        return (
            f"FID of {few} says more about their number than about the pictures: the estimate falls as it grows. "
            f"It needs {needed:,} pictures; kid has no such bias, and --compare gives differences of FID at equal n"
        )
    return (
        f"{name} of {few} is close to 0 whatever the pictures: a plane separates nearly any two such sets. It needs "
        f"{needed:,} pictures"
    )


def make_statistic(name: str, frames: FeatureVectors, references: FeatureVectors) -> SetStatistic:
    """The statistic of two sets, [pictures, dimensions]; row i of both is of the same picture.

    Raises InputError, MissingExtraError, BrokenExtraError.
    """
    info = find_set_metric(name)
    statistic: SetStatistic = import_target(info.target, f"the metric {name}", info.extra)(frames, references)
    return statistic


def compute_influence(name: str, frames: FeatureVectors, references: FeatureVectors) -> Influence:
    """How much each picture moves a metric that has an `influence`, in the metric's unit."""
    influence: Influence = import_target(find_set_metric(name).influence, "", None)(frames, references)
    return influence
