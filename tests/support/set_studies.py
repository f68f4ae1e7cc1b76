"""Small complete studies whose frames have chosen features: every metric of sets has a known outcome."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.random import default_rng

from riptui.arrays import FeatureVector, FeatureVectors
from riptui.images import pixels_sha256
from riptui.spec import Spec
from riptui.store.creation import create_or_open
from riptui.store.feature_file import save_features
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import make_spec

SIZE = 256


class GivenFeatures:
    """A FeatureExtractor in name only: its vectors are given."""

    def __init__(self, dimension: int = 4, identity: str = "given", name: str = "phash") -> None:
        self.name = name
        self.identity = identity
        self.dimension = dimension

    def extract(self, images: Sequence[object]) -> FeatureVectors:
        raise NotImplementedError


FeatureOf = Callable[[int, float, Spec], FeatureVector]
"""Of a picture by its number, at an inpainted %, in a trajectory with a spec."""


def write_study(
    runs: Path,
    feature_of: FeatureOf,
    *,
    pictures: int = 7,
    seeds: Sequence[int] = (0,),
    inpainters: Sequence[str] = ("identity",),
    metrics: tuple[str, ...] = (),
    extractor: GivenFeatures | None = None,
) -> list[Trajectory]:
    """Of flat pictures, 100 % at 128 px: points at 0, 50 and 100 %."""
    made = []
    for number in range(pictures):
        original = np.full((SIZE, SIZE, 3), 10 * number + 5, np.uint8)
        for inpainter in inpainters:
            for seed in seeds:
                spec = make_spec(original, mask=128, seed=seed, inpainter=inpainter, source_name=f"p{number}.png")
                assert spec.original_sha256 == pixels_sha256(original)
                place = f"p{number}/{inpainter}-s{seed}"
                trajectory = create_or_open(runs, place, spec, original, Request(metrics=metrics))
                [*_] = run_trajectory(trajectory)
                vectors = {k: feature_of(number, spec.inpainted(k), spec) for k in spec.keyframe_iterations()}
                save_features(trajectory, extractor or GivenFeatures(), vectors)
                made.append(trajectory)
    return made


def drifting(number: int, inpainted: float, spec: Spec) -> FeatureVector:
    """Apart from each other at first; each moves away as it is repainted, and twice as far if it is blurred."""
    start = default_rng(number).normal(0, 1, 4)
    speed = 2.0 if spec.inpainter == "telea" else 1.0
    moved: FeatureVector = (start + speed * inpainted / 50).astype(np.float32)
    return moved
