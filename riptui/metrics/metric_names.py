"""Names of metrics with an ending, such as lpips-vgg@previous: what the endings mean, and which metrics have which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from riptui.errors import InputError, with_choices
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features import canonical_name
from riptui.metrics.registry import REGISTRY, MetricInfo
from riptui.metrics.sets.set_metrics import SET_METRICS

PREVIOUS = "@previous"
"""Ending of a metric's name: measured against the frame measured before instead of the original."""
CONTENT = "@content"
"""Ending of a metric's name: measured on the picture alone, without the blank bands beside it."""

SQUARES = "@squares"
"""Ending of a metric's name: measured on each square of the grid; the frame's value is their mean."""
REPAINTS = "@repaints"
"""Ending of a metric's name: measured at every iteration on the repainted square, right after its repaint."""

ENDINGS = {
    PREVIOUS: "against the previous measured frame",
    CONTENT: "without blank bands",
    SQUARES: "of each square",
    REPAINTS: "of each square when it is repainted",
}


def find_metric(name: str) -> MetricInfo:
    """Look up a name, with or without an ending such as @previous.

    Raises InputError for an unknown name, with the available ones, and for an ending that the metric does not have.
    """
    base, separator, suffix = name.partition("@")
    info = REGISTRY.get(base)
    if info is None:
        if problem := REGISTRY.find_problem(base):
            raise InputError(problem)
        if base in SET_METRICS:
            raise InputError(
                f"{base} is a metric of sets of pictures, computed from features of frames: store them with --metrics "
                f"{SET_METRICS[base].features}, then run: riptui results PATH --metric {base}"
            )
        raise InputError(
            f"{with_choices(f'unknown metric {base!r}', base, REGISTRY)}; features: {', '.join(EXTRACTORS)}"
        )
    ending = separator + suffix
    if ending not in ("", *ENDINGS):
        endings = ", ".join(f"{base}{known} ({meaning})" for known, meaning in ENDINGS.items() if _has(info, known))
        raise InputError(f"{name}: unknown ending {ending!r}. Use {', '.join(filter(None, (base, endings)))}")
    if not ending or _has(info, ending):
        return info
    if ending in (SQUARES, REPAINTS):
        having = [other + ending for other, found in REGISTRY.items() if _has(found, ending)]
        raise InputError(with_choices(f"{base} has no {ending}", name, having))
    kind = "iterations" if info.of_repaint else "single frames"
    raise InputError(f"{name}: {base} measures {kind} and has no {ending}; use {base}")


def _has(info: MetricInfo, ending: str) -> bool:
    """Whether names of a metric can have one of the ENDINGS."""
    if info.of_repaint:
        return False
    return {PREVIOUS: info.pairwise, CONTENT: True, SQUARES: info.spatial, REPAINTS: info.spatial}[ending]


def base_name(name: str) -> str:
    """The metric's name in the registry, without its ending."""
    return name.partition("@")[0]


def is_features(name: str) -> bool:
    """Whether a name is that of a feature extractor, NAME or NAME:MODEL, rather than of a metric."""
    base = name.partition(":")[0]
    return base not in REGISTRY and base in EXTRACTORS


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Check names of metrics and feature extractors; keep their order and drop repeats.

    An extractor's model becomes an absolute path or a hub id. Raises InputError for the first unknown name.
    """
    unique_names = dict.fromkeys(canonical_name(name) if is_features(name) else name for name in names)
    for name in unique_names:
        if not is_features(name):
            find_metric(name)
    return tuple(unique_names)


def in_registry_order(metrics: Iterable[str]) -> list[str]:
    """Sort names as in the registry, names with endings right after their metric; unknown names come last.

    The order in which one is chosen; what is shown and exported has `display.in_display_order`.
    """
    known = [*REGISTRY]

    def sort_key(name: str) -> tuple[int, str]:
        base = base_name(name)
        return known.index(base) if base in known else len(known), name

    return sorted(metrics, key=sort_key)


def has_value_at_first(name: str) -> bool:
    """Whether frame 0 has a value: nothing comes before it, so @previous and metrics of iterations have none there.

    True for unknown names.
    """
    info = REGISTRY.get(base_name(name))
    return not name.endswith(PREVIOUS) and not (info and info.of_repaint)


class NamesByKind(NamedTuple):
    """Names of metrics and features, by where their values are stored."""

    frames: tuple[str, ...]
    """Metrics of frames or iterations, with one value per measured frame."""
    repaints: tuple[str, ...]
    """NAME@repaints."""
    features: tuple[str, ...]
    """Feature extractors: NAME or NAME:MODEL."""


def split_names(names: Iterable[str]) -> NamesByKind:
    """Split names by kind; each kind keeps the order."""
    listed = tuple(names)
    features = tuple(name for name in listed if is_features(name))
    repaints = tuple(name for name in listed if name.endswith(REPAINTS) and name not in features)
    return NamesByKind(tuple(name for name in listed if name not in {*features, *repaints}), repaints, features)
