"""Draw the pictures that ship beside the coffee: `python tests/tools/draw_pictures.py riptui/pictures`.

What the paper's paintings have, in small: smooth skies over an edge (hills), a texture that repeats (tiles), things in
front of others with light on them (bowl). Everything is computed, so nobody's work is in them.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 512
Floats = NDArray[np.float64]

Y, X = np.mgrid[0:SIDE, 0:SIDE] / SIDE


def mix(below: Floats, colour: Floats | tuple[float, float, float], share: Floats) -> Floats:
    """Paint over a picture, as much as `share` (0 to 1) says."""
    return below + (np.asarray(colour) - below) * share[..., None]


def inside(distance: Floats) -> Floats:
    """1 where a distance in px is negative, 0 where it is positive, with an edge one pixel soft."""
    return np.clip(0.5 - distance, 0, 1)


def cloud(seed: int, finest: int = 7) -> Floats:
    """Smooth noise from -1 to 1: octaves of random grids, each half as strong as the coarser one."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIDE, SIDE))
    for octave in range(1, finest + 1):
        grid = rng.uniform(-1, 1, (2**octave + 1, 2**octave + 1)).astype(np.float32)
        total += np.asarray(Image.fromarray(grid).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 2**octave
    return np.clip(total, -1, 1)


def hills() -> Floats:
    """A sky with a low sun over four ridges."""
    sky = np.stack([60 + 170 * Y, 110 + 90 * Y, 190 - 30 * Y], axis=-1)
    sky = mix(sky, (235, 225, 215), np.clip(cloud(1) * (1 - Y) - 0.1, 0, 0.8))
    glow = np.clip(1 - np.hypot(X - 0.7, Y - 0.38) / 0.35, 0, 1) ** 2
    sky = mix(sky, (255, 214, 140), glow)
    sky = mix(sky, (255, 244, 214), inside((np.hypot(X - 0.7, Y - 0.38) - 0.045) * SIDE))
    for number, colour in enumerate([(126, 128, 160), (84, 104, 122), (52, 84, 72), (30, 52, 36)]):
        rough = cloud(20 + number)[SIDE // 2]
        ridge = 0.46 + 0.13 * number + 0.11 * rough
        ground = np.asarray(colour) * (1 + 0.25 * cloud(40 + number, 8)[..., None])
        sky = mix(sky, ground, inside((ridge[None, :] - Y) * SIDE))
    return sky


def tiles() -> Floats:
    """Glazed tiles with a star each, in a warm and a cold glaze, no two of them quite alike."""
    count = 6
    u, v = X * count % 1 - 0.5, Y * count % 1 - 0.5
    cell = (X * count).astype(int) + count * (Y * count).astype(int)
    tone = np.random.default_rng(5).uniform(-18, 18, (count * count, 3))[cell]
    glaze = np.where(((cell // count + cell) % 2 == 0)[..., None], (206.0, 190.0, 158.0), (52.0, 96.0, 138.0))
    star = np.minimum(np.abs(u) + np.abs(v), 1.4 * np.maximum(np.abs(u), np.abs(v)))
    ink = np.where(((cell // count + cell) % 2 == 0)[..., None], (168.0, 72.0, 40.0), (226.0, 216.0, 180.0))
    picture = mix(glaze + tone, ink, inside((star - 0.36) * SIDE / count))
    picture = mix(picture, glaze + tone, inside((star - 0.2) * SIDE / count))
    picture = mix(picture, (70, 60, 52), inside((0.47 - np.maximum(np.abs(u), np.abs(v))) * SIDE / count))
    return picture * (1 + 0.10 * cloud(7)[..., None] + 0.15 * (0.5 - Y)[..., None])


def ball(below: Floats, x: float, y: float, radius: float, colour: tuple[float, float, float]) -> Floats:
    """A ball in light from the upper left, and its shadow on what is below."""
    shadow = np.clip(1.2 - np.hypot((X - x - 0.6 * radius) / 1.5, (Y - y - 0.9 * radius) / 0.5) / radius, 0, 0.55)
    below = mix(below, (24, 16, 14), shadow)
    across, down = (X - x) / radius, (Y - y) / radius
    height = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    light = np.clip(-0.5 * across - 0.6 * down + 0.62 * height, 0, 1)
    lit = np.asarray(colour) * (0.25 + 0.85 * light[..., None])
    lit = mix(lit, (255, 250, 240), light**24)
    return mix(below, lit, inside((np.hypot(X - x, Y - y) - radius) * SIDE))


def bowl() -> Floats:
    """Fruit in and before a bowl, on a table before a wall."""
    wall = np.stack([118 - 60 * X, 96 - 44 * X, 84 - 30 * X], axis=-1) * (1.05 + 0.10 * cloud(9)[..., None])
    grain = np.clip(cloud(11)[:, SIDE // 3][:, None] + 0.5 * cloud(12), -1, 1)
    table = np.array([132.0, 84.0, 46.0]) * (0.95 + 0.16 * grain[..., None] + 0.25 * (Y - 0.6)[..., None])
    picture = mix(wall, table, inside((0.6 - Y) * SIDE))
    for x, y, radius, colour in [(0.36, 0.44, 0.11, (206, 60, 44)), (0.53, 0.40, 0.12, (226, 168, 52))]:
        picture = ball(picture, x, y, radius, colour)
    picture = ball(picture, 0.65, 0.47, 0.09, (120, 150, 60))
    dish = np.maximum(np.hypot((X - 0.5) / 0.32, (Y - 0.5) / 0.26) - 1, 0.5 - Y)
    shade = np.array([92.0, 128.0, 150.0]) * (1.25 - 1.1 * np.abs(X - 0.42))[..., None]
    picture = mix(picture, shade, inside(dish * 0.28 * SIDE))
    picture = mix(
        picture, (188, 208, 214), inside((np.abs(Y - 0.505) - 0.008) * SIDE) * inside((np.abs(X - 0.5) - 0.32) * SIDE)
    )
    return ball(picture, 0.79, 0.76, 0.085, (214, 108, 40))


PICTURES: dict[str, Callable[[], Floats]] = {"hills": hills, "tiles": tiles, "bowl": bowl}


def draw(name: str) -> NDArray[np.uint8]:
    """RGB, 8 bit, 512 px."""
    grain = np.random.default_rng(len(name)).normal(0, 2.0, (SIDE, SIDE, 1))
    return np.clip(PICTURES[name]() + grain, 0, 255).round().astype(np.uint8)


if __name__ == "__main__":
    for name in PICTURES:
        Image.fromarray(draw(name)).save(Path(sys.argv[1]) / f"{name}.jpg", quality=92, subsampling=0)
