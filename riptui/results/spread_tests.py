"""Statistics of the images' distribution, for the findings about nets, images and runs: ranks, spreads, outliers.

Seeds are averaged within an image first. An image counts at the mask sizes that it has; a mask size that only a few
images have is left out.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, nan

import numpy as np

from riptui.arrays import Bool, Float64
from riptui.results.bootstrap import (
    NO_ESTIMATE,
    Columns,
    IntervalEstimate,
    Resampled,
    StatisticOfMeans,
    estimate,
    estimate_from_counts,
)
from riptui.results.panel import Panel
from riptui.results.verdict import MIN_PAIRED_IMAGES, MIN_SPREAD_IMAGES, ROUNDING

SWAPS = 1000
"""Permutations of the test of outliers, the data as measured among them."""
MIN_RUNS = 3
"""Seeds per image and mask size that a spread over runs needs."""
FENCE_WIDTH = 1.5
"""Interquartile ranges beyond the quartiles (Tukey), outside which a value is an outlier."""

Means = Float64[np.ndarray, "*resamples columns"]
Cells = Float64[np.ndarray, "images cells"]
AmountPair = tuple[float, float]
"""An early and a late inpainted %."""
PairedCells = tuple[Bool[np.ndarray, " images"], Cells, Cells]
"""Of one mask size: the images that have it, and their values by two metrics."""


def rank_correlation(first: Panel, second: Panel, *, null: float) -> IntervalEstimate:
    """Spearman's correlation of two paired panels over images, mean over mask sizes and amounts.

    Ranks are among all images, not only those that a resample draws.
    """
    images = list(first.runs)
    columns: list[Columns] = []
    for mask in first.masks_of(MIN_SPREAD_IMAGES):
        members, amounts = first.usual_points([mask], first.images_with([mask]), MIN_SPREAD_IMAGES)
        x, y = (_ranks(panel.seed_means(members, mask, amounts)) for panel in (first, second))
        present = np.isin(images, members)
        columns.append(_fill(np.stack([x, y, x * x, y * y, x * y, np.ones_like(x)]), present))

    def statistic(means: Means) -> Resampled:
        x, y, xx, yy, xy, present = np.moveaxis(means.reshape(*means.shape[:-1], 6, -1), -2, 0)
        x, y, xx, yy, xy = (moment / present for moment in (x, y, xx, yy, xy))
        correlation: Resampled = ((xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y))).mean(axis=-1)
        return correlation

    return _estimate_present(np.concatenate(columns, axis=2), statistic, null)


def relative_spread(panel: Panel, *, null: float) -> IntervalEstimate:
    """The sd over images at the end, divided by the mean; mean over mask sizes."""
    images = list(panel.runs)
    columns: list[Columns] = []
    for mask in panel.masks_of(MIN_SPREAD_IMAGES):
        members = panel.images_with([mask])
        ends = panel.seed_means(members, mask, panel.shared_amounts([mask], members)[-1:])
        columns.append(_fill(np.stack([ends, ends**2, np.ones_like(ends)]), np.isin(images, members)))
    counts = np.array([column[2].sum() for column in columns])

    def statistic(means: Means) -> Resampled:
        value, square, present = np.moveaxis(means.reshape(*means.shape[:-1], 3, -1), -2, 0)
        mean = value / present
        spread: Resampled = (np.sqrt(_variance(mean, square / present, counts)) / mean).mean(axis=-1)
        return spread

    return _estimate_present(np.concatenate(columns, axis=2), statistic, null)


def spread_beyond_chance(panel: Panel) -> IntervalEstimate:
    """The sd over images at the end, divided by the sd that seeds alone would give; mean over mask sizes, of logs.

    Of the images with two seeds or more at every mask size; no estimate if the seeds make no difference.
    """
    masks = panel.masks_of(MIN_SPREAD_IMAGES, seeds=2)
    images = panel.images_with(masks, seeds=2)
    if not images:
        return NO_ESTIMATE
    means, chance = [], []
    for mask in masks:
        end = panel.shared_amounts([mask], images)[-1]
        runs = [np.array([curve.at(end) for curve in panel.runs[image][mask].values()]) for image in images]
        means.append([values.mean() for values in runs])
        chance.append([values.var(ddof=1) / len(values) for values in runs])
    value, by_chance = np.array(means).T, np.array(chance).T
    if (by_chance.mean(axis=0) <= ROUNDING**2).any():
        return NO_ESTIMATE

    def statistic(moments: Means) -> Resampled:
        mean, square, expected = np.split(moments, 3, axis=-1)
        excess: Resampled = np.log(_variance(mean, square, np.array(len(images))) / expected).mean(axis=-1)
        return excess

    columns = np.concatenate([value, value**2, by_chance], axis=1)
    return estimate(columns, statistic, null=0.0).map(lambda log: exp(log / 2))


def outlier_excess(reference: Panel, other: Panel) -> IntervalEstimate:
    """% of values that are outliers by the other panel's metric minus that by the reference's; the panels are paired.

    The fences belong to a mask size and an amount, and are computed from the images of each resample. Of fewer images
    than a verdict needs the interval is widened: of 150 simulated ones of 7 images whose other metric has heavy tails,
    89 % held the truth before and 99 % since; of 20 images, unwidened, 92 %.
    """
    images = list(reference.runs)
    values: list[PairedCells] = []
    for mask in reference.masks_of(MIN_SPREAD_IMAGES):
        members, amounts = reference.usual_points([mask], reference.images_with([mask]), MIN_SPREAD_IMAGES)
        first, second = (panel.seed_means(members, mask, amounts) for panel in (reference, other))
        values.append((np.isin(images, members), first, second))

    def statistic(counts: Float64[np.ndarray, "resamples images"]) -> Resampled:
        excesses = [
            outlier_shares(second, counts[:, present]) - outlier_shares(first, counts[:, present])
            for present, first, second in values
        ]
        mean: Resampled = 100 * np.mean(excesses, axis=0)
        return mean

    widened = len(images) < MIN_SPREAD_IMAGES
    excess = estimate_from_counts(statistic, len(images), resamples=1000, widened=widened)
    p_above, p_below = _swap_p_values(values)
    return replace(excess, p_above=p_above, p_below=p_below)


def _swap_p_values(values: Sequence[PairedCells]) -> tuple[float, float]:
    """One-sided p of the second metric having more, and fewer, outliers: by swapping the metrics of random images.

    If the metrics are equally prone, swapping changes nothing but by chance. Their scales are removed first.
    """
    generator = np.random.default_rng(0)
    swapped = generator.integers(0, 2, (SWAPS, len(values[0][0]))).astype(bool)
    swapped[0] = False  # as measured
    excesses = np.zeros(SWAPS)
    for present, first, second in values:
        swap = swapped[:, present, None]
        scaled = [_remove_scale(cells) for cells in (first, second)]
        shares = [_shares_outside(np.where(swap, *pair)) for pair in (scaled, scaled[::-1])]
        excesses += shares[0] - shares[1]
    tolerance = excesses + 1e-12
    return float(np.mean(tolerance >= excesses[0])), float(np.mean(excesses <= tolerance[0]))


def _remove_scale(cells: Cells) -> Cells:
    """Each column with median 0 and an interquartile range of 1; a column without spread is only centred."""
    lower, median, upper = np.quantile(cells, (0.25, 0.5, 0.75), axis=0)
    scaled: Cells = (cells - median) / np.where(upper > lower, upper - lower, 1.0)
    return scaled


def _shares_outside(resampled: Float64[np.ndarray, "resamples images cells"]) -> Resampled:
    lower, upper = np.quantile(resampled, (0.25, 0.75), axis=1, keepdims=True)
    margin = FENCE_WIDTH * (upper - lower)
    shares: Resampled = ((resampled < lower - margin) | (resampled > upper + margin)).mean(axis=(1, 2))
    return shares


def outlier_shares(values: Cells, counts: Float64[np.ndarray, "resamples images"]) -> Resampled:
    """For each resample, the share of values outside the fences of their column, among images drawn so many times."""
    drawn = counts.sum(axis=1)
    shares = np.zeros((values.shape[1], len(counts)))
    for share, column in zip(shares, values.T, strict=True):
        order = np.argsort(column)
        ends = counts[:, order].cumsum(axis=1)
        lower, upper = (_quantiles(column[order], ends, quarter) for quarter in (0.25, 0.75))
        margin = FENCE_WIDTH * (upper - lower)
        outside = (column < (lower - margin)[:, None]) | (column > (upper + margin)[:, None])
        share[:] = (counts * outside).sum(axis=1) / drawn
    mean: Resampled = shares.mean(axis=0)
    return mean


def _quantiles(
    column: Float64[np.ndarray, " images"], ends: Float64[np.ndarray, "resamples images"], level: float
) -> Resampled:
    """The quantile of each resample, as NumPy's: `column` ascending, `ends` the cumulated counts of its values."""
    position = (ends[:, -1] - 1) * level
    below, above = (column[np.argmax(ends > np.floor(position + step)[:, None], axis=1)] for step in (0, 1))
    quantile: Resampled = below + (above - below) * (position % 1)
    return quantile


def run_spread_ratio(panel: Panel, smaller: int, larger: int) -> IntervalEstimate:
    """The sd over seeds with the larger mask size divided by that with the smaller, by image; mean of logs."""
    images = panel.images_with([smaller, larger], seeds=MIN_RUNS)
    if not images:
        return NO_ESTIMATE
    images, amounts = panel.usual_points([smaller, larger], images, MIN_PAIRED_IMAGES)
    first, second = (_log_sds(panel, images, mask, amounts).mean(axis=1) for mask in (smaller, larger))
    return _estimate_log_ratio(second - first)


def run_spread_fall(panel: Panel, masks: Sequence[int]) -> tuple[Sequence[AmountPair], IntervalEstimate]:
    """The sd over seeds at a quarter of the end (100 of 400 %) divided by that at the end; mean of logs.

    Of two measured amounts: the nearest to the quarter, and the last. Returns both, of each mask size with two unless
    they are the same, and the estimate over images.
    """
    images = sorted({image for mask in masks for image in panel.images_with([mask], seeds=MIN_RUNS)})
    by_image: dict[str, list[float]] = {image: [] for image in images}
    pairs: dict[AmountPair, None] = {}
    for mask in masks:
        members, amounts = panel.usual_points([mask], panel.images_with([mask], seeds=MIN_RUNS), MIN_PAIRED_IMAGES)
        if len(amounts) < 2:
            continue
        late = amounts[-1]
        early = min(amounts[:-1], key=lambda amount: abs(amount - late / 4))
        pairs[early, late] = None
        for image, (first, last) in zip(members, _log_sds(panel, members, mask, [early, late]), strict=True):
            by_image[image].append(first - last)
    falls = np.array([np.mean(found) if found else nan for found in by_image.values()])
    return [*pairs], _estimate_log_ratio(falls)


def _log_sds(panel: Panel, images: Sequence[str], mask: int, amounts: Sequence[float]) -> Cells:
    """Log of the sd over each image's seeds; nan where they make no difference."""
    runs = [
        np.array([curve.select(amounts).distances for curve in panel.runs[image][mask].values()]).std(axis=0, ddof=1)
        for image in images
    ]
    sds = np.array(runs).reshape(len(images), len(amounts))
    logs: Cells = np.log(np.where(sds > ROUNDING, sds, nan))
    return logs


def _estimate_log_ratio(logs: Float64[np.ndarray, " images"]) -> IntervalEstimate:
    return estimate(logs[np.isfinite(logs)][:, None], null=0.0).map(exp)


def _fill(moments: Float64[np.ndarray, "moments members cells"], present: Bool[np.ndarray, " images"]) -> Columns:
    """The members' rows at the images that are present, and 0 elsewhere."""
    filled = np.zeros((len(moments), len(present), moments.shape[2]))
    filled[:, present] = moments
    return filled


def _estimate_present(
    moments: Float64[np.ndarray, "moments images cells"], statistic: StatisticOfMeans, null: float
) -> IntervalEstimate:
    """Estimate from the images that have any cell; the last moment tells which."""
    kept = moments[-1].any(axis=1)
    columns = np.concatenate([*moments[:, kept]], axis=1)
    return estimate(columns, statistic, null=null)


def _variance(mean: Means, square: Means, images: Float64[np.ndarray, " masks"]) -> Means:
    """Sample variance from the first two moments; nan for one image."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance: Means = (square - mean**2).clip(min=0) * np.where(images > 1, images / (images - 1), nan)
    return variance


def _ranks(values: Cells) -> Cells:
    """Ranks within each column; equal values share the mean of their ranks."""
    ranked = np.empty_like(values)
    for cell, column in enumerate(values.T):
        _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
        ranked[:, cell] = (np.cumsum(count) - (count - 1) / 2)[inverse]
    return ranked
