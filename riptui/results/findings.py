"""Tests the paper's seven findings on any trajectories, separately for each inpainter and its settings."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from riptui.errors import RiptuiError
from riptui.results import paper_tests
from riptui.results.coverage_null import excess_over_coverage
from riptui.results.curves import Curve, GroupKey, extract_curves
from riptui.results.panel import Panel, condition_settings, make_panels
from riptui.results.verdict import PaperFinding
from riptui.spec import ParameterValue
from riptui.store.listing import TrajectorySummary


@dataclass(frozen=True)
class ConditionFindings:
    """The findings for one inpainter and its settings."""

    settings: Mapping[str, ParameterValue]
    """The inpainter, and the settings that differ between conditions."""
    findings: tuple[PaperFinding, ...]
    excess: tuple[PaperFinding, ...] = ()
    """Findings 1 to 3 about the excess over coverage; none where rows cannot be read."""


def check_findings(summaries: Iterable[TrajectorySummary], metric: str = "lpips-vgg") -> list[ConditionFindings]:
    """Test all seven findings by one metric; 4 and 6 always use the three LPIPS nets.

    Unfinished trajectories are left out. Raises InputError for a metric that is not a distance to the original.
    """
    listed = list(summaries)
    found = {name: extract_curves(listed, name) for name in dict.fromkeys((metric, *paper_tests.NETS))}
    by = condition_settings(curve for members in found.values() for curve in members)
    panels = {name: make_panels(members, by) for name, members in found.items()}
    excesses = _excess_panels(found[metric], by)
    return [
        ConditionFindings(
            dict(zip(by, key, strict=True)),
            check_panel(panel, {net: panels[net][key] for net in paper_tests.NETS if key in panels[net]}),
            check_excess(excesses[key]) if key in excesses else (),
        )
        for key, panel in panels[metric].items()
    ]


def check_panel(panel: Panel, nets: Mapping[str, Panel]) -> tuple[PaperFinding, ...]:
    """Test one panel, and the panels of the nets, restricted to the trajectories and amounts that all nets have."""
    return (
        paper_tests.distance_grows(panel),
        paper_tests.slows_without_settling(panel),
        paper_tests.larger_masks_end_farther(panel),
        paper_tests.nets_agree(nets),
        paper_tests.images_differ(panel),
        paper_tests.vgg_has_fewest_outliers(nets),
        paper_tests.runs_spread(panel),
    )


def check_excess(panel: Panel) -> tuple[PaperFinding, ...]:
    """Test findings 1 to 3 on a panel of excesses: what the distance has beyond that of each square's first repaint."""
    claims = (
        (paper_tests.distance_grows, "The excess over coverage grows with the inpainted amount."),
        (paper_tests.slows_without_settling, "The slope of the excess falls, but it does not settle."),
        (paper_tests.larger_masks_end_farther, "Larger masks end with more excess at the same amount."),
    )
    excess = replace(panel, quantity="excess")
    return tuple(replace(test(excess), claim=claim, of_excess=True) for test, claim in claims)


def _excess_panels(found: Iterable[Curve], by: Sequence[str]) -> dict[GroupKey, Panel]:
    """The panels of the excesses of the trajectories whose rows can be read."""
    excesses = []
    for curve in found:
        with suppress(RiptuiError):  # damaged, or gone: `riptui check` reports it
            if curve.complete and np.isfinite((excess := excess_over_coverage(curve)).values).all():
                excesses.append(excess)
    return make_panels(excesses, by, lambda excess: excess.values)
