"""Recursive InPainting, the paper's algorithm (Conde et al. 2024, section 3). Knows no disk, no metric, no inpainter.

frame 0 = original
for k = 1 ... n:
    draw a mask; inpaint frame k-1 under it; paste the mask's pixels into frame k-1: that is frame k
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from riptui import masks
from riptui.arrays import Image, Images
from riptui.errors import InpainterError
from riptui.inpainters import Inpainter, OnStep
from riptui.spec import Box, Spec


@dataclass
class Walk:
    """The state of a trajectory: its current frame, and all else that its next iteration needs."""

    spec: Spec
    frame: Image
    """Frame k, [size, size, 3]."""
    iteration: int = 0
    """k: the number of finished iterations."""
    repainted: set[Box] = field(default_factory=set)
    """The squares repainted at least once."""

    @property
    def done(self) -> bool:
        return self.iteration >= self.spec.iterations


@dataclass(frozen=True)
class Iteration:
    """The result of one iteration of one trajectory."""

    k: int
    box: Box
    noise_seed: int
    frame: Image
    """Frame k, 8 bit: the frame to save, and the input of iteration k+1."""
    inpainted: float
    """Area repainted so far in %, repeats counted."""
    coverage: float
    """Area repainted so far in %, each pixel counted once."""
    seconds: float
    """Wall time of the inpainting, shared by the batch."""


def ignore_step(step: int, steps: int) -> None:
    """An OnStep that does nothing."""


def recurse(walks: Sequence[Walk], inpaint: Inpainter, *, on_step: OnStep = ignore_step) -> Iterator[list[Iteration]]:
    """Run a batch of trajectories in lockstep to their ends; yield the results of each iteration, one per trajectory.

    The walks advance in place; those that are finished leave the batch. Raises InpainterError.
    """
    while unfinished := [walk for walk in walks if not walk.done]:
        yield iterate(unfinished, inpaint, on_step=on_step)


def iterate(walks: Sequence[Walk], inpaint: Inpainter, *, on_step: OnStep = ignore_step) -> list[Iteration]:
    """Run one iteration of each trajectory: mask, inpaint, paste. The sizes must agree; specs and k may differ."""
    started = time.perf_counter()
    frames = np.stack([walk.frame for walk in walks])
    repaint = np.stack([masks.draw_mask(walk.spec, walk.iteration + 1) for walk in walks])
    seeds = [masks.draw_noise_seed(walk.spec.seed, walk.iteration + 1) for walk in walks]
    outputs = inpaint(frames, repaint, seeds=seeds, on_step=on_step)
    _require_images(outputs, like=frames)
    seconds = time.perf_counter() - started
    return [
        _paste_iteration(walk, output, seed, seconds) for walk, output, seed in zip(walks, outputs, seeds, strict=True)
    ]


def _paste_iteration(walk: Walk, output: Image, noise_seed: int, seconds: float) -> Iteration:
    """Paste the output into the frame, and advance the walk."""
    k = walk.iteration + 1
    box = masks.draw_box(walk.spec, k)
    if walk.spec.paste:
        frame = walk.frame.copy()
        frame[box.window] = output[box.window]
    else:
        frame = output.copy()
    walk.frame, walk.iteration = frame, k
    walk.repainted.add(box)
    coverage = 100 * len(walk.repainted) / walk.spec.cells
    return Iteration(k, box, noise_seed, frame, walk.spec.inpainted(k), coverage, seconds)


def _require_images(outputs: Images, *, like: Images) -> None:
    if not isinstance(outputs, np.ndarray) or outputs.shape != like.shape or outputs.dtype != np.uint8:
        got = f"{outputs.dtype} {outputs.shape}" if isinstance(outputs, np.ndarray) else type(outputs).__name__
        raise InpainterError(f"the inpainter returned {got}; it must return uint8 {like.shape}")
