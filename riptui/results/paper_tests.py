"""The seven findings of the paper (Conde et al. 2024), each as a test that can fail.

All comparisons are within an image, and images are resampled; trajectories of one image never count as independent.
Where the paper says "large" or "agree" without a number, the threshold is riptui's and part of the test's text. Each
trajectory is measured at its own amounts, and each part uses all images that have what it needs: more data adds parts
and images, and takes none away.
"""

from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from math import nan

import numpy as np

from riptui.results import spread_tests
from riptui.results.curves import CurveValues
from riptui.results.panel import SHARED_RUNS, DistanceCurve, Panel, pair_panels
from riptui.results.verdict import MIN_PAIRED_IMAGES, MIN_SPREAD_IMAGES, Evidence, PaperFinding
from riptui.text.units import format_inpainted

NETS = ("lpips-vgg", "lpips-alex", "lpips-squeeze")
LARGE_SPREAD = 0.25  # sd over images / mean, above which a spread counts as large
MIN_AGREEMENT = 0.5  # Spearman's rank correlation, above which nets agree


def distance_grows(panel: Panel) -> PaperFinding:
    """1. Kendall's tau-a with the amount: 1 if each measured frame is farther than all before, 0 without a trend."""

    def tau(curve: DistanceCurve) -> float:
        first, second = np.triu_indices(len(curve.distances), 1)
        return float(np.sign(curve.distances[second] - curve.distances[first]).mean())

    return _test_growth(
        panel,
        tau,
        f"Kendall's tau of {panel.quantity} and amount",
        "The distance to the original grows with the inpainted amount.",
        "Kendall's tau of each trajectory, frame 0 left out; mean over images",
    )


def excess_grows(panel: Panel) -> PaperFinding:
    """1′. A straight line through the excess rises.

    Not by Kendall's tau: where nothing but coverage happens, the excess is 0 in the mean and yet falls more often than
    it rises, for most squares that are repainted late are less damaged than a mean that a few squares make high.
    """

    def slope(curve: DistanceCurve) -> float:
        return float(curve.distances @ _slope_weights(curve.inpainted))

    return _test_growth(
        panel,
        slope,
        "slope of the excess, per 100 %",
        "The excess over coverage grows with the inpainted amount.",
        "least-squares slope of each trajectory's excess, frame 0 left out; mean over images",
    )


def _test_growth(
    panel: Panel, measure: Callable[[DistanceCurve], float], what: str, claim: str, test: str
) -> PaperFinding:
    """Whether a measure of trajectories with at least 3 points is above 0."""
    measured = panel.measure_all(lambda curve: measure(curve) if len(curve.distances) >= 3 else nan)
    grown = panel.estimate_mean(measured, null=0.0)
    if not grown.images:
        return PaperFinding(1, claim, test, (), panel.trajectories, "it needs 3 measured frames after frame 0")
    evidence = Evidence(what, grown, 0.0, open=panel.why_open)
    return PaperFinding(1, claim, test, (evidence,), panel.trajectories)


def slows_without_settling(panel: Panel) -> PaperFinding:
    """2. Straight lines through both halves of each curve: the first is steeper, and the second still rises."""

    def slope(curve: DistanceCurve, *, late: bool) -> float:
        half = (curve.inpainted > curve.inpainted[-1] / 2) == late
        enough = half.sum() >= 2 and (~half).sum() >= 2
        return float(curve.distances[half] @ _slope_weights(curve.inpainted[half])) if enough else nan

    falls = panel.measure_all(lambda curve: slope(curve, late=False) - slope(curve, late=True))
    rises = panel.measure_all(lambda curve: slope(curve, late=True))
    parts = [
        ("slope of the first half minus slope of the second, per 100 %", panel.estimate_mean(falls, null=0.0)),
        ("slope of the second half, per 100 %", panel.estimate_mean(rises, null=0.0)),
    ]
    return PaperFinding(
        2,
        "Its slope falls, but it does not settle.",
        "least-squares slopes of both halves of each trajectory, frame 0 left out; mean over images",
        tuple(Evidence(what, effect, 0.0, open=panel.why_open) for what, effect in parts if effect.images),
        panel.trajectories,
        "" if parts[0][1].images else "it needs 2 measured frames in each half",
    )


def larger_masks_end_farther(panel: Panel) -> PaperFinding:
    """3. Each mask size against the next larger one, on the same image, amount and expected coverage."""
    evidence = []
    for masks in pairwise(panel.masks_of(MIN_PAIRED_IMAGES)):
        smaller, larger = masks
        if amounts := panel.shared_amounts(masks, panel.images_with(masks)):
            effect = panel.estimate_mean(panel.differences(masks, amounts[-1]), null=0.0)
            at = format_inpainted(amounts[-1])
            what = f"{panel.quantity} with {larger} px minus {panel.quantity} with {smaller} px, at {at}"
            what += " and expected coverage" if panel.knows_coverage else ""
            evidence.append(Evidence(what, effect, 0.0, open=panel.why_open))
    return PaperFinding(
        3,
        "Larger masks end farther away at the same amount.",
        "paired differences by image at the greatest shared amount, of neighbouring mask sizes, each multiplied by "
        "expected / own coverage where squares are drawn; mean over images",
        tuple(evidence),
        panel.trajectories,
        "" if evidence else "it needs two mask sizes per image, measured at an amount that both reach",
    )


def nets_agree(nets: Mapping[str, Panel]) -> PaperFinding:
    """4. Whether the nets rank the images alike, at each mask size and amount."""
    panels = _paired_nets(nets)
    evidence = []
    for first, second in combinations(panels, 2):
        effect = spread_tests.rank_correlation(first, second, null=MIN_AGREEMENT)
        what = f"rank correlation of {first.metric} and {second.metric}"
        evidence.append(Evidence(what, effect, MIN_AGREEMENT, MIN_SPREAD_IMAGES))
    return PaperFinding(
        4,
        "The three nets agree.",
        f"Spearman's correlation over images, mean over mask sizes and amounts; agreement is above {MIN_AGREEMENT}",
        tuple(evidence),
        panels[0].trajectories if panels else 0,
        "" if panels else _what_nets_lack(nets),
    )


def images_differ(panel: Panel) -> PaperFinding:
    """5. The spread over images is large relative to the mean and, with several seeds, to the spread by chance."""
    relative = spread_tests.relative_spread(panel, null=LARGE_SPREAD)
    evidence = [Evidence("sd over images / mean", relative, LARGE_SPREAD, MIN_SPREAD_IMAGES, open=panel.why_open)]
    if (excess := spread_tests.spread_beyond_chance(panel)).images:
        what = "sd over images / sd that the seeds alone would give"
        evidence.append(Evidence(what, excess, 1.0, MIN_SPREAD_IMAGES, decides=False, open=panel.why_open))
    return PaperFinding(
        5,
        "The spread over images is large.",
        f"sd over images at the end, mean over mask sizes; large is above {LARGE_SPREAD} of the mean",
        tuple(evidence),
        panel.trajectories,
        "" if excess.images else "the spread by chance alone is unknown: no image has two seeds that differ",
    )


def vgg_has_fewest_outliers(nets: Mapping[str, Panel]) -> PaperFinding:
    """6. Share of values outside the fences of their mask size and amount, which are computed in each resample anew."""
    panels = _paired_nets(nets)
    evidence = []
    for other in panels[1:]:
        effect = spread_tests.outlier_excess(panels[0], other)
        what = f"outliers of {other.metric} minus those of {panels[0].metric}, % of values"
        evidence.append(Evidence(what, effect, 0.0, MIN_SPREAD_IMAGES))
    return PaperFinding(
        6,
        "VGG has the fewest outliers.",
        f"values more than {spread_tests.FENCE_WIDTH} interquartile ranges outside the quartiles of their mask size "
        "and amount",
        tuple(evidence),
        panels[0].trajectories if panels else 0,
        "" if panels else _what_nets_lack(nets),
    )


def runs_spread(panel: Panel) -> PaperFinding:
    """7. The sd over an image's seeds: each mask size against the next, and a quarter of the amount against the end."""
    masks = panel.masks_of(MIN_PAIRED_IMAGES, seeds=spread_tests.MIN_RUNS)
    parts = [
        (f"sd over runs with {larger} px / sd with {smaller} px", spread_tests.run_spread_ratio(panel, smaller, larger))
        for smaller, larger in pairwise(masks)
    ]
    pairs, fall = spread_tests.run_spread_fall(panel, masks)
    early, late = (" or ".join(dict.fromkeys(format_inpainted(pair[end]) for pair in pairs)) for end in (0, 1))
    parts.append((f"sd over runs at {early} / sd at {late}", fall))
    why_open = SHARED_RUNS if panel.shared_squares else ""
    evidence = [Evidence(what, effect, 1.0, open=why_open) for what, effect in parts if effect.images]
    return PaperFinding(
        7,
        "Over runs of one image, the spread is larger for larger masks and falls with the amount.",
        "log of the sd over seeds: paired differences of neighbouring mask sizes, and of two amounts; mean over images",
        tuple(evidence),
        panel.trajectories,
        "" if evidence else f"it needs images with {spread_tests.MIN_RUNS} seeds, and a spread above 0",
    )


def _slope_weights(inpainted: CurveValues) -> CurveValues:
    """Weights whose product with distances is their least-squares slope per 100 %."""
    centred = (inpainted - inpainted.mean()) / 100
    weights: CurveValues = centred / (centred @ centred)
    return weights


def _paired_nets(nets: Mapping[str, Panel]) -> list[Panel]:
    """The panels of all three nets, VGG first; none if a net is missing, or no trajectory was measured by all."""
    panels = pair_panels([nets[name] for name in NETS]) if all(name in nets for name in NETS) else []
    return panels if panels and panels[0].trajectories else []


def _what_nets_lack(nets: Mapping[str, Panel]) -> str:
    if missing := [name for name in NETS if name not in nets]:
        return f"it needs {', '.join(missing)}, measured to the end: riptui measure --metrics {','.join(missing)}"
    return f"no trajectory was measured to the end by all of {', '.join(NETS)}: riptui measure adds what lacks"
