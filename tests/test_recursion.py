"""The recursion against the paper's loop written down a second time, and what its batches and resumed walks keep."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riptui import inpainters
from riptui.arrays import Image, Images, Masks
from riptui.errors import InpainterError, InputError, SpecError
from riptui.inpainters import Inpainter, OnStep
from riptui.masks import draw_anchor, draw_box, draw_mask, draw_noise_seed
from riptui.recursion import Iteration, Walk, ignore_step, iterate, recurse
from riptui.spec import DRAWN_ORDERS
from tests.support.trajectories import make_spec, picture

ORIGINAL = picture(256)


def walk(**fields: Any) -> Walk:
    return Walk(make_spec(ORIGINAL, **fields), ORIGINAL.copy())


def load(name: str) -> Inpainter:
    return inpainters.load(name, {})


def one(image: Image, repaint: np.ndarray, seed: int, inpaint: Inpainter) -> Image:
    """What an inpainter makes of a single image."""
    return inpaint(image[None], repaint[None], seeds=[seed], on_step=ignore_step)[0]


def run_together(
    walks: Sequence[Walk], inpaint: Inpainter, *, on_step: OnStep = ignore_step
) -> Iterator[list[Iteration]]:
    """A batch in lockstep; those that are done leave it."""
    while unfinished := [each for each in walks if not each.done]:
        yield iterate(unfinished, inpaint, on_step=on_step)


def run(of: Walk, name: str) -> list[Iteration]:
    return [iteration for (iteration,) in run_together([of], load(name))]


def negative(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
    """Changes every pixel of the image, in the mask and outside, and back again the next time."""
    return 255 - images


def require_same(some: Sequence[Iteration], others: Sequence[Iteration]) -> None:
    """All but the time they took."""
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        for name in ("k", "box", "noise_seed", "inpainted", "coverage"):
            assert getattr(a, name) == getattr(b, name)
        assert np.array_equal(a.frame, b.frame)


# --- the paper's loop


@pytest.mark.slow
@pytest.mark.parametrize("order", DRAWN_ORDERS)
@pytest.mark.parametrize("name", ["navier-stokes", "telea", "noise"])
def test_every_frame_is_the_one_before_with_the_masks_pixels_repainted(name: str, order: str) -> None:
    spec = make_spec(ORIGINAL, inpainter=name, mask=64, amount=150.0, seed=3, order=order)
    iterations = run(Walk(spec, ORIGINAL.copy()), name)
    assert [iteration.k for iteration in iterations] == list(range(1, 25))
    before = ORIGINAL
    for iteration in iterations:
        repaint = draw_mask(spec, iteration.k)
        output = one(before, repaint, draw_noise_seed(spec, iteration.k), load(name))
        before = np.where(repaint[..., None], output, before)
        assert np.array_equal(iteration.frame, before)
        assert iteration.box == draw_box(spec, iteration.k)
        assert iteration.noise_seed == draw_noise_seed(spec, iteration.k)
        assert iteration.frame.dtype == np.uint8
        assert iteration.seconds >= 0


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.sampled_from([16, 64, 128, 256]), st.sampled_from(DRAWN_ORDERS), st.integers(0, 2**53))
def test_pixels_outside_the_box_never_change(side: int, order: str, seed: int) -> None:
    before = ORIGINAL
    for (iteration,) in islice(run_together([walk(mask=side, order=order, seed=seed, amount=1000.0)], negative), 8):
        repainted = iteration.region.in_frame(256)
        assert np.array_equal(iteration.frame[~repainted], before[~repainted])
        assert np.array_equal(iteration.frame[repainted], 255 - before[repainted])
        before = iteration.frame


def test_without_paste_the_whole_output_is_the_next_frame() -> None:
    unpasted = walk(mask=64, amount=100.0, paste=False)
    for iteration, expected in zip(run_together([unpasted], negative), [255 - ORIGINAL, ORIGINAL] * 8, strict=True):
        assert np.array_equal(iteration[0].frame, expected)
        assert np.array_equal(unpasted.frame, expected)


def test_the_original_is_left_as_it_was() -> None:
    start = ORIGINAL.copy()
    list(run_together([Walk(make_spec(ORIGINAL), start)], negative))
    assert np.array_equal(start, ORIGINAL)


@pytest.mark.parametrize("paste", [True, False])
def test_a_frame_that_was_yielded_is_never_written_to_again(paste: bool) -> None:
    reused = np.empty((1, 256, 256, 3), np.uint8)

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        images[:] = 0  # it may use them as it likes
        reused[:] = len(yielded)
        return reused

    yielded: list[tuple[Image, Image]] = []
    for (iteration,) in run_together([walk(mask=128, amount=200.0, paste=paste)], inpaint):
        yielded.append((iteration.frame, iteration.frame.copy()))
    assert len(yielded) == 8
    assert all(np.array_equal(frame, as_it_was) for frame, as_it_was in yielded)


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    lazy = walk(mask=64)
    iterations = run_together([lazy], negative)
    assert lazy.iteration == 0
    next(iterations)
    assert lazy.iteration == 1
    assert np.array_equal(lazy.frame, next(run_together([walk(mask=64)], negative))[0].frame)


@pytest.mark.slow
def test_recurse_is_the_loop_for_one_trajectory_in_memory() -> None:
    spec = make_spec(ORIGINAL, mask=64, seed=3, inpainter="telea")
    before = ORIGINAL.copy()
    require_same([*recurse(ORIGINAL, spec)], run(walk(mask=64, seed=3), "telea"))
    require_same([*recurse(ORIGINAL, spec, load("noise"))], run(walk(mask=64, seed=3), "noise"))
    assert np.array_equal(ORIGINAL, before)
    with pytest.raises(InputError, match=r"the original is \(128, 128, 3\); with this spec it must be \(256, 256, 3\)"):
        next(recurse(ORIGINAL[:128, :128], spec))


# --- what the inpainter is given


def test_inpainters_get_the_frames_the_masks_and_the_seeds() -> None:
    calls: list[tuple[Images, Masks, Sequence[int]]] = []

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        calls.append((images.copy(), masks.copy(), seeds))
        return 255 - images

    walks = [walk(mask=64, seed=1), walk(mask=128, seed=2, amount=400.0)]
    before = [ORIGINAL, ORIGINAL]
    for batch in run_together(walks, inpaint):
        images, repaint, seeds = calls[-1]
        assert images.shape == (2, 256, 256, 3)
        assert images.dtype == np.uint8
        assert repaint.shape == (2, 256, 256)
        assert repaint.dtype == np.bool_
        assert seeds == [draw_noise_seed(each.spec, each.iteration) for each in walks]
        for i, iteration in enumerate(batch):
            assert np.array_equal(images[i], before[i])
            assert repaint[i][iteration.box.window].all()
            assert repaint[i].sum() == walks[i].spec.mask ** 2
        before = [iteration.frame for iteration in batch]
    assert len(calls) == 16


def test_denoising_steps_are_passed_on() -> None:
    told: list[tuple[int, int]] = []

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        for step in (1, 2):
            on_step(step, 2)
        return images

    list(run_together([walk(mask=128)], inpaint, on_step=lambda step, steps: told.append((step, steps))))
    assert told == [(1, 2), (2, 2)] * 4


# --- batches


def mixed(name: str) -> list[Walk]:
    """As unlike as walks of one size can be; they take 32, 16, 8, 3 and 1 iterations."""
    return [
        walk(inpainter=name, mask=64, seed=1, amount=200.0),
        walk(inpainter=name, mask=64, seed=2, amount=100.0, order="shuffle"),
        walk(inpainter=name, mask=32, seed=2**53, amount=12.5),
        walk(inpainter=name, mask=128, seed=4, amount=75.0, paste=False),
        walk(inpainter=name, mask=256, seed=5, amount=100.0, order="raster"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["navier-stokes", "noise"])
def test_a_batch_in_lockstep_equals_single_runs_bit_for_bit(name: str) -> None:
    walks = mixed(name)
    by_walk: list[list[Iteration]] = [[] for _ in walks]
    for batch in run_together(walks, load(name)):
        under_way = [own for own, each in zip(by_walk, walks, strict=True) if len(own) < each.spec.iterations]
        for own, iteration in zip(under_way, batch, strict=True):
            own.append(iteration)
    assert [len(own) for own in by_walk] == [32, 16, 8, 3, 1]
    for own, alone in zip(by_walk, mixed(name), strict=True):
        require_same(own, run(alone, name))


def test_those_that_are_done_leave_the_batch() -> None:
    sizes: list[int] = []

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        assert len(images) == len(masks) == len(seeds)
        sizes.append(len(images))
        return images

    walks = mixed("identity")
    yielded = [len(batch) for batch in run_together(walks, inpaint)]
    assert yielded == sizes == [5] + 2 * [4] + 5 * [3] + 8 * [2] + 16 * [1]
    assert all(each.done for each in walks)
    assert list(run_together(walks, inpaint)) == []
    assert len(sizes) == 32


def test_an_empty_batch_has_nothing_to_do() -> None:
    assert list(run_together([], negative)) == []


# --- resuming


@pytest.mark.slow
@pytest.mark.parametrize("paste", [True, False])
@pytest.mark.parametrize("name", ["navier-stokes", "noise"])
@pytest.mark.parametrize("k", [1, 7, 31])
def test_a_walk_taken_up_at_frame_k_goes_on_exactly(name: str, k: int, paste: bool) -> None:
    whole = run(walk(inpainter=name, mask=64, amount=200.0, seed=6, paste=paste), name)
    spec = make_spec(ORIGINAL, inpainter=name, mask=64, amount=200.0, seed=6, paste=paste)
    repainted = np.any([draw_mask(spec, i) for i in range(1, k + 1)], axis=0)
    resumed = Walk(spec, whole[k - 1].frame, k, repainted)
    require_same(run(resumed, name), whole[k:])
    assert resumed.done


def test_walks_at_different_iterations_share_a_batch() -> None:
    ahead, behind = walk(mask=64, seed=1), walk(mask=64, seed=2)
    iterate([ahead], negative)
    batch = iterate([ahead, behind], negative)
    assert [iteration.k for iteration in batch] == [2, 1]
    require_same(batch[1:], iterate([walk(mask=64, seed=2)], negative))


# --- counting


@pytest.mark.parametrize("order", DRAWN_ORDERS)
@pytest.mark.parametrize(("side", "amount"), [(16, 50.0), (64, 200.0), (128, 400.0), (256, 200.0)])
def test_coverage_counts_each_pixel_once_and_inpainted_every_time(side: int, amount: float, order: str) -> None:
    touched = np.zeros((256, 256), bool)
    repainted = 0
    for (iteration,) in run_together([walk(mask=side, amount=amount, order=order)], negative):
        repaint = iteration.region.in_frame(256)
        touched |= repaint
        repainted += int(repaint.sum())
        assert iteration.coverage == 100 * touched.mean()
        assert iteration.inpainted == 100 * repainted / touched.size
    assert iteration.inpainted == amount


# --- what inpainters must not do


WRONG: dict[str, Callable[[Images], object]] = {
    "NoneType": lambda images: None,
    "list": lambda images: images.tolist(),
    r"float32 \(2, 256, 256, 3\)": lambda images: images.astype(np.float32),
    r"uint16 \(2, 256, 256, 3\)": lambda images: images.astype(np.uint16),
    r"bool \(2, 256, 256, 3\)": lambda images: images > 127,
    r"int8 \(2, 256, 256, 3\)": lambda images: images.view(np.int8),
    r"uint8 \(1, 256, 256, 3\)": lambda images: images[:1],
    r"uint8 \(256, 256, 3\)": lambda images: images[0],
    r"uint8 \(2, 256, 256\)": lambda images: images[..., 0],
    r"uint8 \(2, 256, 256, 4\)": lambda images: np.concatenate([images, images[..., :1]], axis=-1),
    r"uint8 \(2, 3, 256, 256\)": lambda images: images.transpose(0, 3, 1, 2),
    r"uint8 \(2, 128, 128, 3\)": lambda images: images[:, ::2, ::2],
    r"uint8 \(0,\)": lambda images: np.array([], np.uint8),
}


@pytest.mark.slow
@pytest.mark.parametrize("got", WRONG)
def test_an_inpainter_that_returns_no_images_is_refused_and_nothing_moves(got: str) -> None:
    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Any:
        return WRONG[got](images)

    walks = [walk(mask=64, seed=1), walk(mask=64, seed=2)]
    with pytest.raises(InpainterError, match=rf"returned {got}; it must return uint8 \(2, 256, 256, 3\)"):
        iterate(walks, inpaint)
    for each in walks:
        assert each.iteration == each.repainted.sum() == 0
        assert np.array_equal(each.frame, ORIGINAL)


class StopAskedError(Exception):
    pass


def test_raising_in_a_step_ends_the_iteration_as_if_it_had_never_begun() -> None:
    asked: list[bool] = []

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        images[:] = 0
        on_step(1, 1)
        return np.stack([np.full((256, 256, 3), seed % 256, np.uint8) for seed in seeds])

    def on_step(step: int, steps: int) -> None:
        if asked:
            raise StopAskedError

    walks = [walk(mask=64, seed=1), walk(mask=128, seed=2, amount=400.0)]
    iterations = run_together(walks, inpaint, on_step=on_step)
    for _ in range(5):
        next(iterations)
    frames = [each.frame.copy() for each in walks]
    repainted = [each.repainted.copy() for each in walks]
    asked.append(True)
    with pytest.raises(StopAskedError):
        next(iterations)
    assert [each.iteration for each in walks] == [5, 5]
    assert np.array_equal([each.repainted for each in walks], repainted)
    assert all(np.array_equal(each.frame, frame) for each, frame in zip(walks, frames, strict=True))
    asked.clear()
    list(run_together(walks, inpaint, on_step=on_step))
    uninterrupted = [walk(mask=64, seed=1), walk(mask=128, seed=2, amount=400.0)]
    list(run_together(uninterrupted, inpaint))
    for each, whole in zip(walks, uninterrupted, strict=True):
        assert np.array_equal(each.frame, whole.frame)
        assert np.array_equal(each.repainted, whole.repainted)


# --- interventions


def test_pasted_onto_the_original_a_frame_differs_from_it_in_one_mask_only() -> None:
    spec = make_spec(ORIGINAL, mask=64, amount=100.0, onto="original")
    before = ORIGINAL
    for iteration in recurse(ORIGINAL, spec, negative):
        repaint = draw_mask(spec, iteration.k)[..., None]
        assert np.array_equal(iteration.frame, np.where(repaint, 255 - before, ORIGINAL))  # it still reads frame k-1
        before = iteration.frame


def test_an_anchor_paints_a_square_back_and_changes_no_mask_and_no_count() -> None:
    spec, plain = (make_spec(ORIGINAL, mask=64, amount=200.0, anchor=anchor) for anchor in (3, 0))
    anchors = [draw_anchor(spec, k) for k in range(1, 33)]
    assert [bool(anchor) for anchor in anchors] == [k % 3 == 0 for k in range(1, 33)]
    assert len({anchor for anchor in anchors if anchor}) > 3
    pairs = zip(recurse(ORIGINAL, spec, negative), recurse(ORIGINAL, plain, negative), strict=True)
    before = ORIGINAL
    for anchored, free in pairs:
        assert (anchored.region, anchored.noise_seed) == (free.region, free.noise_seed)
        assert (anchored.inpainted, anchored.coverage) == (free.inpainted, free.coverage)
        expected = np.where(draw_mask(spec, anchored.k)[..., None], 255 - before, before)
        if anchored.anchor:
            expected[anchored.anchor.window] = ORIGINAL[anchored.anchor.window]
        assert np.array_equal(anchored.frame, expected)
        before = anchored.frame


def test_anchors_are_drawn_evenly() -> None:
    spec = make_spec(ORIGINAL, mask=128, anchor=1)
    drawn = Counter(draw_anchor(spec, k) for k in range(1, 801))
    assert len(drawn) == 4
    assert min(drawn.values()) > 160


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"anchor": -1}, "anchor -1"), ({"onto": "original", "paste": False}, "must be a paste")],
)
def test_impossible_interventions_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_spec(ORIGINAL, **fields)
