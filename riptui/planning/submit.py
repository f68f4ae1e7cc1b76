"""Create the trajectory folders of pictures and a sweep: every picture x inpainter x mask x seed. Computes nothing."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec

from riptui.arrays import Image
from riptui.errors import InputError, NameRefusedError, RiptuiError
from riptui.images import PreparedImage, pixels_sha256, prepare_original
from riptui.inpainters.import_trial import OnTrial
from riptui.masks import draw_given_masks
from riptui.planning.bundled_pictures import resolve_bundled
from riptui.planning.missing_weights import require_weights
from riptui.planning.same_weights import find_same_weights
from riptui.planning.sweep import (
    Sweep,
    older_trajectory_paths,
    paths_in_folder,
    picture_folder,
    queue_position,
    require_valid_names,
    trajectory_paths,
)
from riptui.spec import Spec
from riptui.store.creation import create_or_open
from riptui.store.frames import read_original
from riptui.store.listing import find_trajectories
from riptui.store.ownership import require_registrable
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

OnCreated = Callable[[int, int], None]
"""Called as `on_created(done, total)` after each trajectory."""


def submit(
    runs: Path,
    pictures: Sequence[PreparedImage],
    sweep: Sweep,
    request: Request,
    *,
    group: str = "",
    name: str = "",
    on_created: OnCreated = lambda done, total: None,
    on_trial: OnTrial = lambda text: None,
) -> list[Trajectory]:
    """Create the folders `runs/group/picture/name`, or open existing ones. All specs are checked before the first one.

    They are queued in this order. Without `name`, the name comes from the spec, and the digest is appended if another
    spec has that name. Raises NameRefusedError if `name` is taken by another spec; WeightsError or MissingExtraError
    if a new one lacks its model; DiskError.
    """
    require_valid_names(group, name, len(pictures) * len(sweep))
    planned = [(picture, spec) for picture in pictures for spec in build_specs(sweep, picture)]
    if new := [spec for _, spec in planned if not _is_created(runs, group, spec, name)]:
        require_registrable(runs)
        require_weights(new, on_trial)
    trajectories = []
    now = time.time()
    for number, (picture, spec) in enumerate(planned):
        request = msgspec.structs.replace(request, queued=queue_position(now, number))
        if name:
            path = _find_older(runs, older_trajectory_paths(group, spec, name), spec)
            path = path or f"{picture_folder(group, spec)}/{name}"
            trajectories.append(create_or_open(runs, path, spec, picture.image, request))
        else:
            trajectories.append(create_trajectory(runs, group, spec, picture.image, request))
        on_created(len(trajectories), len(planned))
    return list({trajectory.path: trajectory for trajectory in trajectories}.values())


def _is_created(runs: Path, group: str, spec: Spec, name: str) -> bool:
    """Whether the trajectory exists in a place where `submit` would look for it."""
    usual = (f"{picture_folder(group, spec)}/{name}",) if name else trajectory_paths(group, spec)
    return _find_older(runs, (*usual, *older_trajectory_paths(group, spec, name)), spec) is not None


def build_specs(sweep: Sweep, picture: PreparedImage) -> list[Spec]:
    """The specs of a picture, one per combination."""
    return sweep.specs(picture.source_name, picture.source_sha256, pixels_sha256(picture.image))


def create_trajectory(
    runs: Path, group: str, spec: Spec, original: Image, request: Request, *, png: bytes | None = None
) -> Trajectory:
    """Create or open a trajectory's folder, as `submit` does without a name. Raises NameRefusedError, DiskError."""
    if older_path := _find_older(runs, older_trajectory_paths(group, spec), spec):
        return create_or_open(runs, older_path, spec, original, request)
    return _create_at(runs, trajectory_paths(group, spec), spec, original, request, png)


def _find_older(runs: Path, relative_paths: Sequence[str], spec: Spec) -> str | None:
    """The first of the paths that has this trajectory."""
    for path in relative_paths:
        with suppress(RiptuiError):
            if Trajectory(runs / path).spec.digest == spec.digest:
                return path
    return None


def _create_at(
    runs: Path, relative_paths: tuple[str, str], spec: Spec, original: Image, request: Request, png: bytes | None = None
) -> Trajectory:
    default_path, fallback_path = relative_paths
    if same := find_same_weights((runs / default_path).parent, spec):
        return same
    try:
        return create_or_open(runs, default_path, spec, original, request, png=png)
    except NameRefusedError:
        return create_or_open(runs, fallback_path, spec, original, request, png=png)


def repeat_with_next_seed(runs: Path, trajectory: Trajectory, request: Request) -> Trajectory:
    """Create a trajectory with the same settings beside it, with the next seed that is not in its folder.

    Raises DamagedError if its original cannot be read; WeightsError if its model is gone; InputError, DiskError.
    """
    spec = trajectory.spec
    seedless_digest = msgspec.structs.replace(spec, seed=0).digest
    siblings = _read_specs(trajectory.path.parent)
    taken = {sibling.seed for sibling in siblings if msgspec.structs.replace(sibling, seed=0).digest == seedless_digest}
    seed = next(number for number in count(spec.seed + 1) if number not in taken)
    parent = trajectory.path.resolve().parent.relative_to(runs.resolve())
    repeated = _with_seed(spec, seed)
    require_weights([repeated])
    paths = paths_in_folder("/".join(parent.parts), repeated)
    return _create_at(runs, paths, repeated, read_original(trajectory), request)


def _with_seed(spec: Spec, seed: int) -> Spec:
    """The spec with another seed, and the masks that it draws."""
    other = msgspec.structs.replace(spec, seed=seed)
    if spec.order == "draw":
        raise InputError(
            f"its masks were drawn from a folder that is not here: riptui run --order draw --masks FOLDER --seed {seed}"
        )
    if not spec.masks or spec.order == "cycle":
        return other
    return msgspec.structs.replace(other, masks=draw_given_masks(other))


def _read_specs(group: Path) -> list[Spec]:
    found = []
    for trajectory in find_trajectories(group):
        with suppress(RiptuiError):  # an unreadable one takes no seed
            found.append(trajectory.spec)
    return found


def create_demo(runs: Path, request: Request, *, mask: int = 64) -> Trajectory:
    """Create the demo trajectory: a bundled photograph, computed in seconds and without weights."""
    picture = prepare_original(resolve_bundled("riptui:coffee"), fit="crop")
    [trajectory] = submit(runs, [picture], Sweep(["navier-stokes"], [mask], [0], {}, fit="crop"), request, group="demo")
    return trajectory
