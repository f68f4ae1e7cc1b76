"""From pictures and a sweep to trajectory folders: every picture x inpainter x mask x seed. Computes nothing."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import as_file, files
from itertools import count
from pathlib import Path

import msgspec

from riptui.arrays import Image
from riptui.errors import NameRefusedError, RiptuiError
from riptui.images import Prepared, pixels_sha256, prepare
from riptui.spec import Spec
from riptui.store.creation import create
from riptui.store.frames import original
from riptui.store.listing import find
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.sweep import Sweep, folder_of, places, places_in, queued_at, require_place

OnMade = Callable[[int, int], None]
"""Called as `on_made(done, total)` after each trajectory."""


def submit(
    runs: Path,
    pictures: Sequence[Prepared],
    sweep: Sweep,
    request: Request,
    *,
    group: str = "",
    name: str = "",
    on_made: OnMade = lambda done, total: None,
) -> list[Trajectory]:
    """Make the folders `runs/group/picture/name`, or find those that are there; all specs are checked before the first.

    They are queued in this order. Without a name it comes from the spec; if another spec has that name, its digest is
    added. Raises NameRefusedError for a given name that is taken, DiskError.
    """
    require_place(group, name, len(pictures) * len(sweep))
    planned = [(picture, spec) for picture in pictures for spec in specs(sweep, picture)]
    trajectories = []
    now = time.time()
    for number, (picture, spec) in enumerate(planned):
        request = msgspec.structs.replace(request, queued=queued_at(now, number))
        if name:
            trajectories.append(create(runs, f"{folder_of(group, spec)}/{name}", spec, picture.image, request))
        else:
            trajectories.append(make(runs, group, spec, picture.image, request))
        on_made(len(trajectories), len(planned))
    return list({trajectory.path: trajectory for trajectory in trajectories}.values())


def specs(sweep: Sweep, picture: Prepared) -> list[Spec]:
    """One of a picture for each combination."""
    return sweep.specs(picture.source_name, picture.source_sha256, pixels_sha256(picture.image))


def make(
    runs: Path, group: str, spec: Spec, original: Image, request: Request, *, png: bytes | None = None
) -> Trajectory:
    """Make a trajectory's folder, or find it, as `submit` does without a name. Raises NameRefusedError, DiskError."""
    return _make_at(runs, places(group, spec), spec, original, request, png)


def _make_at(
    runs: Path, places: tuple[str, str], spec: Spec, original: Image, request: Request, png: bytes | None = None
) -> Trajectory:
    usual, other = places
    try:
        return create(runs, usual, spec, original, request, png=png)
    except NameRefusedError:
        return create(runs, other, spec, original, request, png=png)


def again(runs: Path, trajectory: Trajectory, request: Request) -> Trajectory:
    """Make a trajectory's like beside it, with the next seed that none of its group has.

    Raises DamagedError if its original is not readable; InputError, DiskError.
    """
    spec = trajectory.spec
    like = msgspec.structs.replace(spec, seed=0).digest
    beside = _specs_in(trajectory.path.parent)
    taken = {other.seed for other in beside if msgspec.structs.replace(other, seed=0).digest == like}
    seed = next(number for number in count(spec.seed + 1) if number not in taken)
    above = trajectory.path.resolve().parent.relative_to(runs.resolve()).parts
    other = msgspec.structs.replace(spec, seed=seed)
    return _make_at(runs, places_in("/".join(above), other), other, original(trajectory), request)


def _specs_in(group: Path) -> list[Spec]:
    found = []
    for trajectory in find(group):
        with suppress(RiptuiError):  # what cannot be read takes no seed
            found.append(trajectory.spec)
    return found


def demonstration(runs: Path, request: Request, *, mask: int = 64) -> Trajectory:
    """Make a first trajectory: of a photograph that comes with riptui, computed in seconds and without weights."""
    with as_file(files("riptui") / "pictures" / "coffee.jpg") as file:
        picture = prepare(file, fit="crop")
    [trajectory] = submit(runs, [picture], Sweep(["navier-stokes"], [mask], [0], {}, fit="crop"), request, group="demo")
    return trajectory
