"""Trajectories of one iteration whose last frames a test chooses: the pictures of a prompt, one per seed."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import pytest

from riptui import inpainters
from riptui.arrays import Image, Images, Masks
from riptui.inpainters import Inpainter, InpainterInfo, OnStep
from riptui.masks import draw_noise_seed
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

PICTURES: dict[int, Image] = {}
"""By noise seed."""


def planted() -> Inpainter:
    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.stack([PICTURES[seed] for seed in seeds])

    return inpaint


def random_picture(seed: int) -> Image:
    """256 px of smooth colours, unlike those of any other seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(PIL.Image.fromarray(coarse).resize((256, 256), PIL.Image.Resampling.BICUBIC))


@pytest.fixture
def plant(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch) -> "Plant":
    info = InpainterInfo("tests.support.planted_pictures:planted", "What a test gave for each seed.")
    monkeypatch.setitem(inpainters.REGISTRY, "planted", info)
    return Plant(make_trajectory)


class Plant:
    """`plant("group", pictures)`: a complete trajectory per picture, with the seeds 0, 1, 2 ..."""

    def __init__(self, make_trajectory: MakeTrajectory) -> None:
        self._make = make_trajectory

    def __call__(self, group: str, pictures: Sequence[Image]) -> list[Trajectory]:
        made = []
        for seed, picture in enumerate(pictures):
            fields = {"source_name": f"{group}.png", "mask": 256, "seed": seed, "inpainter": "planted"}
            trajectory = self._make(f"{group}/m256-s{seed}", **fields)
            PICTURES[draw_noise_seed(trajectory.spec, 1)] = picture
            for _ in run_trajectory(trajectory):
                pass
            made.append(trajectory)
        return made
