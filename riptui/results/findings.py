"""Tests the paper's seven findings on any trajectories, separately for each inpainter and its settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from riptui.results import paper_tests
from riptui.results.curves import extract_curves
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


def check_findings(summaries: Iterable[TrajectorySummary], metric: str = "lpips-vgg") -> list[ConditionFindings]:
    """Test all seven findings by one metric; 4 and 6 always use the three LPIPS nets.

    Unfinished trajectories are left out. Raises InputError for a metric that is not a distance to the original.
    """
    listed = list(summaries)
    found = {name: extract_curves(listed, name) for name in dict.fromkeys((metric, *paper_tests.NETS))}
    by = condition_settings(curve for members in found.values() for curve in members)
    panels = {name: make_panels(members, by) for name, members in found.items()}
    return [
        ConditionFindings(
            dict(zip(by, key, strict=True)),
            check_panel(panel, {net: panels[net][key] for net in paper_tests.NETS if key in panels[net]}),
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
