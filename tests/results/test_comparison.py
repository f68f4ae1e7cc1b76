"""Inpainters side by side: ordered by drift, only on what all of them did, with tests that pair the images."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from riptui.errors import InputError
from riptui.results.comparison import compare
from riptui.results.curves import Curve, extract_curves, select_points
from riptui.results.verdict import adjust_p
from riptui.store.listing import find_all_trajectories, summarize
from tests.support.made import made_spec, made_summary, write

SLOPES = {"biharmonic": 0.3, "navier-stokes": 0.5, "telea": 0.9}


def drifting(
    slopes: Mapping[str, float] = SLOPES,
    *,
    images: Iterable[int] = range(12),
    noise: float = 0.05,
    metric: str = "lpips-vgg",
    sign: float = 1,
) -> list[Curve]:
    """Straight lines: an inpainter's slope, an image's and some noise; two seeds of each image."""
    rng = np.random.default_rng(0)
    levels = rng.normal(1, 0.2, 100)
    made = [
        made_summary(
            made_spec(image, inpainter=name, seed=seed, mask=256),
            {metric: (slope + rng.normal(0, noise)) * levels[image] * np.arange(9) / 8 * sign + (sign < 0)},
        )
        for name, slope in slopes.items()
        for image in images
        for seed in range(2)
    ]
    return extract_curves(made, metric)


def test_the_one_that_drifts_least_comes_first() -> None:
    found = compare(drifting())
    assert [one.key for one in found.standings] == [("biharmonic",), ("navier-stokes",), ("telea",)]
    assert [one.area.value for one in found.standings] == pytest.approx([0.15, 0.25, 0.45], rel=0.15)
    for one in found.standings:
        assert one.area.low < one.area.value < one.area.high
        assert (one.trajectories, one.area.images) == (24, 12)
        assert one.half_life == pytest.approx(200)
    assert found.left_out == 0


def test_of_a_likeness_the_highest_comes_first_and_differences_keep_their_sense() -> None:
    found = compare(drifting(metric="ssim", sign=-1))
    assert [one.key for one in found.standings] == [("biharmonic",), ("navier-stokes",), ("telea",)]
    assert all(one.effect.low > 0 for one in found.differences)


def test_differences_are_paired_by_image_with_scipys_wilcoxon_adjusted_by_adjust_p() -> None:
    members = drifting()
    found = compare(members)
    areas = {
        name: np.array(
            [
                np.mean(
                    [
                        one.values[1:-1].sum() / 8 + one.values[[0, -1]].sum() / 16
                        for one in members
                        if one.spec.inpainter == name and one.spec.source_name == f"{image}.png"
                    ]
                )
                for image in range(12)
            ]
        )
        for name in SLOPES
    }
    assert [(one.nearer[0], one.farther[0]) for one in found.differences] == [
        ("biharmonic", "navier-stokes"),
        ("biharmonic", "telea"),
        ("navier-stokes", "telea"),
    ]
    for one in found.differences:
        difference = areas[one.farther[0]] - areas[one.nearer[0]]
        assert one.effect.value == pytest.approx(difference.mean())
        assert one.p == pytest.approx(scipy.stats.wilcoxon(difference).pvalue)
    assert [one.adjusted for one in found.differences] == adjust_p([one.p for one in found.differences])
    assert all(one.adjusted < 0.01 for one in found.differences)


def test_holm_is_as_in_his_example_of_definition() -> None:
    assert adjust_p([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_p([0.5, 0.9]) == [1.0, 1.0]
    assert adjust_p([]) == []


@pytest.mark.slow
@pytest.mark.exhaustive
def test_equal_inpainters_are_told_apart_no_more_often_than_by_chance() -> None:
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(100):
        seeds = rng.integers(2**32)
        noise = np.random.default_rng(seeds).normal(0.5, 0.1, (3, 10))
        made = [
            made_summary(made_spec(image, inpainter=name, mask=256), {"ssim": [noise[place, image]] * 9})
            for place, name in enumerate(SLOPES)
            for image in range(10)
        ]
        told += any(one.adjusted < 0.05 for one in compare(extract_curves(made, "ssim")).differences)
    assert told <= 11, "the familywise rate is 5 %"


def test_what_not_every_inpainter_did_is_left_out() -> None:
    both = drifting({"telea": 0.9, "biharmonic": 0.3})
    alone = drifting({"telea": 5.0}, images=range(20, 24))
    unfinished = made_summary(made_spec(50, inpainter="telea", mask=256), {"lpips-vgg": lambda x: 9.0}, until=100.0)
    found = compare([*both, *alone, *extract_curves([unfinished], "lpips-vgg")])
    assert found.standings == compare(both).standings
    assert found.left_out == 9


def test_inpainters_that_never_differ_are_not_told_apart() -> None:
    [difference] = compare(drifting({"telea": 0.5, "biharmonic": 0.5}, noise=0)).differences
    assert (difference.p, difference.adjusted, difference.effect.value) == (1, 1, 0)


def test_seconds_are_those_of_the_rows(tmp_path: Path) -> None:
    for name, seconds in (("telea", 0.25), ("biharmonic", 4.0)):
        spec = made_spec(mask=256, inpainter=name)
        write(tmp_path / name, spec, {"ssim": lambda x: 1 - x / 1000}, seconds=seconds)
    found = compare(extract_curves(map(summarize, find_all_trajectories([tmp_path])), "ssim"))
    assert {one.key[0]: one.seconds for one in found.standings} == {"telea": 0.25, "biharmonic": 4.0}


def test_settings_can_be_compared_too() -> None:
    made = [
        made_summary(made_spec(image, order=order, mask=256), {"ssim": lambda x: 0.5})
        for order in ("replacement", "shuffle")
        for image in range(3)
    ]
    assert len(compare(extract_curves(made, "ssim"), ["inpainter", "order"]).standings) == 2


def test_the_same_squares_twice_in_one_group_are_refused() -> None:
    made = [made_summary(made_spec(mask=256, parameters={"radius": radius}), {"ssim": [0.5] * 9}) for radius in (3, 5)]
    other = drifting({"telea": 1.0}, metric="ssim")
    with pytest.raises(
        InputError, match=r"have the same inpainter, mask, seed, .* and image: also compare by the setting"
    ):
        compare([*extract_curves(made, "ssim"), *other])


def test_unlike_amounts_orders_and_squares_are_not_compared() -> None:
    for setting in ({"amount": 200.0}, {"order": "raster"}, {"squares": "shared"}):
        made = [
            made_summary(made_spec(mask=256, inpainter="telea"), {"ssim": lambda x: 0.5}),
            made_summary(made_spec(mask=256, inpainter="biharmonic", **setting), {"ssim": lambda x: 0.5}),
        ]
        with pytest.raises(InputError, match="is complete in all of them"):
            compare(extract_curves(made, "ssim"))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (drifting({"telea": 1.0}), "nothing to compare: all measured trajectories have the same inpainter"),
        (
            [*drifting({"telea": 1.0}), *drifting({"biharmonic": 1.0}, images=range(20, 25))],
            "no combination of image, mask size, seed, squares and amount is complete in all",
        ),
        (drifting(metric="entropy"), "entropy does not measure the distance"),
    ],
)
def test_what_cannot_be_compared_is_refused(members: list[Curve], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(members)


def test_an_unfinished_half_of_a_pair_is_no_pair() -> None:
    members = drifting({"telea": 0.9, "biharmonic": 0.3}, images=range(3))
    first = members[0]
    cut = replace(first, k=first.k[:-1], inpainted=first.inpainted[:-1], values=first.values[:-1])
    found = compare([cut, *members[1:]])
    assert [one.trajectories for one in found.standings] == [5, 5]
    assert found.left_out == 2


def test_areas_are_compared_at_the_amounts_that_all_were_measured_at() -> None:
    """One is measured at every second frame only: its trapezoids are wider, which is no difference."""
    members = drifting({"telea": 0.5, "biharmonic": 0.5}, noise=0.0)
    curved = [replace(one, values=np.sqrt(one.values)) for one in members]
    sparse = [select_points(one, one.inpainted[::4]) if one.spec.inpainter == "telea" else one for one in curved]
    [difference] = compare(sparse).differences
    assert difference.effect.value == pytest.approx(0, abs=1e-12)
    assert difference.p == 1


def test_a_trajectory_measured_at_one_amount_has_no_area_and_spoils_none() -> None:
    members = drifting()
    single = select_points(members[0], members[0].inpainted[-1:])
    found = compare([single, *members[1:]])
    assert all(np.isfinite(one.area.value) for one in found.standings)
    assert all(np.isfinite(one.p) for one in found.differences)
    assert found.left_out == 3


@pytest.mark.parametrize("seeds", [1, 6])
def test_of_shared_squares_the_comparison_says_how_many_and_resamples_them_if_there_are_enough(seeds: int) -> None:
    rng = np.random.default_rng(0)
    by_seed = rng.normal(0, 0.3, seeds)  # what a sequence adds to the difference, in all images alike
    made = [
        made_summary(
            made_spec(image, inpainter=name, seed=seed, mask=256, squares="shared"),
            {"ssim": [1 - step * (0.02 + by_seed[seed] * (name == "telea") / 20) for step in range(9)]},
        )
        for name in ("telea", "biharmonic")
        for image in range(9)
        for seed in range(seeds)
    ]
    found = compare(extract_curves(made, "ssim"))
    assert found.shared_squares == seeds
    [difference] = found.differences
    spread = difference.effect.high - difference.effect.low
    assert spread == pytest.approx(0, abs=1e-12) if seeds == 1 else spread > 0.01, "the images differ in nothing"
