"""The names of metrics with their endings, such as lpips-vgg@previous: what each means, and which there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from riptui.errors import InputError, with_choices
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features import canonical_name
from riptui.metrics.registry import REGISTRY, MetricInfo
from riptui.metrics.sets.set_metrics import SET_METRICS

PREVIOUS = "@previous"
"""Ending of a metric's name: against the frame measured before, instead of the original."""
CONTENT = "@content"
"""Ending of a metric's name: of the part of the frame that the picture covers, without blank bands."""

SQUARES = "@squares"
"""Ending of a metric's name: also of each square of the grid; the value is their mean."""
REPAINTS = "@repaints"
"""Ending of a metric's name: of each repainted square, right after its repaint, at every iteration."""


def find_metric(name: str) -> MetricInfo:
    """Look a name up, with or without an ending such as @previous. Raises InputError with the available names."""
    base, separator, suffix = name.partition("@")
    info = REGISTRY.get(base)
    if info is None:
        if problem := REGISTRY.find_problem(base):
            raise InputError(problem)
        if base in SET_METRICS:
            raise InputError(
                f"{base} is a metric of sets of pictures, computed from features of frames: keep these with --metrics "
                f"{SET_METRICS[base].features}, then: riptui results PATH --metric {base}"
            )
        raise InputError(
            f"{with_choices(f'unknown metric {base!r}', base, REGISTRY)}; "
            f"metrics that compare two pictures also with {PREVIOUS}, metrics of frames with {CONTENT}; "
            f"features: {', '.join(EXTRACTORS)}"
        )
    ending = separator + suffix
    if ending not in ("", PREVIOUS, CONTENT, SQUARES, REPAINTS):
        raise InputError(
            f"{name}: only {PREVIOUS} can follow {base}, the distance to the previous measured frame, {CONTENT}, "
            f"without blank bands, {SQUARES}, of each square, or {REPAINTS}, of each square when it is repainted"
        )
    if ending in (SQUARES, REPAINTS) and not info.spatial:
        spatial = [other + ending for other, found in REGISTRY.items() if found.spatial]
        raise InputError(with_choices(f"{base} has no {ending}", name, spatial))
    if (ending == PREVIOUS and not info.pairwise) or (ending and info.of_repaint):
        kind = "iterations" if info.of_repaint else "single frames"
        raise InputError(f"{name}: {base} measures {kind} and has no {ending}; use {base}")
    return info


def base_name(name: str) -> str:
    """The metric's name in the registry, without its ending."""
    return name.partition("@")[0]


def is_features(name: str) -> bool:
    """Whether it names a feature extractor, NAME or NAME:MODEL, and no metric."""
    base = name.partition(":")[0]
    return base not in REGISTRY and base in EXTRACTORS


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names of metrics and of feature extractors in their order, without repeats; paths of models become absolute.

    Raises InputError for the first unknown one.
    """
    unique_names = dict.fromkeys(canonical_name(name) if is_features(name) else name for name in names)
    for name in unique_names:
        if not is_features(name):
            find_metric(name)
    return tuple(unique_names)


def in_registry_order(metrics: Iterable[str]) -> list[str]:
    """Sort names as in the registry, each NAME@previous after NAME; unknown names come last."""
    known = [*REGISTRY]

    def sort_key(name: str) -> tuple[int, str]:
        base = base_name(name)
        return known.index(base) if base in known else len(known), name

    return sorted(metrics, key=sort_key)


def has_value_at_first(name: str) -> bool:
    """Whether the first measured frame, frame 0, has a value: it has no frame before it. Unknown names are taken to."""
    info = REGISTRY.get(base_name(name))
    return not name.endswith(PREVIOUS) and not (info and info.of_repaint)


class NamesByKind(NamedTuple):
    """What can be asked to be measured, by where it is kept."""

    frames: tuple[str, ...]
    """Metrics of frames or iterations, which have a value for each measured frame."""
    repaints: tuple[str, ...]
    """NAME@repaints."""
    features: tuple[str, ...]
    """Feature extractors: NAME or NAME:MODEL."""


def split_names(names: Iterable[str]) -> NamesByKind:
    """The names by kind, each kind in their order."""
    listed = tuple(names)
    features = tuple(name for name in listed if is_features(name))
    repaints = tuple(name for name in listed if name.endswith(REPAINTS) and name not in features)
    return NamesByKind(tuple(name for name in listed if name not in {*features, *repaints}), repaints, features)
