"""Trajectories of inpainters with a known effect, on disk: quicker than the engine, which syncs each iteration."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riptui import inpainters
from riptui.arrays import Image, Images, Masks
from riptui.images import encode_masked_png, encode_png, pixels_sha256, prepare_original
from riptui.inpainters import Inpainter, OnStep
from riptui.recursion import recurse
from riptui.spec import Spec, encode_spec
from riptui.store import layout
from riptui.store.records import IterationRow, encode_line
from riptui.store.trajectory import Trajectory
from tests.support.trajectories import make_spec

PICTURES = Path(inpainters.__file__).parents[1] / "pictures"


def save_recursion(folder: Path, original: Image, inpaint: Inpainter | None = None, **fields: Any) -> Trajectory:
    """Recurse, and write what riptui would: 256 px, mask 64, 400 % unless `fields` say otherwise."""
    spec: Spec = make_spec(original, **({"amount": 400.0} | fields))
    folder.mkdir(parents=True)
    (folder / layout.SPEC).write_bytes(encode_spec(spec))
    (folder / layout.REQUEST).write_bytes(b'{"state": "run"}')
    (folder / layout.ORIGINAL).write_bytes(encode_png(original))
    rows, patches, end = [], [], 0
    for found in recurse(original, spec, inpaint):
        pixels, mask = found.frame[found.box.window] if spec.paste else found.frame, found.region.mask
        patch = encode_png(pixels) if mask is None or not spec.paste else encode_masked_png(pixels, mask)
        place = (end, len(patch))
        end += len(patch)
        patches.append(patch)
        seed = found.noise_seed
        sha256 = pixels_sha256(found.frame)
        row = IterationRow(found.k, found.box, found.inpainted, found.coverage, place, sha256, seed, 0.1, 1)
        rows.append(encode_line(row))
    (folder / layout.PATCHES).write_bytes(b"".join(patches))
    (folder / layout.ROWS).write_bytes(b"".join(rows))
    return Trajectory(folder)


def bundled_pictures(count: int, size: int = 256) -> list[Image]:
    """Up to eight: the four pictures that come with riptui as crops, and their top left quarters."""
    names = ("bowl", "coffee", "hills", "tiles")
    whole = [prepare_original(PICTURES / f"{name}.jpg", size=2 * size, fit="crop").image for name in names]
    reduced = [image.reshape(size, 2, size, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8) for image in whole]
    return [*reduced, *(np.ascontiguousarray(image[:size, :size]) for image in whole)][:count]


def paint(square: Callable[[Image, int], Image]) -> Inpainter:
    """An inpainter from a function of the current image and the noise seed."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.stack([square(image, seed) for image, seed in zip(images, seeds, strict=True)])

    return inpaint


def paint_grey() -> Inpainter:
    """Damages once: each repaint of a square gives the same."""
    return paint(lambda image, seed: np.full_like(image, 128))


def damage_once(original: Image, sd: float = 20.0) -> Inpainter:
    """The original with noise, new noise at each repaint: as far from it after any number of repaints."""
    return paint(lambda image, seed: _add_noise(original, seed, sd))


def lose_a_little(sd: float = 8.0) -> Inpainter:
    """What is there, with more noise at each repaint."""
    return paint(lambda image, seed: _add_noise(image, seed, sd))


def heal(original: Image) -> Inpainter:
    """40 levels too bright at first, then half as far from the original as before."""

    def square(image: Image, seed: int) -> Image:
        difference = image.astype(int) - original
        return (original + np.where(difference == 0, 40, difference // 2)).clip(0, 255).astype(np.uint8)

    return paint(square)


def fill_from_original(original: Image, name: str) -> Inpainter:
    """A classical inpainter that always sees the original around the square, never what it painted before."""
    classical = inpainters.load(name, inpainters.complete_parameters(name, {}))

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return classical(np.stack([original] * len(images)), masks, seeds=seeds, on_step=on_step)

    return inpaint


def _add_noise(image: Image, seed: int, sd: float) -> Image:
    noise = np.random.default_rng(seed).normal(0, sd, image.shape)
    return (image + noise).clip(0, 255).round().astype(np.uint8)
