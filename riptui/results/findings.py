"""The paper's seven findings, tested on any set of trajectories: once for each inpainter and its settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from riptui.results import claims
from riptui.results.curves import Curve, curves
from riptui.results.panel import Panel, conditions, panels
from riptui.results.verdicts import Finding
from riptui.spec import Parameter
from riptui.store.listing import Summary


@dataclass(frozen=True)
class Tested:
    """The findings on the trajectories of one inpainter and its settings."""

    settings: Mapping[str, Parameter]
    """Those that tell it from the others; the inpainter always."""
    findings: tuple[Finding, ...]


def findings(summaries: Iterable[Summary], metric: str = "lpips-vgg") -> list[Tested]:
    """All seven, by one metric; 4 and 6 are of the three LPIPS nets whatever the metric.

    Unfinished trajectories are left out. Raises InputError for a metric that is no distance to the original.
    """
    listed = list(summaries)
    found = {name: curves(listed, name) for name in dict.fromkeys((metric, *claims.NETS))}
    by = conditions(one for members in found.values() for one in members)
    together = panels(_in_all(found), by)
    return [
        Tested(dict(zip(by, key, strict=True)), seven(arranged[metric], together.get(key, {})))
        for key, arranged in panels({metric: found[metric]}, by).items()
    ]


def seven(panel: Panel, nets: Mapping[str, Panel]) -> tuple[Finding, ...]:
    """The findings on one panel, and on the panels of the three nets, which should be of the same trajectories."""
    return (
        claims.grows(panel),
        claims.slows_without_settling(panel),
        claims.larger_masks_end_farther(panel),
        claims.nets_agree(nets),
        claims.images_differ(panel),
        claims.vgg_has_fewest_outliers(nets),
        claims.runs_spread(panel),
    )


def _in_all(found: Mapping[str, list[Curve]]) -> dict[str, list[Curve]]:
    """The nets' curves of the trajectories that were measured to their end with each of them."""
    nets = {name: {one.trajectory.path: one for one in found[name] if one.complete} for name in claims.NETS}
    shared = set.intersection(*(set(by_path) for by_path in nets.values()))
    return {name: [one for path, one in by_path.items() if path in shared] for name, by_path in nets.items()}
