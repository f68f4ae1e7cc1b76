"""At one batch shape a row's pixels depend neither on its neighbours nor on its slot."""

from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np

from riptui.arrays import Image
from riptui.recursion import ignore_step
from tests.inpainters.test_diffusion import made
from tests.support.tiny_checkpoints import FAMILIES, Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["Checkpoints", "checkpoints", "made", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

ROWS = 3
SEED = 5


def painted(inpaint: Any, slot: int, rng: np.random.Generator) -> Image:
    """The same picture, mask and seed in a slot; all else is drawn."""
    images = rng.integers(0, 256, (ROWS, 256, 256, 3), np.uint8)
    masks = np.zeros((ROWS, 256, 256), bool)
    for mask, (y, x) in zip(masks, 64 * rng.integers(0, 4, (ROWS, 2)), strict=True):
        mask[y : y + 64, x : x + 64] = True
    seeds = [int(seed) for seed in rng.integers(0, 2**53, ROWS)]
    images[slot], masks[slot], seeds[slot] = picture(), False, SEED
    masks[slot, 64:128, 128:192] = True
    return inpaint(images, masks, seeds=seeds, on_step=ignore_step)[slot]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_a_rows_pixels_depend_on_neither_its_neighbours_nor_its_slot(family: str, made: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    first, *others = (painted(made[family], slot, rng) for slot in (0, 0, 1, 2))
    for other in others:
        assert np.array_equal(other, first)
    assert not np.array_equal(first, picture())
