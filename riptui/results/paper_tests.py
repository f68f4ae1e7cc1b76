"""The seven findings of the paper (Conde et al. 2024), each as a test that can fail.

Whatever is compared is compared within each image, and the images are resampled; trajectories of one image are never
taken for independent. Where the paper says "large" or "agree" without a number, the number here is ours, and stated.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from math import exp, nan

import numpy as np
from jaxtyping import Bool, Float64

from riptui.results.bootstrap import Columns, Resampled, estimate
from riptui.results.curves import CurveValues
from riptui.results.panel import Panel, SeedCurves
from riptui.results.verdict import MIN_PAIRED_IMAGES, MIN_SPREAD_IMAGES, ROUNDING, Evidence, PaperFinding

NETS = ("lpips-vgg", "lpips-alex", "lpips-squeeze")
LARGE_SPREAD = 0.25  # sd over images / mean, above which a spread is called large
MIN_AGREEMENT = 0.5  # Spearman's rank correlation, above which nets are said to agree
MIN_RUNS = 3  # seeds of one image and mask size, for a spread over runs
FENCE_WIDTH = 1.5  # interquartile ranges beyond the quartiles (Tukey), outside which a value is an outlier

PerMask = Float64[np.ndarray, "*resamples masks"]


def distance_grows(panel: Panel) -> PaperFinding:
    """1. Kendall's tau-a with the amount: 1 where each measured frame is farther than all before, 0 without a trend."""
    first, second = np.triu_indices(len(panel.inpainted), 1)

    def tau(runs: SeedCurves) -> Float64[np.ndarray, " seeds"]:
        signs: Float64[np.ndarray, " seeds"] = np.sign(runs[:, second] - runs[:, first]).mean(axis=1)
        return signs

    evidence = [("Kendall's tau of distance and amount", panel.mean_by_image(tau), 0.0)] if len(first) >= 3 else []
    return PaperFinding(
        1,
        "The distance to the original grows with the inpainted amount.",
        "Kendall's tau of each trajectory, frame 0 left out; mean over images",
        _mean_evidence(evidence),
        panel.trajectories,
        "" if evidence else "it needs 3 measured frames after frame 0",
    )


def slows_without_settling(panel: Panel) -> PaperFinding:
    """2. Straight lines through the two halves of each curve: the first is steeper, and the second still rises."""
    early = panel.inpainted <= panel.inpainted[-1] / 2
    late = ~early
    evidence = []
    if early.sum() >= 2 and late.sum() >= 2:
        first_slopes = panel.mean_by_image(lambda runs: runs[:, early] @ _slope_weights(panel.inpainted[early]))
        second_slopes = panel.mean_by_image(lambda runs: runs[:, late] @ _slope_weights(panel.inpainted[late]))
        evidence = [
            ("slope of the first half less that of the second, per 100 %", first_slopes - second_slopes, 0.0),
            ("slope of the second half, per 100 %", second_slopes, 0.0),
        ]
    return PaperFinding(
        2,
        "Its slope falls, but it does not settle.",
        "least-squares slopes of both halves of each trajectory, frame 0 left out; mean over images",
        _mean_evidence(evidence),
        panel.trajectories,
        "" if evidence else "it needs 2 measured frames in each half",
    )


def larger_masks_end_farther(panel: Panel) -> PaperFinding:
    """3. Each mask size against the next larger one, on the same image at the same amount."""
    images = panel.complete_images()
    last = panel.seed_means(images)[:, :, -1]
    evidence = [
        (f"distance with {larger} px less that with {smaller} px", last[:, index + 1] - last[:, index], 0.0)
        for index, (smaller, larger) in enumerate(pairwise(panel.masks))
    ]
    return PaperFinding(
        3,
        "Larger masks end farther away at the same amount.",
        f"paired differences by image at {panel.inpainted[-1]:g} %, of neighbouring mask sizes; mean over images",
        _mean_evidence(evidence),
        panel.trajectories,
        "" if evidence else "it needs two mask sizes of each image",
    )


def nets_agree(nets: Mapping[str, Panel]) -> PaperFinding:
    """4. Whether two nets put the images in the same order, at each mask size and amount."""
    evidence = []
    measured = [nets[name] for name in NETS if name in nets]
    for first, second in combinations(measured, 2):
        images = [image for image in first.complete_images() if image in {*second.complete_images()}]
        cells = len(first.masks) * len(first.inpainted)
        ranks = [_ranks(panel.seed_means(images).reshape(len(images), cells)) for panel in (first, second)]
        effect = estimate(_correlation_columns(*ranks), lambda means: _correlation(means).mean(axis=-1))
        evidence.append(
            Evidence(
                f"rank correlation of {first.metric} and {second.metric}", effect, MIN_AGREEMENT, MIN_SPREAD_IMAGES
            )
        )
    return PaperFinding(
        4,
        "The three nets agree.",
        f"Spearman's correlation over images, mean over mask sizes and amounts; agreement is above {MIN_AGREEMENT}",
        tuple(evidence) if len(measured) == len(NETS) else (),
        measured[0].trajectories if measured else 0,
        "" if len(measured) == len(NETS) else f"it needs {', '.join(NETS)}: riptui measure adds them",
    )


def images_differ(panel: Panel) -> PaperFinding:
    """5. The spread over images is large, for its mean, and where there are seeds, for what chance alone gives."""
    images, repeated = panel.complete_images(), panel.complete_images(seeds=2)
    last = panel.seed_means(images)[:, :, -1]
    relative = estimate(_moments(last), lambda means: _relative_spread(means, len(images)))
    evidence = [Evidence("sd over images / mean", relative, LARGE_SPREAD, MIN_SPREAD_IMAGES)]
    note = "no image has two seeds at each mask size, so the spread by chance alone is unknown"
    if repeated:
        chance = panel.reduce_seeds(repeated, lambda runs: runs.var(axis=0, ddof=1) / len(runs))[:, :, -1]
        note = "" if (chance.mean(axis=0) > ROUNDING**2).all() else "the seeds make no difference"
    if repeated and not note:
        columns = np.concatenate([_moments(panel.seed_means(repeated)[:, :, -1]), chance], axis=1)
        excess = estimate(columns, lambda means: _log_excess(means, len(repeated))).map(lambda log: exp(log / 2))
        label = "sd over images / what the seeds alone would give"
        evidence.append(Evidence(label, excess, 1.0, MIN_SPREAD_IMAGES))
    return PaperFinding(
        5,
        "The spread over images is large.",
        f"sd over images at {panel.inpainted[-1]:g} %, mean over mask sizes; large is above {LARGE_SPREAD} of the mean",
        tuple(evidence),
        panel.trajectories,
        note,
    )


def vgg_has_fewest_outliers(nets: Mapping[str, Panel]) -> PaperFinding:
    """6. Share of values outside the fences of their mask size and amount; the fences are those of all the data."""
    evidence = []
    if all(name in nets for name in NETS):
        shares = {name: _outlier_shares(nets[name]) for name in NETS}
        vgg = shares["lpips-vgg"]
        for name in NETS[1:]:
            more = np.array([100 * (shares[name][image] - vgg[image]) for image in vgg if image in shares[name]])
            evidence.append((f"outliers of {name} less those of lpips-vgg, % of values", more, 0.0))
    return PaperFinding(
        6,
        "VGG has the fewest outliers.",
        f"values more than {FENCE_WIDTH} interquartile ranges outside the quartiles of their mask size and amount; "
        "paired differences by image, mean over images",
        _mean_evidence(evidence, MIN_SPREAD_IMAGES),
        nets[NETS[0]].trajectories if evidence else 0,
        "" if evidence else f"it needs {', '.join(NETS)}: riptui measure adds them",
    )


def runs_spread(panel: Panel) -> PaperFinding:
    """7. The sd over the seeds of one image: against the next larger mask size, and along the amount."""
    images = panel.complete_images(seeds=MIN_RUNS)
    sd = panel.reduce_seeds(images, lambda runs: runs.std(axis=0, ddof=1))
    log_sd = np.log(sd[(sd > ROUNDING).all(axis=(1, 2))])
    by_mask = log_sd.mean(axis=2)
    evidence = []
    if len(log_sd) and len(panel.masks) > 1 and len(panel.inpainted) > 1:
        for index, (smaller, larger) in enumerate(pairwise(panel.masks)):
            effect = estimate((by_mask[:, index + 1] - by_mask[:, index])[:, None]).map(exp)
            evidence.append(Evidence(f"sd over runs with {larger} px / that with {smaller} px", effect, 1.0))
        fall = -(log_sd.mean(axis=1) @ _slope_weights(panel.inpainted))
        effect = estimate(fall[:, None]).map(exp)
        evidence.append(Evidence("sd over runs / that after 100 % more", effect, 1.0))
    return PaperFinding(
        7,
        "Over runs of one image, the spread is larger for larger masks and falls with the amount.",
        "log of the sd over seeds: paired differences of neighbouring mask sizes, and its slope; mean over images",
        tuple(evidence),
        panel.trajectories,
        "" if evidence else f"it needs images with {MIN_RUNS} seeds at each of two mask sizes, with a spread above 0",
    )


def _mean_evidence(
    effects: Sequence[tuple[str, Float64[np.ndarray, " images"], float]], min_images: int = MIN_PAIRED_IMAGES
) -> tuple[Evidence, ...]:
    """Evidence that is the mean over images of a number of each: what it is, the numbers, the null."""
    return tuple(Evidence(label, estimate(values[:, None]), null, min_images) for label, values, null in effects)


def _slope_weights(inpainted: CurveValues) -> CurveValues:
    """Weights whose product with values is their least-squares slope, per 100 %."""
    centred = inpainted - inpainted.mean()
    weights: CurveValues = 100 * centred / (centred @ centred)
    return weights


def _ranks(values: Float64[np.ndarray, "images cells"]) -> Float64[np.ndarray, "images cells"]:
    """Within each column; equal values share the mean of their ranks."""
    ranked = np.empty_like(values)
    for cell, column in enumerate(values.T):
        _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
        ranked[:, cell] = (np.cumsum(count) - (count - 1) / 2)[inverse]
    return ranked


def _correlation_columns(x: Float64[np.ndarray, "images cells"], y: Float64[np.ndarray, "images cells"]) -> Columns:
    """Columns whose means give the correlation of each cell."""
    return np.concatenate([x, y, x * x, y * y, x * y], axis=1)


def _correlation(means: Float64[np.ndarray, "*resamples columns"]) -> Float64[np.ndarray, "*resamples cells"]:
    """Of each cell. The ranks are those among all images, whichever are drawn."""
    x, y, xx, yy, xy = np.split(means, 5, axis=-1)
    correlations: Float64[np.ndarray, "*resamples cells"] = (xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y))
    return correlations


def _moments(values: Float64[np.ndarray, "images masks"]) -> Columns:
    return np.concatenate([values, values**2], axis=1)


def _variance(mean: PerMask, square: PerMask, images: int) -> PerMask:
    """Of a sample, from its first two moments; nan for one image."""
    variance: PerMask = (square - mean**2).clip(min=0) * (images / (images - 1) if images > 1 else nan)
    return variance


def _relative_spread(means: Float64[np.ndarray, "*resamples columns"], images: int) -> Resampled:
    mean, square = np.split(means, 2, axis=-1)
    spread: Resampled = (np.sqrt(_variance(mean, square, images)) / mean).mean(axis=-1)
    return spread


def _log_excess(means: Float64[np.ndarray, "*resamples columns"], images: int) -> Resampled:
    """Log of the variance of the images' means over that which the variance within images alone gives them."""
    mean, square, chance = np.split(means, 3, axis=-1)
    excess: Resampled = np.log(_variance(mean, square, images) / chance).mean(axis=-1)
    return excess


def _outlier_shares(panel: Panel) -> dict[str, float]:
    """Each image's share of values that are outliers among all trajectories, mean over its mask sizes."""
    shares: dict[str, list[float]] = {image: [] for image in panel.runs}
    for mask in panel.masks:
        runs_by_image = {image: by_mask[mask] for image, by_mask in panel.runs.items() if mask in by_mask}
        all_runs = np.concatenate([*runs_by_image.values()])
        lower, upper = np.quantile(all_runs, (0.25, 0.75), axis=0)
        margin = FENCE_WIDTH * (upper - lower)
        for image, runs in runs_by_image.items():
            outside: Bool[np.ndarray, "seeds points"] = (runs < lower - margin) | (runs > upper + margin)
            shares[image].append(float(outside.mean()))
    return {image: float(np.mean(found)) for image, found in shares.items()}
