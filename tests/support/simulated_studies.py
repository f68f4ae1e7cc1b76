"""Studies whose truth is known: squares are drawn, damaged and averaged as in the paper's protocol, without pictures.

An image is a grid of 64 px squares, each with a vulnerability; images have the vulnerabilities of a common composition
(a sky that is easy to repaint, an object in the middle that is not) and their own. A square's distance after t repaints
is vulnerability x (1 - exp(-t / TAU)), times a factor for the mask size; an image's is the mean over its squares.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from riptui.results.exposure import LUMA, SquareErrors, sum_of_firsts
from riptui.results.panel import DistanceCurve, Panel
from riptui.results.recursion_effect import compute_effect
from riptui.results.repainted_squares import RepaintedSquares
from riptui.spec import Spec, SquareSource
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec

SIDE = 8  # squares of 64 px on each side of 512 px
TAU = 0.7
AMOUNTS = np.arange(50.0, 401.0, 50.0)
SHARE = 0.2  # extra drift of each doubling of the mask size, where there is any


def composition() -> np.ndarray:
    """What all images have in common: the middle and the bottom are harder to repaint than the top corners."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    common: np.ndarray = 0.3 + y + np.exp(-8 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    return common


def simulate(
    rng: np.random.Generator,
    *,
    images: int,
    squares: SquareSource,
    masks: Sequence[int] = (64, 128, 256),
    seeds: int = 1,
    share: float = 0.0,
    level: bool = False,
    tau: float = TAU,
) -> Panel:
    """A study as its panel of distances; `share`: how much more a mask of twice the size drifts.

    `level`: divide by what coverage alone makes of a mask size at the end, so that with `share` 0 all end equally far.
    """
    scales = {mask: true_mean(masks[0], AMOUNTS[-1]) / true_mean(mask, AMOUNTS[-1]) if level else 1.0 for mask in masks}
    pictures = [composition() * rng.lognormal(0, 0.4, (SIDE, SIDE)) * rng.lognormal(0, 0.3) for _ in range(images)]
    sequences = {(mask, seed): draw(rng, mask) for mask in masks for seed in range(seeds)}
    runs: dict[str, dict[int, dict[int, DistanceCurve]]] = {}
    for number, picture in enumerate(pictures):
        runs[str(number)] = {
            mask: {
                seed: repainted(
                    picture * scales[mask] * (1 + share) ** np.log2(mask / 64),
                    mask,
                    sequences[mask, seed] if squares == "shared" else draw(rng, mask),
                    tau,
                )
                for seed in range(seeds)
            }
            for mask in masks
        }
    return Panel("lpips-vgg", runs, squares == "shared")


def simulate_coverage_alone(rng: np.random.Generator, images: int) -> Panel:
    """The excesses of a study whose squares are damaged once, over D1 x coverage with D1 from the first amount."""

    def excess(curve: DistanceCurve, mask: int) -> DistanceCurve:
        covered = np.asarray(curve.coverages) * expected_coverage(mask)
        return replace(curve, distances=curve.distances - curve.distances[0] / covered[0] * covered)

    panel = simulate(rng, images=images, squares="own", tau=1e-9)
    runs = {
        image: {mask: {seed: excess(curve, mask) for seed, curve in by_seed.items()} for mask, by_seed in found.items()}
        for image, found in panel.runs.items()
    }
    return replace(panel, runs=runs, quantity="excess")


def draw(rng: np.random.Generator, mask: int) -> np.ndarray:
    """The squares of one trajectory, with replacement."""
    cells = (512 // mask) ** 2
    return rng.integers(0, cells, 4 * cells)


def repainted(picture: np.ndarray, mask: int, sequence: np.ndarray, tau: float) -> DistanceCurve:
    """The mean distance at each of AMOUNTS, with the coverage that it had."""
    columns = 512 // mask
    cells, parts = columns**2, np.arange(len(sequence)) * len(AMOUNTS) // len(sequence)
    drawn = np.bincount(parts * cells + sequence, minlength=len(AMOUNTS) * cells).reshape(-1, columns, columns)
    exposures = drawn.cumsum(axis=0)
    each = exposures.repeat(mask // 64, axis=1).repeat(mask // 64, axis=2)
    covered = (exposures > 0).mean(axis=(1, 2)) / expected_coverage(mask)
    return DistanceCurve(AMOUNTS, (picture * (1 - np.exp(-each / tau))).mean(axis=(1, 2)), covered)


def expected_coverage(mask: int) -> np.ndarray:
    """The share of an image at each of AMOUNTS."""
    cells = (512 // mask) ** 2
    covered: np.ndarray = 1 - (1 - 1 / cells) ** (AMOUNTS * cells / 100)
    return covered


def true_mean(mask: int, amount: float) -> float:
    """The expected distance over all images and squares (share = 0)."""
    cells = (512 // mask) ** 2
    draws = int(amount * cells / 100)
    remaining = (1 - (1 - np.exp(-1 / TAU)) / cells) ** draws  # the mean of exp(-t / TAU), t binomial
    common: float = composition().mean() * np.exp(0.4**2 / 2 + 0.3**2 / 2)
    return common * float(1 - remaining)


class SimulatedRepaints(NamedTuple):
    """One trajectory, iteration by iteration."""

    frames: np.ndarray
    """Distances of frames 0, 1, 2 ..."""
    is_first: np.ndarray
    """Whether each iteration was its square's first repaint."""
    null: float
    """The expected distance at the end if each square had stayed as its first repaint left it."""


def simulate_repaints(
    rng: np.random.Generator, picture: np.ndarray, mask: int, *, chance: float = 0.1
) -> SimulatedRepaints:
    """A trajectory of 400 %; a repaint's outcome varies by `chance` (a standard deviation of its logarithm)."""
    columns = 512 // mask
    vulnerability = picture.reshape(columns, SIDE // columns, columns, -1).mean(axis=(1, 3)).ravel()
    newest, exposure = np.zeros(columns**2), np.zeros(columns**2, int)
    frames, is_first = [0.0], []
    for square in draw(rng, mask):
        exposure[square] += 1
        is_first.append(exposure[square] == 1)
        outcome = rng.lognormal(-(chance**2) / 2, chance)  # 1 in the mean
        newest[square] = vulnerability[square] * (1 - np.exp(-exposure[square] / TAU)) * outcome
        frames.append(newest.mean())
    null = (vulnerability * (exposure > 0)).mean() * (1 - np.exp(-1 / TAU))
    return SimulatedRepaints(np.array(frames), np.array(is_first), float(null))


def null_errors(rng: np.random.Generator, mask: int, trials: int) -> tuple[float, float]:
    """Root mean square error of a trajectory's coverage null at the end, in % of its mean.

    Of D1 x coverage with D1 from the first 50 %, and of what each square's first repaint added.
    """
    first_amount, first_repaints, truth = [], [], []
    for _ in range(trials):
        picture = composition() * rng.lognormal(0, 0.4, (SIDE, SIDE)) * rng.lognormal(0, 0.3)
        made = simulate_repaints(rng, picture, mask)
        coverage = np.concatenate([[0], made.is_first.cumsum()])
        first = len(made.is_first) // 8  # 50 % of 400 %
        first_amount.append(made.frames[first] / coverage[first] * coverage[-1])
        first_repaints.append(sum_of_firsts(made.frames, made.is_first)[-1])
        truth.append(made.null)

    def error(estimates: list[float]) -> float:
        return float(100 * np.sqrt(np.mean((np.array(estimates) - truth) ** 2)) / np.mean(truth))

    return error(first_amount), error(first_repaints)


def simulate_squares(rng: np.random.Generator, spec: Spec, *, slope: float, noise: float = 1.0) -> SquareErrors:
    """The luma errors of a trajectory whose squares are each as far as they like after one repaint, and change by
    `slope` with each further one."""
    squares = rng.integers(0, spec.cells, spec.iterations)
    repainted = RepaintedSquares(spec.mask, squares, np.arange(spec.iterations))
    found = SquareErrors(Trajectory(Path("simulated")), spec, (), repainted, {}, {})
    vulnerable = rng.lognormal(3, 0.5, spec.cells)[squares]
    errors = vulnerable + slope * (found.exposures - 1) + rng.normal(0, noise, len(squares))
    return replace(found, errors={LUMA: errors})


def recursion_effect_held(rng: np.random.Generator, images: int, slope: float) -> tuple[bool, bool]:
    """Whether the intervals of R and of the direct effect hold the truth, where each image has a slope of its own
    around it, and the surroundings do nothing."""
    specs = (made_spec(image, mask=64, size=256) for image in range(images))
    members = [simulate_squares(rng, spec, slope=slope + rng.normal(0, 0.3)) for spec in specs]
    found = compute_effect(members, LUMA)
    direct = 100 * slope / (np.exp(3 + 0.5**2 / 2))  # in % of the expected error after one repaint
    return bool(found.slope.low <= slope <= found.slope.high), bool(found.direct.low <= direct <= found.direct.high)
