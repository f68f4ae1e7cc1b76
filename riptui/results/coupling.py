"""Whether two pictures that get the same squares and the same noise grow alike: the distance between trajectories.

Each pair of pictures of one seed, mask size and condition is compared at every 50 %. Pictures with squares and noise of
their own are the comparison: they grow alike too, if all ends are alike, but not because they are driven alike.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import nan
from typing import Any

import numpy as np
import scipy

from riptui.arrays import Float32, Float64, Image
from riptui.errors import RiptuiError
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import group_by, with_key
from riptui.results.end_looks import OnEndsProgress, TrajectoryEnd
from riptui.results.pair_distances import PairDistances, average_pairs, estimate_ratio
from riptui.results.panel import condition_settings
from riptui.spec import ParameterValue, SquareSource
from riptui.store.frames import read_frames

REDUCED_PX = 64
"""Frames are averaged over cells to at most so many pixels per side, so that grain does not count."""

ReducedFrames = Float32[np.ndarray, "points values"]


@dataclass(frozen=True)
class CouplingPoint:
    """How far apart the trajectories of two pictures are at one amount."""

    inpainted: float
    distance: float
    """Mean over pairs of the root mean square difference of RGB, 0 to 255."""
    ratio: IntervalEstimate
    """Divided by that of the originals."""


@dataclass(frozen=True)
class Coupling:
    """The trajectories of one condition and mask size, in pairs of pictures."""

    settings: Mapping[str, ParameterValue]
    squares: SquareSource
    images: int
    seeds: int
    points: Sequence[CouplingPoint]


@dataclass(frozen=True)
class CouplingAnalysis:
    """All conditions; empty if no pictures share squares and noise."""

    groups: Sequence[Coupling]
    left_out: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that are not finite are nan."""
        return {
            "groups": [with_key(asdict(group)) for group in self.groups],
            "left_out": list(self.left_out),
        }


def analyse_coupling(
    ends: Sequence[TrajectoryEnd], on_progress: OnEndsProgress = lambda done, total: None
) -> CouplingAnalysis:
    """Follow the distance between pictures over the amount, where any share squares and noise. `ends`: complete
    trajectories. Never raises for one of them.
    """
    by = [*condition_settings(ends), "mask"]
    groups = {key: members for key, members in group_by(ends, by).items() if len({end.image for end in members}) > 1}
    if not any(members[0].spec.squares == "shared" for members in groups.values()):
        return CouplingAnalysis([], [])
    total = sum(map(len, groups.values()))
    found: list[Coupling] = []
    left_out: list[str] = []
    done = 0
    for key, members in groups.items():
        start = done

        def tell(part: int, start: int = start) -> None:
            on_progress(start + part, total)

        frames = _read_reduced(members, left_out, tell)
        done += len(members)
        found.append(_follow_pairs(dict(zip(by, key, strict=True)), members, frames))
    on_progress(total, total)
    return CouplingAnalysis([group for group in found if group.images > 1], left_out)


def reduce_frame(image: Image) -> Float32[np.ndarray, " values"]:
    """The means of RGB over cells, REDUCED_PX per side at most, as one row."""
    cell = -(-len(image) // REDUCED_PX)
    side = len(image) // cell
    cells = image[: side * cell, : side * cell].reshape(side, cell, side, cell, 3)
    means: Float32[np.ndarray, " values"] = cells.mean(axis=(1, 3), dtype=np.float32).ravel()
    return means


def _read_reduced(
    members: Iterable[TrajectoryEnd], left_out: list[str], tell: Callable[[int], None]
) -> dict[str, ReducedFrames]:
    """The frames at every 50 %, reduced, by the digest of the spec; at most 48 KiB each."""
    found: dict[str, ReducedFrames] = {}
    for done, end in enumerate(members):
        tell(done)
        try:
            frames = read_frames(end.trajectory, end.spec.point_iterations())
            found[end.spec.digest] = np.stack([reduce_frame(frame) for _, frame in frames])
        except RiptuiError as error:
            left_out.append(str(error))
    return found


def _follow_pairs(
    settings: Mapping[str, ParameterValue], members: Sequence[TrajectoryEnd], frames: Mapping[str, ReducedFrames]
) -> Coupling:
    known = sorted((end for end in members if end.spec.digest in frames), key=lambda end: end.image)
    by_seed: defaultdict[int, list[TrajectoryEnd]] = defaultdict(list)
    for end in known:
        by_seed[end.spec.seed].append(end)
    images = sorted({end.image for end in known})
    spec = members[0].spec
    points: list[CouplingPoint] = []
    before = None
    for place, k in enumerate(spec.point_iterations()):
        parts = [
            PairDistances([end.image for end in ends], _rms(np.stack([frames[end.spec.digest][place] for end in ends])))
            for ends in by_seed.values()
        ]
        pairs = average_pairs(parts, images)
        before = pairs if before is None else before
        between = pairs[np.triu_indices(len(images), 1)]
        known_pairs = between[np.isfinite(between)]
        distance = float(known_pairs.mean()) if len(known_pairs) else nan
        points.append(CouplingPoint(spec.inpainted(k), distance, estimate_ratio(pairs, before)))
    return Coupling(settings, spec.squares, len(images), len(by_seed), points)


def _rms(rows: Float32[np.ndarray, "rows values"]) -> Float64[np.ndarray, "rows rows"]:
    """Root mean square difference between rows; exactly 0 between equal ones."""
    pairs = scipy.spatial.distance.pdist(rows) / np.sqrt(rows.shape[1])
    distances: Float64[np.ndarray, "rows rows"] = scipy.spatial.distance.squareform(pairs)
    return distances
