"""Recursive InPainting, the paper's algorithm (Conde et al. 2024, section 3). Knows no disk and no metric.

frame 0 = original
for k = 1 ... n:
    draw a mask; inpaint frame k-1 under it; paste the mask's pixels into frame k-1: that is frame k

A spec may ask for another paste, and for squares that are painted back (`_make_frame`).

`recurse` is this loop for one trajectory, in memory. The engine calls its step, `iterate`, for a batch of trajectories
and saves each iteration (engine/batch.py).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from riptui import inpainters, masks
from riptui.arrays import Image, Images, Mask, Masks
from riptui.errors import InpainterError, InputError
from riptui.inpainters import Inpainter, OnStep, add_defaults
from riptui.inpainters.scheduled import convert_scheduled
from riptui.region import Region
from riptui.spec import Box, ParameterValue, Spec


def no_pixels() -> Mask:
    return np.zeros((0, 0), np.bool_)


def no_image() -> Image:
    return np.zeros((0, 0, 3), np.uint8)


@dataclass
class Walk:
    """The state of a trajectory between two iterations: all that the next one needs."""

    spec: Spec
    frame: Image
    """Frame k, [size, size, 3]."""
    iteration: int = 0
    """k: iterations done."""
    repainted: Mask = field(default_factory=no_pixels)
    """The pixels repainted at least once, [size, size]."""
    original: Image = field(default_factory=no_image)
    """Frame 0; by default the frame that the walk begins with."""

    def __post_init__(self) -> None:
        if not self.original.size:
            self.original = self.frame
        if not self.repainted.size:
            self.repainted = np.zeros((self.spec.size, self.spec.size), np.bool_)
        self._covered = int(np.count_nonzero(self.repainted))

    @property
    def done(self) -> bool:
        return self.iteration >= self.spec.iterations

    def coverage_with(self, region: Region) -> float:
        """% of the pixels repainted at least once, if the next iteration repaints a region."""
        return 100 * (self._covered + region.count_missing(self.repainted)) / self.repainted.size

    def advance(self, region: Region, frame: Image) -> None:
        """Go on from the next iteration, which repainted a region and made a frame."""
        self._covered += region.count_missing(self.repainted)
        region.add_to(self.repainted)
        self.frame = frame
        self.iteration += 1


@dataclass(frozen=True)
class Iteration:
    """The result of one iteration of one trajectory."""

    k: int
    region: Region
    """What it repainted."""
    anchor: Box | None
    """The square that was painted back from the original afterwards."""
    noise_seed: int
    before: Image
    """Frame k-1, which it read."""
    frame: Image
    """Frame k, uint8 [size, size, 3], as it is saved and as iteration k+1 reads it."""
    inpainted: float
    """% of the pixels repainted so far, repeats counted."""
    coverage: float
    """The same with each pixel counted once."""
    seconds: float
    """Wall time of the inpainting, for the whole batch."""

    @property
    def box(self) -> Box:
        """The bounding box of what it repainted."""
        return self.region.box


def ignore_step(step: int, steps: int) -> None:
    """The `on_step` of callers that do not follow the denoising steps."""


def recurse(
    original: Image, spec: Spec, inpaint: Inpainter | None = None, *, on_step: OnStep = ignore_step
) -> Iterator[Iteration]:
    """Run one trajectory from frame 0 to its amount; yield each iteration as it is done. Nothing is saved.

    original: frame 0, uint8 [size, size, 3], of the spec's size. inpaint: None loads the spec's inpainter.
    Raises InputError, InpainterError, and as `inpainters.load`.
    """
    if original.shape != (spec.size, spec.size, 3):
        raise InputError(f"the original is {original.shape}; with this spec it must be {(spec.size, spec.size, 3)}")
    inpaint = inpaint or inpainters.load(spec.inpainter, spec.parameters, later_prompts=spec.scheduled_prompts)
    walk = Walk(spec, original)
    while not walk.done:
        yield from iterate([walk], inpaint, on_step=on_step)


def iterate(walks: Sequence[Walk], inpaint: Inpainter, *, on_step: OnStep = ignore_step) -> list[Iteration]:
    """Run one iteration of each trajectory: mask, inpaint, paste. The walks advance in place.

    Their image sizes must be equal; specs and k may differ. Raises InpainterError, and whatever `on_step` raises.
    """
    started = time.perf_counter()
    frames = np.stack([walk.frame for walk in walks])
    regions = [masks.draw_region(walk.spec, walk.iteration + 1) for walk in walks]
    repaint = np.zeros(frames.shape[:-1], np.bool_)
    for mask, region in zip(repaint, regions, strict=True):
        region.add_to(mask)
    seeds = [masks.draw_noise_seed(walk.spec, walk.iteration + 1) for walk in walks]
    outputs = np.empty_like(frames)
    for members, chosen in _choose_inpainters(walks, inpaint):
        if len(members) == len(walks):  # as a rule; copies of the frames would take as long as small inpaintings
            outputs = _inpaint(chosen, frames, repaint, seeds, on_step)
        else:
            outputs[members] = _inpaint(chosen, frames[members], repaint[members], [seeds[i] for i in members], on_step)
    seconds = time.perf_counter() - started
    return [_paste(*operation, seconds) for operation in zip(walks, regions, outputs, seeds, strict=True)]


def _inpaint(inpaint: Inpainter, frames: Images, repaint: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
    """Raises InpainterError if it returns something else than images like these."""
    outputs = inpaint(frames, repaint, seeds=seeds, on_step=on_step)
    if not isinstance(outputs, np.ndarray) or outputs.shape != frames.shape or outputs.dtype != np.uint8:
        got = f"{outputs.dtype} {outputs.shape}" if isinstance(outputs, np.ndarray) else type(outputs).__name__
        raise InpainterError(f"the inpainter returned {got}; it must return uint8 {frames.shape}")
    return outputs


def _choose_inpainters(walks: Sequence[Walk], inpaint: Inpainter) -> list[tuple[list[int], Inpainter]]:
    """Which walks are inpainted together, and by what: those whose schedules give equal values. Raises InputError."""
    groups: dict[tuple[tuple[str, ParameterValue], ...], list[int]] = {}
    for number, walk in enumerate(walks):
        values = convert_scheduled(walk.spec.inpainter, walk.spec.scheduled(walk.iteration + 1))
        groups.setdefault(tuple(values.items()), []).append(number)
    return [
        (members, add_defaults(inpaint).with_parameters(dict(values)) if values else inpaint)
        for values, members in groups.items()
    ]


def _paste(walk: Walk, region: Region, output: Image, noise_seed: int, seconds: float) -> Iteration:
    """Paste one output and advance its walk."""
    k, before, coverage = walk.iteration + 1, walk.frame, walk.coverage_with(region)
    anchor = masks.draw_anchor(walk.spec, k)
    frame = _make_frame(walk, region, output)
    if anchor is not None:
        Region(anchor).paste(walk.original, frame)
    walk.advance(region, frame)
    return Iteration(k, region, anchor, noise_seed, before, frame, walk.spec.inpainted(k), coverage, seconds)


def _make_frame(walk: Walk, region: Region, output: Image) -> Image:
    if not walk.spec.paste:
        return output.copy()
    frame = (walk.original if walk.spec.onto == "original" else walk.frame).copy()
    region.paste(_blend(walk.spec, region, output, frame), frame)
    return frame


def _blend(spec: Spec, region: Region, output: Image, canvas: Image) -> Image:
    """The output as it is to be pasted onto the canvas."""
    if spec.match == "none" and not spec.feather:
        return output
    from riptui import pasting  # scikit-image, 0.3 s that the paper's protocol does without

    mask = region.in_frame(spec.size)
    if spec.match == "border":
        output = pasting.match_border(output, canvas, mask)
    return pasting.feather(output, canvas, mask, spec.feather)
