"""The direct effect: what a repaint does by itself, on simulated squares and on inpainters whose effect is known."""

from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from riptui.results.direct_effect import find_chances, sum_direct_changes
from riptui.results.exposure import LUMA, SquareErrors
from riptui.results.patch_errors import read_square_errors
from riptui.results.recursion_effect import compute_effect, fit_slope
from riptui.results.repainted_squares import RepaintedSquares
from riptui.store.trajectory import Trajectory
from tests.support.exhaustive import some_of
from tests.support.made import made_spec
from tests.support.recursed import bundled_pictures, heal, lose_a_little, save_recursion
from tests.support.simulated_studies import simulate_squares


def simulated(seed: int, **fields: object) -> SquareErrors:
    spec = made_spec(seed, mask=64, size=256, **fields)
    return simulate_squares(np.random.default_rng(seed), spec, slope=1.0)


def touch(first: int, second: int) -> bool:
    return first != second and max(abs(a - b) for a, b in zip(divmod(first, 4), divmod(second, 4), strict=True)) == 1


def test_a_repaint_is_undisturbed_if_no_square_that_touches_it_was_repainted_since() -> None:
    member = simulated(0)
    squares = member.squares.tolist()
    expected = []
    for index, square in enumerate(squares):
        earlier = [before for before in range(index) if squares[before] == square]
        since = squares[earlier[-1] + 1 : index] if earlier else []
        expected.append(bool(earlier) and not any(touch(square, other) for other in since))
    assert member.is_undisturbed.tolist() == expected
    assert any(expected)


def test_r_is_the_mean_change_by_the_weights_of_the_direct_effect() -> None:
    member = simulated(1)
    counts = np.bincount(member.squares, minlength=16)[member.squares]
    weights = (member.exposures - 1) * (counts - member.exposures + 1)
    assert fit_slope([member], LUMA) == pytest.approx(weights @ member.changes(LUMA) / weights.sum())


@pytest.mark.parametrize("order", ["replacement", "shuffle"])
def test_undisturbed_repaints_by_the_inverse_of_their_chance_stand_for_all(order: str) -> None:
    rng = np.random.default_rng(0)
    spec = made_spec(0, mask=64, size=256, amount=250, order=order)
    stood, repaints = np.zeros(16), np.zeros(16)
    for _ in range(400):
        squares = rng.integers(0, 16, 40)
        if order == "shuffle":
            squares = np.concatenate([rng.permutation(16) for _ in range(3)])[:40]
        repainted = RepaintedSquares(spec.mask, squares, np.arange(40))
        member = SquareErrors(Trajectory(Path("simulated")), spec, (), repainted, {}, {})
        undisturbed = member.is_undisturbed
        stood += np.bincount(squares[undisturbed], 1 / find_chances(member)[undisturbed], minlength=16)
        repaints += np.bincount(squares[~member.is_first], minlength=16)
    edge = np.pad(np.zeros((2, 2), bool), 1, constant_values=True).ravel()
    for where in (edge, ~edge):
        assert stood[where].sum() == pytest.approx(repaints[where].sum(), rel=0.3)


@pytest.mark.slow
def test_the_direct_effect_is_what_r_would_be_if_the_surroundings_did_nothing() -> None:
    """Repaints do less and less, and each square that touches it does most with its first repaint."""
    alone, together = [], []
    for member in map(simulated, range(200)):
        own = 30 * np.sqrt(member.exposures)
        around = np.zeros(len(own))
        for index, square in enumerate(member.squares):
            around[index] = 20 * len({other for other in member.squares[:index].tolist() if touch(int(square), other)})
        alone.append(replace(member, errors={LUMA: own}))
        together.append(replace(member, errors={LUMA: own + around}))
    changes, weights = sum_direct_changes(together, LUMA)
    expected = fit_slope(alone, LUMA)
    assert changes / weights == pytest.approx(expected, rel=0.03)
    assert fit_slope(together, LUMA) > 1.5 * expected


@pytest.mark.slow
def test_the_parts_add_up_to_r() -> None:
    effect = compute_effect([simulated(image) for image in range(6)], LUMA)
    assert effect.direct.value + effect.indirect.value == pytest.approx(effect.relative_slope.value)
    assert effect.direct.low < effect.direct.value < effect.direct.high


@pytest.mark.slow
@pytest.mark.parametrize("order", ["raster", "offset"])
def test_orders_in_which_no_repaint_is_undisturbed_have_none(order: str, tmp_path: Path) -> None:
    original = bundled_pictures(1)[0]
    member = read_square_errors(save_recursion(tmp_path / "a", original, heal(original), order=order, amount=200.0))
    effect = compute_effect([member], LUMA)
    assert isnan(effect.direct.value)
    assert isnan(effect.indirect.value)
    assert effect.relative_slope.value < 0


@pytest.mark.slow
@pytest.mark.parametrize("name", some_of(["telea", "navier-stokes", "biharmonic"], "telea"))
def test_inpainters_that_do_not_see_what_is_under_the_mask_have_no_direct_effect(name: str, tmp_path: Path) -> None:
    """OpenCV's see it where the mask touches the image's edge: they have next to none there."""
    pictures = bundled_pictures(5)
    members = [
        read_square_errors(save_recursion(tmp_path / str(index), picture, inpainter=name), [LUMA])
        for index, picture in enumerate(pictures)
    ]
    inner = [np.isin(member.squares, (5, 6, 9, 10)) & member.is_undisturbed for member in members]
    found = np.concatenate([member.changes(LUMA)[chosen] for member, chosen in zip(members, inner, strict=True)])
    assert len(found) >= 5
    assert (found == 0).all()
    assert abs(compute_effect(members, LUMA).direct.value) < 0.1


@pytest.mark.slow
@pytest.mark.exhaustive
def test_inpainters_that_do_see_it_have_all_of_their_effect_directly(tmp_path: Path) -> None:
    signs = {}
    for name in ("lose", "heal"):
        effect = compute_effect(
            [
                read_square_errors(
                    save_recursion(
                        tmp_path / f"{name}-{index}-{seed}",
                        picture,
                        heal(picture) if name == "heal" else lose_a_little(),
                        seed=seed,
                    ),
                    [LUMA],
                )
                for index, picture in enumerate(bundled_pictures(6))
                for seed in range(2)
            ],
            LUMA,
        )
        assert effect.direct.low * effect.direct.high > 0
        assert effect.indirect.low < 0 < effect.indirect.high
        signs[name] = np.sign(effect.direct.value)
    assert signs == {"lose": 1, "heal": -1}
