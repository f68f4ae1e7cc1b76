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
from riptui.results.curves import Values
from riptui.results.panel import Panel, Runs
from riptui.results.verdicts import LEAST_PAIRED, LEAST_SPREAD, ROUNDING, Evidence, Finding

NETS = ("lpips-vgg", "lpips-alex", "lpips-squeeze")
LARGE = 0.25  # sd over images / mean, above which a spread is called large
AGREEMENT = 0.5  # Spearman's rank correlation, above which nets are said to agree
LEAST_RUNS = 3  # seeds of one image and mask size, for a spread over runs
FENCE = 1.5  # interquartile ranges beyond the quartiles (Tukey), outside which a value is an outlier

PerMask = Float64[np.ndarray, "*resamples masks"]


def grows(panel: Panel) -> Finding:
    """1. Kendall's tau-a with the amount: 1 where each measured frame is farther than all before, 0 without a trend."""
    first, second = np.triu_indices(len(panel.inpainted), 1)

    def tau(runs: Runs) -> Float64[np.ndarray, " seeds"]:
        signs: Float64[np.ndarray, " seeds"] = np.sign(runs[:, second] - runs[:, first]).mean(axis=1)
        return signs

    evidence = [("Kendall's tau of distance and amount", panel.by_image(tau), 0.0)] if len(first) >= 3 else []
    return Finding(
        1,
        "The distance to the original grows with the inpainted amount.",
        "Kendall's tau of each trajectory, frame 0 left out; mean over images",
        _of_means(evidence),
        panel.trajectories,
        "" if evidence else "it needs 3 measured frames after frame 0",
    )


def slows_without_settling(panel: Panel) -> Finding:
    """2. Straight lines through the two halves of each curve: the first is steeper, and the second still rises."""
    early = panel.inpainted <= panel.inpainted[-1] / 2
    late = ~early
    evidence = []
    if early.sum() >= 2 and late.sum() >= 2:
        before = panel.by_image(lambda runs: runs[:, early] @ _slope(panel.inpainted[early]))
        after = panel.by_image(lambda runs: runs[:, late] @ _slope(panel.inpainted[late]))
        evidence = [
            ("slope of the first half less that of the second, per 100 %", before - after, 0.0),
            ("slope of the second half, per 100 %", after, 0.0),
        ]
    return Finding(
        2,
        "Its slope falls, but it does not settle.",
        "least-squares slopes of both halves of each trajectory, frame 0 left out; mean over images",
        _of_means(evidence),
        panel.trajectories,
        "" if evidence else "it needs 2 measured frames in each half",
    )


def larger_masks_end_farther(panel: Panel) -> Finding:
    """3. Each mask size against the next larger one, on the same image at the same amount."""
    images = panel.whole()
    last = panel.means(images)[:, :, -1]
    evidence = [
        (f"distance with {larger} px less that with {smaller} px", last[:, at + 1] - last[:, at], 0.0)
        for at, (smaller, larger) in enumerate(pairwise(panel.masks))
    ]
    return Finding(
        3,
        "Larger masks end farther away at the same amount.",
        f"paired differences by image at {panel.inpainted[-1]:g} %, of neighbouring mask sizes; mean over images",
        _of_means(evidence),
        panel.trajectories,
        "" if evidence else "it needs two mask sizes of each image",
    )


def nets_agree(nets: Mapping[str, Panel]) -> Finding:
    """4. Whether two nets put the images in the same order, at each mask size and amount."""
    evidence = []
    measured = [nets[name] for name in NETS if name in nets]
    for one, other in combinations(measured, 2):
        images = [image for image in one.whole() if image in {*other.whole()}]
        cells = len(one.masks) * len(one.inpainted)
        ranks = [_ranks(panel.means(images).reshape(len(images), cells)) for panel in (one, other)]
        effect = estimate(_products(*ranks), lambda means: _correlation(means).mean(axis=-1))
        evidence.append(
            Evidence(f"rank correlation of {one.metric} and {other.metric}", effect, AGREEMENT, LEAST_SPREAD)
        )
    return Finding(
        4,
        "The three nets agree.",
        f"Spearman's correlation over images, mean over mask sizes and amounts; agreement is above {AGREEMENT}",
        tuple(evidence) if len(measured) == len(NETS) else (),
        measured[0].trajectories if measured else 0,
        "" if len(measured) == len(NETS) else f"it needs {', '.join(NETS)}: riptui measure adds them",
    )


def images_differ(panel: Panel) -> Finding:
    """5. The spread over images is large, for its mean, and where there are seeds, for what chance alone gives."""
    images, repeated = panel.whole(), panel.whole(seeds=2)
    last = panel.means(images)[:, :, -1]
    relative = estimate(_moments(last), lambda means: _relative_spread(means, len(images)))
    evidence = [Evidence("sd over images / mean", relative, LARGE, LEAST_SPREAD)]
    note = "no image has two seeds at each mask size, so what chance alone gives is not known"
    if repeated:
        chance = panel.reduced(repeated, lambda runs: runs.var(axis=0, ddof=1) / len(runs))[:, :, -1]
        note = "" if (chance.mean(axis=0) > ROUNDING**2).all() else "the seeds make no difference"
    if repeated and not note:
        columns = np.concatenate([_moments(panel.means(repeated)[:, :, -1]), chance], axis=1)
        excess = estimate(columns, lambda means: _log_excess(means, len(repeated))).map(lambda log: exp(log / 2))
        what = "sd over images / what the seeds alone would give"
        evidence.append(Evidence(what, excess, 1.0, LEAST_SPREAD))
    return Finding(
        5,
        "The spread over images is large.",
        f"sd over images at {panel.inpainted[-1]:g} %, mean over mask sizes; large is above {LARGE} of the mean",
        tuple(evidence),
        panel.trajectories,
        note,
    )


def vgg_has_fewest_outliers(nets: Mapping[str, Panel]) -> Finding:
    """6. Share of values outside the fences of their mask size and amount; the fences are those of all the data."""
    evidence = []
    if all(name in nets for name in NETS):
        shares = {name: _outliers(nets[name]) for name in NETS}
        vgg = shares["lpips-vgg"]
        for name in NETS[1:]:
            more = np.array([100 * (shares[name][image] - vgg[image]) for image in vgg if image in shares[name]])
            evidence.append((f"outliers of {name} less those of lpips-vgg, % of values", more, 0.0))
    return Finding(
        6,
        "VGG has the fewest outliers.",
        f"values more than {FENCE} interquartile ranges outside the quartiles of their mask size and amount; "
        "paired differences by image, mean over images",
        _of_means(evidence, LEAST_SPREAD),
        nets[NETS[0]].trajectories if evidence else 0,
        "" if evidence else f"it needs {', '.join(NETS)}: riptui measure adds them",
    )


def runs_spread(panel: Panel) -> Finding:
    """7. The sd over the seeds of one image: against the next larger mask size, and along the amount."""
    images = panel.whole(seeds=LEAST_RUNS)
    sd = panel.reduced(images, lambda runs: runs.std(axis=0, ddof=1))
    log_sd = np.log(sd[(sd > ROUNDING).all(axis=(1, 2))])
    by_mask = log_sd.mean(axis=2)
    evidence = []
    if len(log_sd) and len(panel.masks) > 1 and len(panel.inpainted) > 1:
        for at, (smaller, larger) in enumerate(pairwise(panel.masks)):
            effect = estimate((by_mask[:, at + 1] - by_mask[:, at])[:, None]).map(exp)
            evidence.append(Evidence(f"sd over runs with {larger} px / that with {smaller} px", effect, 1.0))
        fall = -(log_sd.mean(axis=1) @ _slope(panel.inpainted))
        effect = estimate(fall[:, None]).map(exp)
        evidence.append(Evidence("sd over runs / that after 100 % more", effect, 1.0))
    return Finding(
        7,
        "Over runs of one image, the spread is larger for larger masks and falls with the amount.",
        "log of the sd over seeds: paired differences of neighbouring mask sizes, and its slope; mean over images",
        tuple(evidence),
        panel.trajectories,
        "" if evidence else f"it needs images with {LEAST_RUNS} seeds at each of two mask sizes, and a spread at all",
    )


def _of_means(
    effects: Sequence[tuple[str, Float64[np.ndarray, " images"], float]], least: int = LEAST_PAIRED
) -> tuple[Evidence, ...]:
    """Evidence that is the mean over images of a number of each: what it is, the numbers, the null."""
    return tuple(Evidence(what, estimate(values[:, None]), null, least) for what, values, null in effects)


def _slope(inpainted: Values) -> Values:
    """Weights whose product with values is their least-squares slope, per 100 %."""
    centred = inpainted - inpainted.mean()
    weights: Values = 100 * centred / (centred @ centred)
    return weights


def _ranks(values: Float64[np.ndarray, "images cells"]) -> Float64[np.ndarray, "images cells"]:
    """Within each column; equal values share the mean of their ranks."""
    ranked = np.empty_like(values)
    for cell, column in enumerate(values.T):
        _, place, count = np.unique(column, return_inverse=True, return_counts=True)
        ranked[:, cell] = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranked


def _products(x: Float64[np.ndarray, "images cells"], y: Float64[np.ndarray, "images cells"]) -> Columns:
    """Columns whose means give the correlation of each cell."""
    return np.concatenate([x, y, x * x, y * y, x * y], axis=1)


def _correlation(means: Float64[np.ndarray, "*resamples columns"]) -> Float64[np.ndarray, "*resamples cells"]:
    """Of each cell. The ranks are those among all images, whichever are drawn."""
    x, y, xx, yy, xy = np.split(means, 5, axis=-1)
    found: Float64[np.ndarray, "*resamples cells"] = (xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y))
    return found


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


def _outliers(panel: Panel) -> dict[str, float]:
    """Each image's share of values that are outliers among all trajectories, mean over its mask sizes."""
    shares: dict[str, list[float]] = {image: [] for image in panel.runs}
    for mask in panel.masks:
        having = {image: by_mask[mask] for image, by_mask in panel.runs.items() if mask in by_mask}
        everything = np.concatenate([*having.values()])
        lower, upper = np.quantile(everything, (0.25, 0.75), axis=0)
        reach = FENCE * (upper - lower)
        for image, runs in having.items():
            outside: Bool[np.ndarray, "seeds points"] = (runs < lower - reach) | (runs > upper + reach)
            shares[image].append(float(outside.mean()))
    return {image: float(np.mean(found)) for image, found in shares.items()}
