"""The names of metrics with their endings, such as lpips-vgg@previous: what each means, and which there are."""

from __future__ import annotations

from collections.abc import Iterable

from riptui.errors import InputError, with_choices
from riptui.metrics.registry import REGISTRY, MetricInfo

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
        raise InputError(
            f"{with_choices(f'unknown metric {base!r}', base, REGISTRY)}; "
            f"metrics that compare two pictures also with {PREVIOUS}, metrics of frames with {CONTENT}"
        )
    ending = separator + suffix
    if ending not in ("", PREVIOUS, CONTENT, SQUARES, REPAINTS):
        raise InputError(
            f"{name}: only {PREVIOUS} can follow {base}, the distance to the previous measured frame, {CONTENT}, "
            f"without blank bands, {SQUARES}, of each square, or {REPAINTS}, of each square when it is repainted"
        )
    if ending in (SQUARES, REPAINTS) and not info.spatial:
        spatial = ", ".join(other for other, found in REGISTRY.items() if found.spatial)
        raise InputError(f"{name}: {base} has no {ending}; these have: {spatial}")
    if (ending == PREVIOUS and not info.pairwise) or (ending and info.of_repaint):
        kind = "iterations" if info.of_repaint else "single frames"
        raise InputError(f"{name}: {base} measures {kind} and has no {ending}; use {base}")
    return info


def base_name(name: str) -> str:
    """The metric's name in the registry, without its ending."""
    return name.partition("@")[0]


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, without repeats. Raises InputError for the first unknown one."""
    unique_names = tuple(dict.fromkeys(names))
    for name in unique_names:
        find_metric(name)
    return unique_names


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


def split_names(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Metrics of frames or iterations, which have a value for each measured frame; and the NAME@repaints."""
    listed = tuple(names)
    of_squares = tuple(name for name in listed if name.endswith(REPAINTS))
    return tuple(name for name in listed if name not in of_squares), of_squares
