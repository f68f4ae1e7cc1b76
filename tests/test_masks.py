"""The squares: drawn evenly and independently, a function of the spec and the iteration, and the same for ever."""

import hashlib
import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, chisquare

from riptui.errors import SpecError
from riptui.masks import draw_box, draw_mask, draw_noise_seed
from riptui.spec import DRAWN_ORDERS, MAX_SEED, SIZES, Box, Spec
from tests.support.trajectories import make_spec, picture
from tests.test_spec import OTHER, divisors

SPEC = make_spec(picture(256))
DECIDING = {"format", "size", "mask", "order", "seed", "squares", "original_sha256"}
PICTURE = "0123456789abcdef" * 4
GRID_ORDERS = ("replacement", "shuffle", "raster")
Cells = NDArray[np.int64]


def spec(**fields: Any) -> Spec:
    return replace(SPEC, **fields)


def cells(of: Spec, iterations: Iterable[int]) -> Cells:
    """Numbers of the squares, row by row from 0, read off their boxes."""
    columns = of.size // of.mask
    boxes = np.array([draw_box(of, k)[:2] for k in iterations]) // of.mask
    return boxes[:, 1] * columns + boxes[:, 0]


def require_even(counts: Cells) -> None:
    """No cell too often, and not all of them as often as if they had been dealt. The draws are fixed: no flaking."""
    assert 0.001 < chisquare(counts).pvalue < 0.999


def require_independent(one: Cells, other: Cells, count: int) -> None:
    table = np.zeros((count, count), int)
    np.add.at(table, (one, other), 1)
    assert 0.001 < chi2_contingency(table).pvalue < 0.999


# --- the shape of a mask


@pytest.mark.slow
@settings(deadline=None)  # of a busy machine nothing is expected
@given(st.sampled_from(SIZES), st.sampled_from(GRID_ORDERS), st.integers(0, MAX_SEED), st.data())
def test_any_mask_is_one_square_of_the_grid(size: int, order: str, seed: int, data: st.DataObject) -> None:
    side = data.draw(st.sampled_from([m for m in divisors(size) if m >= 16]))
    iteration = data.draw(st.integers(1, 10**7))
    one = spec(size=size, mask=side, order=order, seed=seed)
    x, y, width, height = draw_box(one, iteration)
    assert width == height == side
    assert x % side == y % side == 0
    assert 0 <= x < size
    assert 0 <= y < size
    repaint = draw_mask(one, iteration)
    assert repaint.shape == (size, size)
    assert repaint.dtype == np.bool_
    assert repaint[y : y + height, x : x + width].all()
    assert repaint.sum() == side**2


@pytest.mark.parametrize("order", DRAWN_ORDERS)
def test_a_mask_as_large_as_the_image_is_all_of_it(order: str) -> None:
    whole = spec(size=320, mask=320, order=order)
    assert {draw_box(whole, k) for k in range(1, 10)} == {Box(0, 0, 320, 320)}
    assert draw_mask(whole, 3).all()


@pytest.mark.parametrize(("size", "side"), [(256, 64), (768, 96), (320, 5), (512, 512)])
def test_the_squares_tile_the_image(size: int, side: int) -> None:
    grid = spec(size=size, mask=side, order="raster")
    times = np.zeros((size, size), int)
    for k in range(1, grid.cells + 1):
        times[draw_box(grid, k).window] += 1
    assert (times == 1).all()


# --- drawn with replacement, as in the paper


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, MAX_SEED])
@pytest.mark.parametrize(
    ("size", "side"), [(512, 16), (512, 64), (512, 128), (512, 256), (768, 96), (320, 64), (768, 256)]
)
def test_every_square_is_drawn_equally_often(size: int, side: int, seed: int) -> None:
    one = spec(size=size, mask=side, seed=seed)
    drawn = cells(one, range(1, max(2000, 12 * one.cells) + 1))
    require_even(np.bincount(drawn, minlength=one.cells))


@pytest.mark.parametrize("iteration", [1, 2, 64, 4096])
@pytest.mark.parametrize("side", [64, 128])
def test_over_the_seeds_an_iteration_draws_every_square_equally_often(side: int, iteration: int) -> None:
    drawn = np.concatenate([cells(spec(mask=side, seed=seed), [iteration]) for seed in range(1000)])
    require_even(np.bincount(drawn, minlength=(256 // side) ** 2))


@pytest.mark.slow
@pytest.mark.parametrize("lag", [1, 2, 3, 16])
@pytest.mark.parametrize("side", [64, 128])
def test_a_draw_tells_nothing_of_the_next(side: int, lag: int) -> None:
    one = spec(mask=side, seed=3)
    drawn = cells(one, range(1, 4001))
    require_independent(drawn[:-lag], drawn[lag:], one.cells)


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("seeds", [(0, 1), (1, 2), (0, 2**32), (5, 5 + 2**40)])
def test_a_seed_tells_nothing_of_another(seeds: tuple[int, int], shift: int) -> None:
    one, other = (spec(mask=64, seed=seed) for seed in seeds)
    drawn = cells(one, range(1 + shift, 4001 + shift)), cells(other, range(1, 4001))
    require_independent(*drawn, one.cells)


@pytest.mark.slow
def test_the_square_tells_nothing_of_the_noise() -> None:
    one = spec(mask=64, seed=9)
    noise = np.array([draw_noise_seed(one, k) for k in range(1, 4001)])
    require_independent(cells(one, range(1, 4001)), noise >> 49, 16)


COVERAGE = {  # of simulated independent draws: mean at 50, 100, 200 and 400 % inpainted, sd at 100 %
    16: (0.394, 0.632, 0.865, 0.982, 0.010),
    64: (0.396, 0.635, 0.867, 0.982, 0.039),
    128: (0.403, 0.644, 0.873, 0.984, 0.078),
    256: (0.438, 0.684, 0.900, 0.990, 0.159),
}
ROUNDED = 0.0005  # the table has three digits


@pytest.mark.slow
@pytest.mark.parametrize(("side", "seeds"), [(16, 40), (64, 250), (128, 500), (256, 1000)])
@pytest.mark.exhaustive
def test_coverage_grows_as_by_independent_draws(side: int, seeds: int) -> None:
    one = spec(size=512, mask=side)
    ends = [one.cells // 2, one.cells, 2 * one.cells, 4 * one.cells]
    covered = np.empty((seeds, len(ends)))
    for seed in range(seeds):
        drawn = cells(spec(size=512, mask=side, seed=seed), range(1, ends[-1] + 1))
        covered[seed] = [len(np.unique(drawn[:end])) / one.cells for end in ends]
    *means, sd = COVERAGE[side]
    standard_error = covered.std(axis=0, ddof=1) / np.sqrt(seeds)
    assert (abs(covered.mean(axis=0) - means) < 3 * standard_error + ROUNDED).all()
    assert covered[:, 1].std(ddof=1) == pytest.approx(sd, abs=3 * sd / np.sqrt(2 * seeds) + ROUNDED)


# --- drawn without replacement, and in order


@pytest.mark.slow
@pytest.mark.parametrize(("size", "side"), [(512, 16), (256, 64), (768, 96), (768, 256), (256, 256)])
@pytest.mark.parametrize("order", ["shuffle", "raster"])
def test_without_replacement_every_100_percent_touches_every_square_once(order: str, size: int, side: int) -> None:
    one = spec(size=size, mask=side, order=order, seed=4)
    cycles = min(4, 1 + 1000 // one.cells)
    drawn = cells(one, range(1, cycles * one.cells + 1)).reshape(cycles, one.cells)
    assert (np.sort(drawn, axis=1) == np.arange(one.cells)).all()


@pytest.mark.slow
def test_a_shuffle_is_another_in_every_cycle_and_for_every_seed() -> None:
    orders = {
        tuple(cells(spec(mask=64, order="shuffle", seed=seed), range(16 * cycle + 1, 16 * cycle + 17)))
        for seed in range(20)
        for cycle in range(20)
    }
    assert len(orders) == 400


@pytest.mark.parametrize("place", [1, 2, 16])
def test_every_square_comes_equally_often_at_each_place_of_a_shuffle(place: int) -> None:
    drawn = cells(spec(mask=64, order="shuffle", seed=5), range(place, 16 * 1000, 16))
    require_even(np.bincount(drawn, minlength=16))


@pytest.mark.slow
def test_consecutive_squares_of_a_shuffle_are_all_pairs_equally_often() -> None:
    drawn = cells(spec(mask=128, order="shuffle", seed=6), range(1, 8001)).reshape(-1, 4)
    pairs = np.bincount(drawn[:, 0] * 4 + drawn[:, 1], minlength=16)
    assert (pairs[::5] == 0).all()
    require_even(np.delete(pairs, np.s_[::5]))


def test_raster_goes_row_by_row_whatever_the_seed() -> None:
    one = spec(mask=64, order="raster", seed=7)
    assert cells(one, range(1, 41)).tolist() == [*range(16), *range(16), *range(8)]
    assert draw_box(one, 2) == Box(64, 0, 64, 64)


# --- on a grid that is shifted at each iteration


@pytest.mark.slow
@pytest.mark.parametrize(("size", "side"), [(256, 64), (320, 80), (256, 16)])
def test_a_shifted_square_is_that_of_replacement_moved_by_multiples_of_8_across_the_edges(size: int, side: int) -> None:
    one = spec(size=size, mask=side, order="offset", seed=3)
    shifts = set()
    for k in range(1, 40):
        x, y = draw_box(replace(one, order="replacement"), k)[:2]
        expected = np.zeros((size, size), bool)
        expected[y : y + side, x : x + side] = True
        found = [
            (across, down)
            for across in range(0, side, 8)
            for down in range(0, side, 8)
            if (draw_mask(one, k) == np.roll(expected, (down, across), (0, 1))).all()
        ]
        assert len(found) == 1
        shifts.update(found)
    assert {across for across, _ in shifts} == {down for _, down in shifts} == set(range(0, side, 8))


@pytest.mark.slow
def test_on_shifted_grids_each_pixel_is_repainted_equally_often() -> None:
    one = spec(mask=64, order="offset", seed=4)
    times = np.sum([draw_mask(one, k)[::8, ::8] for k in range(1, 1601)], axis=0)
    assert times.mean() == 100  # exactly: each mask has 64 x 64 of 256 x 256 pixels
    assert times.std() == pytest.approx(np.sqrt(1600 * 15 / 256), rel=0.15)
    assert times[0].mean() == pytest.approx(100, abs=10)  # neither fewer nor more at an edge


@pytest.mark.parametrize("side", [8, 4, 20])
def test_a_grid_that_cannot_be_shifted_by_8_px_is_refused(side: int) -> None:
    with pytest.raises(SpecError, match=rf"mask {side} px must be a multiple of 8 px above 8"):
        spec(size=320, mask=side, order="offset")


# --- a function of the spec and the iteration


@pytest.mark.parametrize("order", DRAWN_ORDERS)
def test_any_order_of_asking_gives_the_same_masks(order: str) -> None:
    one = spec(mask=64, order=order, seed=8)
    iterations = list(range(1, 65))
    forward = {k: (draw_box(one, k), draw_noise_seed(one, k)) for k in iterations}
    random.Random(0).shuffle(iterations)
    assert {k: (draw_box(one, k), draw_noise_seed(one, k)) for k in iterations} == forward


def test_the_global_random_numbers_are_neither_used_nor_disturbed() -> None:
    one = spec(mask=64)
    drawn = draw_box(one, 1), draw_noise_seed(one, 1)
    random.seed(1)
    np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist()
    assert (draw_box(one, 1), draw_noise_seed(one, 1)) == drawn
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


@pytest.mark.parametrize("order", DRAWN_ORDERS)
@pytest.mark.parametrize(
    "field", sorted(OTHER.keys() - {"format", "size", "mask", "masks", "order", "seed", "squares", "original_sha256"})
)
def test_nothing_but_the_grid_the_order_the_seed_and_the_picture_decides_squares_and_noise(
    field: str, order: str
) -> None:
    one = spec(mask=64, order=order, seed=10)
    other = spec(**{"mask": 64, "order": order, "seed": 10, field: OTHER[field]})
    assert [draw_box(one, k) for k in range(1, 65)] == [draw_box(other, k) for k in range(1, 65)]
    assert [draw_noise_seed(one, k) for k in range(1, 65)] == [draw_noise_seed(other, k) for k in range(1, 65)]


def test_another_seed_draws_other_squares() -> None:
    drawn = {tuple(cells(spec(mask=64, seed=seed), range(1, 17))) for seed in [*range(100), 2**32, MAX_SEED]}
    assert len(drawn) == 102


# --- noise seeds


@pytest.mark.slow
def test_noise_seeds_never_collide_in_an_experiment_and_any_json_reader_keeps_them_exact() -> None:
    seeds = [
        draw_noise_seed(spec(seed=seed), k) for seed in range(100) for k in range(1, 337)
    ]  # the paper's second: 33,600
    assert len(set(seeds)) == 33_600
    assert all(0 <= seed < 2**53 and int(float(seed)) == seed for seed in seeds)
    for bits in (np.array(seeds) >> 45, np.array(seeds) & 255):
        require_even(np.bincount(bits, minlength=256))


# --- squares of a picture's own


PICTURES = [hashlib.sha256(b"picture %d" % number).hexdigest() for number in range(100)]


@pytest.mark.slow
def test_a_hundred_pictures_have_a_hundred_sequences_of_squares_and_of_noise() -> None:
    sequences = {tuple(cells(spec(mask=128, original_sha256=of), range(1, 65))) for of in PICTURES}
    noise = {draw_noise_seed(spec(original_sha256=of), k) for of in PICTURES for k in range(1, 65)}
    assert len(sequences) == len(PICTURES)
    assert len(noise) == 64 * len(PICTURES)


@pytest.mark.parametrize("side", [64, 128])
def test_over_the_pictures_an_iteration_draws_every_square_equally_often(side: int) -> None:
    drawn = np.concatenate([cells(spec(mask=side, original_sha256=of), range(1, 17)) for of in PICTURES])
    require_even(np.bincount(drawn, minlength=(256 // side) ** 2))


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields", [{"original_sha256": PICTURES[1]}, {"original_sha256": PICTURES[0][:-1] + "f"}, {"seed": 1}]
)
@pytest.mark.parametrize("order", ["replacement", "shuffle"])
def test_a_picture_and_a_seed_tell_nothing_of_another(fields: dict[str, Any], order: str) -> None:
    one = spec(mask=64, original_sha256=PICTURES[0], order=order)
    drawn = cells(one, range(1, 4001)), cells(replace(one, **fields), range(1, 4001))
    require_independent(*drawn, one.cells)


@pytest.mark.slow
def test_a_mask_size_tells_nothing_of_another() -> None:
    small, large = (cells(spec(mask=side), range(1, 4001)) for side in (64, 128))
    table = np.zeros((16, 4), int)
    np.add.at(table, (small, large), 1)
    assert 0.001 < chi2_contingency(table).pvalue < 0.999


def test_shared_squares_are_the_same_for_all_pictures_and_as_those_of_every_mask_size() -> None:
    first, second = (spec(mask=64, squares="shared", original_sha256=of) for of in PICTURES[:2])
    assert cells(first, range(1, 65)).tolist() == cells(second, range(1, 65)).tolist()
    assert draw_noise_seed(first, 7) == draw_noise_seed(replace(second, mask=128), 7)


# --- the same for ever: whoever changes these numbers makes all trajectories irreproducible


@pytest.mark.parametrize(
    ("fields", "corners"),
    [
        (
            {"seed": 0, "mask": 64, "squares": "shared"},
            [(128, 128), (192, 192), (0, 64), (0, 128), (128, 64), (0, 192), (64, 64), (0, 128)],
        ),
        (
            {"seed": 12345, "mask": 16, "squares": "shared"},
            [(64, 96), (192, 144), (144, 208), (176, 48), (80, 128), (144, 64), (192, 32), (128, 160)],
        ),
        (
            {"seed": MAX_SEED, "mask": 128, "squares": "shared"},
            [(128, 0), (0, 128), (128, 128), (0, 0), (0, 0), (128, 0), (0, 0), (0, 128)],
        ),
        (
            {"seed": 0, "mask": 64, "order": "shuffle", "squares": "shared"},
            [(64, 128), (64, 64), (192, 64), (192, 192), (192, 0), (0, 128), (0, 64), (128, 0)],
        ),
        (
            {"seed": 0, "mask": 64},
            [(128, 64), (64, 128), (64, 192), (128, 64), (0, 64), (0, 64), (0, 64), (128, 64)],
        ),
        (
            {"seed": 12345, "mask": 16},
            [(144, 32), (0, 32), (128, 128), (208, 224), (16, 176), (208, 96), (112, 176), (240, 192)],
        ),
        (
            {"seed": MAX_SEED, "mask": 128},
            [(128, 128), (128, 128), (128, 0), (0, 128), (0, 0), (128, 0), (128, 0), (0, 0)],
        ),
        (
            {"seed": 0, "mask": 64, "order": "shuffle"},
            [(0, 192), (0, 128), (192, 0), (128, 64), (0, 0), (0, 64), (128, 192), (64, 64)],
        ),
    ],
)
def test_the_first_squares_are_the_ones_they_always_were(
    fields: dict[str, Any], corners: list[tuple[int, int]]
) -> None:
    assert [draw_box(spec(original_sha256=PICTURE, **fields), k)[:2] for k in range(1, 9)] == corners


@pytest.mark.parametrize(
    ("squares", "seed", "first", "last"),
    [
        ("shared", 0, [1297343548419186, 4998215651583119, 6768753407285604, 1519743239395189], 957467880558558),
        ("shared", 12345, [585689457774094, 8421943341951988, 601714976308631, 7959335958498736], 2126707868581118),
        ("shared", MAX_SEED, [1758261760304031, 6990273872678523, 991334585966941, 762636396588178], 5488787745923191),
        ("own", 0, [3341250234638026, 4006102590644460, 3918845568774471, 1685882719786243], 7663914053019291),
        ("own", 12345, [4381454274254174, 8589324393933270, 3671445220495888, 8625476113580996], 1121003445981574),
        ("own", MAX_SEED, [4726029390511895, 212282450878707, 5901198911935289, 6622374603215217], 1699889202868552),
    ],
)
def test_the_noise_seeds_are_the_ones_they_always_were(squares: str, seed: int, first: list[int], last: int) -> None:
    one = spec(original_sha256=PICTURE, seed=seed, squares=squares)
    assert [draw_noise_seed(one, k) for k in range(1, 5)] == first
    assert draw_noise_seed(one, 33_600) == last
