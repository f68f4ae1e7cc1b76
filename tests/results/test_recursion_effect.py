"""The recursion effect over a sample of pictures, and of sequences where pictures share them: simulated, no pixels."""

from itertools import chain

import numpy as np
import pytest

from riptui.results.bootstrap import estimate, estimate_crossed, ratio_of_means
from riptui.results.curves import average_by_image, extract_curves
from riptui.results.exposure import LUMA, SquareErrors
from riptui.results.order_differences import compare_orders
from riptui.results.recursion_effect import compute_effect, fit_slope
from riptui.results.statistics import estimate_by_image
from riptui.spec import SquareSource
from tests.support.made import made_spec, made_summary
from tests.support.simulated_studies import recursion_effect_held, simulate_squares


def sample(images: int, seeds: int, squares: SquareSource) -> list[list[SquareErrors]]:
    rng = np.random.default_rng([images, seeds])
    return [
        [
            simulate_squares(
                rng, made_spec(image, mask=64, size=256, seed=seed, squares=squares), slope=0.1 * image - 0.2 * seed
            )
            for seed in range(seeds)
        ]
        for image in range(images)
    ]


@pytest.mark.parametrize(("seeds", "squares"), [(1, "own"), (6, "own"), (3, "shared")])
def test_pictures_are_the_sample_and_their_seeds_are_pooled(seeds: int, squares: SquareSource) -> None:
    members = sample(6, seeds, squares)
    slopes = np.array([[fit_slope(of_image, LUMA)] for of_image in members])
    assert compute_effect(chain.from_iterable(members), LUMA).slope == estimate(slopes)


def test_sequences_that_pictures_share_are_a_sample_too() -> None:
    members = sample(6, 5, "shared")
    del members[2][3]
    effect = compute_effect(chain.from_iterable(members), LUMA)
    cells = np.full((6, 5, 2), np.nan)
    for image, of_image in enumerate(members):
        for member in of_image:
            firsts = member.errors[LUMA][member.is_first]
            cells[image, member.spec.seed] = fit_slope([member], LUMA), firsts.mean()
    slope = estimate_crossed(cells[..., :1])
    assert effect.slope == slope
    assert effect.relative_slope == estimate_crossed(cells, ratio_of_means).map(lambda share: 100 * share)
    over_images = estimate(np.nanmean(cells[..., :1], axis=1))
    assert slope.high - slope.low > over_images.high - over_images.low, "the sequences differ too"
    assert effect.excess.value == pytest.approx(effect.end.value * (1 - effect.explained.value / 100))


@pytest.mark.slow
def test_nineteen_of_twenty_intervals_of_r_hold_the_truth() -> None:
    held = [recursion_effect_held(np.random.default_rng([8, trial]), 8, 0.5) for trial in range(20)]
    assert (np.mean(held, axis=0) >= 0.85).all()


@pytest.mark.parametrize("squares", ["own", "shared"])
def test_orders_are_paired_by_picture_and_where_squares_are_shared_by_seed(squares: SquareSource) -> None:

    rng = np.random.default_rng(0)
    summaries = []
    for order in ("replacement", "shuffle"):
        for image in range(6):
            for seed in range(5):
                spec = made_spec(image, mask=128, seed=seed, order=order, squares=squares)
                end = rng.random()
                summaries.append(made_summary(spec, {"ssim": np.linspace(1, end, 9).tolist()}))
    curves = extract_curves(summaries, "ssim")
    [at_end] = [found for found in compare_orders(curves) if found.inpainted == 400]
    firsts, seconds = curves[:30], curves[30:]
    if squares == "shared":
        pairs = zip(firsts, seconds, strict=True)
        expected = estimate_by_image(firsts, [left.values[-1] - right.values[-1] for left, right in pairs])
    else:
        ends = [average_by_image(found, [curve.values[-1] for curve in found]) for found in (firsts, seconds)]
        expected = estimate((ends[0] - ends[1])[:, None])
    assert at_end.difference == expected
    assert at_end.difference.images == 6
