"""The rules of `riptui.inpainters.Inpainter`, checked on small pictures."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, add_defaults
from riptui.inpainters.inpainter_info import Scope


class StepStopped(Exception):  # noqa: N818
    """Raised by the checks from `on_step`, as the engine does to stop an iteration."""


def check_inpainter(
    inpaint: Inpainter, *, size: int = 256, grid: int = 1, tolerance: int = 0, scope: Scope = "square"
) -> None:
    """Raise AssertionError if an inpainter breaks a rule: see the functions below, in this order.

    size: of the pictures, px, a multiple of 64. grid: `InpainterInfo.grid`. tolerance: levels of 255 by which a batch
    may differ from single calls, e.g. 1 for a network in half precision. scope: `InpainterInfo.scope`; one of whole
    images is called with masks that are all True.
    """
    images, masks = make_images(3, size), make_masks(3, size, size if scope == "image" else grid)
    check_output(inpaint, images, masks)
    check_repeatable(inpaint, images, masks)
    check_batch(inpaint, images, masks, tolerance)
    check_stopping(inpaint, images, masks)
    check_optional_parts(inpaint, size)


def make_images(count: int, size: int) -> Images:
    """Pictures with smooth colours, an edge and grain, no two alike."""
    y, x = np.mgrid[0:size, 0:size] / size
    smooth = np.stack([x, y, (x + y) / 2], axis=-1) * 180
    smooth[(x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.08] += 50
    grain = np.random.default_rng(7).integers(0, 20, (count, size, size, 3))
    return np.stack([np.roll(smooth, 40 * i, axis=1) for i in range(count)]).astype(np.uint8) + grain.astype(np.uint8)


def make_masks(count: int, size: int, grid: int = 1) -> Masks:
    """Squares inside, in a corner and at an edge, of unlike sizes, on multiples of `grid` px.

    With `grid` = size they are the whole image.
    """
    masks = np.zeros((count, size, size), np.bool_)
    for i in range(count):
        side = max(grid, size // (4 if i % 3 else 8) // grid * grid)
        x, y = [(side, 2 * side), (0, 0), (size - side, side)][i % 3] if side < size else (0, 0)
        masks[i, y : y + side, x : x + side] = True
    return masks


def call(inpaint: Inpainter, images: Images, masks: Masks, seeds: Sequence[int]) -> Images:
    """One call with copies of the arguments, so that no check disturbs the next."""
    return inpaint(images.copy(), masks.copy(), seeds=seeds, on_step=lambda step, steps: None)


def check_output(inpaint: Inpainter, images: Images, masks: Masks) -> None:
    """It returns new uint8 images of the same shape, leaves its arguments alone, and its steps never go back."""
    image_copies, mask_copies = images.copy(), masks.copy()
    seeds, steps = list(range(len(images))), list[tuple[int, int]]()
    outputs = inpaint(image_copies, mask_copies, seeds=seeds, on_step=lambda step, total: steps.append((step, total)))
    assert isinstance(outputs, np.ndarray), f"it must return an array, not {type(outputs).__name__}"
    got = f"{outputs.dtype} {outputs.shape}"
    is_right = outputs.dtype == np.uint8 and outputs.shape == images.shape
    assert is_right, f"it returned {got}, not uint8 {images.shape}"
    assert not np.shares_memory(outputs, image_copies), "it returned the memory of the images that it was given"
    assert np.array_equal(image_copies, images), "it changed the images that it was given"
    assert np.array_equal(mask_copies, masks), "it changed the masks that it was given"
    assert seeds == list(range(len(images))), "it changed the seeds that it was given"
    for earlier, (step, total) in zip([(0, 0), *steps], steps, strict=False):
        assert earlier[0] <= step <= total, f"on_step({step}, {total}) came after on_step{earlier}"


def check_repeatable(inpaint: Inpainter, images: Images, masks: Masks) -> None:
    """The same arguments give the same images."""
    first, second = (call(inpaint, images, masks, [5, 6, 2**53 - 1]) for _ in range(2))
    assert np.array_equal(first, second), "two calls with the same images, masks and seeds gave different images"


def check_batch(inpaint: Inpainter, images: Images, masks: Masks, tolerance: int = 0) -> None:
    """A batch gives the same as single calls, whatever the neighbours: image i depends on `seeds[i]` alone."""
    seeds = [7, 2**53 - 1, 7]
    batch = call(inpaint, images, masks, seeds)
    for i, seed in enumerate(seeds):
        single = call(inpaint, images[i : i + 1], masks[i : i + 1], [seed])[0]
        difference = int(abs(batch[i].astype(int) - single)[masks[i]].max())
        assert difference <= tolerance, f"image {i} of a batch differs from a single call by {difference} of 255"


def check_stopping(inpaint: Inpainter, images: Images, masks: Masks) -> None:
    """What `on_step` raises comes out of the call, and the next call works as if nothing had happened."""
    expected = call(inpaint, images, masks, [1, 2, 3])
    called = []

    def stop(step: int, steps: int) -> None:
        called.append(step)
        raise StepStopped

    try:
        inpaint(images.copy(), masks.copy(), seeds=[1, 2, 3], on_step=stop)
    except StepStopped:
        pass
    else:
        assert not called, "on_step raised to stop it, and it continued"
    after = call(inpaint, images, masks, [1, 2, 3])
    assert np.array_equal(after, expected), "after a stopped call the same arguments gave different images"


def check_optional_parts(inpaint: Inpainter, size: int) -> None:
    """`device` is a text, `notes` are texts by name, `notices` a list, `max_batch` a number above 0 or None."""
    loaded = add_defaults(inpaint)
    loaded.prepare(10, 1, size)
    is_device = isinstance(loaded.device, str) and loaded.device != ""
    assert is_device, "device must be a text such as 'cpu' or 'cuda:0 (name)'"
    notes = dict(loaded.notes)
    assert all(isinstance(text, str) for text in [*notes, *notes.values()]), f"notes must be texts, not {notes}"
    assert isinstance(loaded.notices, list), "notices must be a list, which the engine clears"
    largest = loaded.max_batch(size)
    assert largest is None or largest >= 1, f"max_batch must be at least 1 or None, not {largest}"
