"""Tests the paper's seven findings on any trajectories, separately for each inpainter and its settings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from riptui.errors import RiptuiError
from riptui.results import paper_tests
from riptui.results.coverage_null import ExcessCurve, NullSource, describe_sources, excess_over_coverage
from riptui.results.curves import Curve, GroupKey, extract_curves, get_setting
from riptui.results.exposure import SquareErrors
from riptui.results.panel import Panel, condition_settings, distance_function, make_panels
from riptui.results.verdict import PaperFinding
from riptui.spec import ParameterValue
from riptui.store.listing import TrajectorySummary

OVER_IMAGES_ALONE = (4, 5, 6)
"""The findings whose intervals never resample the squares that images share."""
FOR_THESE_SQUARES = "the images share squares, and the intervals are for these squares"


@dataclass(frozen=True)
class ConditionFindings:
    """The findings for one inpainter and its settings."""

    settings: Mapping[str, ParameterValue]
    """The inpainter, and the settings that differ between conditions."""
    findings: tuple[PaperFinding, ...]
    excess: tuple[PaperFinding, ...] = ()
    """Findings 1 to 3 about the excess over coverage; none where rows cannot be read."""
    coverage_null: str = ""
    """What the excess is over, in words."""


def check_findings(
    summaries: Iterable[TrajectorySummary],
    metric: str = "lpips-vgg",
    squares: Mapping[str, SquareErrors] = MappingProxyType({}),
) -> list[ConditionFindings]:
    """Test all seven findings by one metric; 4 and 6 always use the three LPIPS nets.

    `squares`: by the digests of their specs, read with what `patch_names(metric)` names, for findings 1' to 3'.
    Unfinished trajectories are left out. Raises InputError for a metric that is not a distance to the original.
    """
    listed = list(summaries)
    found = {name: extract_curves(listed, name) for name in dict.fromkeys((metric, *paper_tests.NETS))}
    by = condition_settings(curve for members in found.values() for curve in members)
    panels = {name: make_panels(members, by) for name, members in found.items()}
    excesses = find_excesses(found[metric], squares)
    sources: defaultdict[GroupKey, Counter[NullSource]] = defaultdict(Counter)
    for excess in excesses:
        sources[tuple(get_setting(excess.curve.spec, name) for name in by)][excess.source] += 1
    excess_panels = make_panels([excess.curve for excess in excesses], by, lambda curve: curve.values)
    return [
        ConditionFindings(
            dict(zip(by, key, strict=True)),
            check_panel(panel, {net: panels[net][key] for net in paper_tests.NETS if key in panels[net]}),
            check_excess(excess_panels[key], sources[key]) if key in excess_panels else (),
            describe_sources(sources[key]),
        )
        for key, panel in panels[metric].items()
    ]


def check_panel(panel: Panel, nets: Mapping[str, Panel]) -> tuple[PaperFinding, ...]:
    """Test one panel, and the panels of the nets, restricted to the trajectories and amounts that all nets have."""
    found = (
        paper_tests.distance_grows(panel),
        paper_tests.slows_without_settling(panel),
        paper_tests.larger_masks_end_farther(panel),
        paper_tests.nets_agree(nets),
        paper_tests.images_differ(panel),
        paper_tests.vgg_has_fewest_outliers(nets),
        paper_tests.runs_spread(panel),
    )
    if not panel.shared_squares:
        return found
    return tuple(
        replace(finding, note="; ".join(filter(None, (finding.note, FOR_THESE_SQUARES))))
        if finding.evidence and finding.number in OVER_IMAGES_ALONE
        else finding
        for finding in found
    )


def check_excess(panel: Panel, sources: Mapping[NullSource, int]) -> tuple[PaperFinding, ...]:
    """Test findings 1 to 3 on a panel of excesses: what the distance has beyond that of each square's first repaint.

    `sources`: what the coverage nulls are estimated from, with the count of trajectories.
    """
    claims = (
        (paper_tests.excess_grows, "The excess over coverage grows with the inpainted amount."),
        (paper_tests.slows_without_settling, "The slope of the excess falls, but it does not settle."),
        (paper_tests.larger_masks_end_farther, "Larger masks end with more excess at the same amount."),
    )
    excess = replace(panel, quantity="excess")
    found = [(test(excess), claim) for test, claim in claims]
    null = describe_sources(sources)
    return tuple(
        replace(finding, claim=claim, test=f"{finding.test}; coverage null: {null}", of_excess=True)
        for finding, claim in found
    )


def find_excesses(found: Iterable[Curve], squares: Mapping[str, SquareErrors]) -> list[ExcessCurve]:
    """The excesses of the complete curves whose rows can be read. Raises InputError for a metric without distance."""
    excesses = []
    for curve in found:
        distance_function(curve.metric)
        with suppress(RiptuiError):  # damaged, or gone: `riptui check` reports it
            if curve.complete:
                excess = excess_over_coverage(curve, squares.get(curve.spec.digest))
                excesses += [excess] if np.isfinite(excess.curve.values).all() else []
    return excesses
