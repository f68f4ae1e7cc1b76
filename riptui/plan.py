"""From pictures and options to trajectory folders: every picture x inpainter x mask x seed. Computes nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import count, product
from pathlib import Path

import msgspec

from riptui import inpainters
from riptui.arrays import Image
from riptui.errors import InputError, NameRefusedError, RiptuiError
from riptui.images import Prepared, pixels_sha256, prepare
from riptui.spec import Fit, Order, Parameter, Spec
from riptui.store import layout
from riptui.store.creation import create
from riptui.store.frames import original
from riptui.store.listing import find
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory

OnMade = Callable[[int, int], None]
"""Called as `on_made(done, total)` after each trajectory."""


@dataclass(frozen=True)
class Sweep:
    """What the trajectories of one picture share, and where they differ. Fields as in Spec."""

    inpainters: Sequence[str]
    """Names of the registry, hub ids, folders."""
    masks: Sequence[int]
    seeds: Sequence[int]
    parameters: Mapping[str, Parameter]
    amount: float = 400.0
    order: Order = "replacement"
    paste: bool = True
    size: int = 512
    fit: Fit = "bands"

    def __post_init__(self) -> None:
        """Raises SpecError or InputError if any combination is impossible, before a picture is read."""
        if not (self.inpainters and self.masks and self.seeds):
            raise InputError("nothing to compute: give at least one inpainter, one mask size and one seed")
        self.specs_of("", "0" * 64, "0" * 64)

    def __len__(self) -> int:
        """Trajectories of one picture."""
        return len(self.inpainters) * len(self.masks) * len(self.seeds)

    def specs(self, picture: Prepared) -> list[Spec]:
        """One spec a combination."""
        return self.specs_of(picture.source_name, picture.source_sha256, pixels_sha256(picture.image))

    def specs_of(self, source_name: str, source_sha256: str, original_sha256: str) -> list[Spec]:
        """The same of a picture that is known by its hashes alone."""
        specs = []
        for text, mask, seed in product(self.inpainters, self.masks, self.seeds):
            choice = inpainters.choose(text)
            given = {**choice.parameters, **inpainters.read(choice.name, self.parameters)}
            spec = Spec(
                source_name=source_name,
                source_sha256=source_sha256,
                original_sha256=original_sha256,
                size=self.size,
                fit=self.fit,
                mask=mask,
                order=self.order,
                amount=self.amount,
                seed=seed,
                paste=self.paste,
                inpainter=choice.name,
                parameters=inpainters.complete(choice.name, given),
            )
            inpainters.require_usable(spec.inpainter, spec.parameters, spec.mask)
            specs.append(spec)
        return specs


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
    planned = [(picture, spec) for picture in pictures for spec in sweep.specs(picture)]
    trajectories = []
    now = time.time()
    for number, (picture, spec) in enumerate(planned):
        request = msgspec.structs.replace(request, queued=queued_at(now, number))
        if name:
            trajectories.append(create(runs, f"{_folder(group, spec)}/{name}", spec, picture.image, request))
        else:
            trajectories.append(make(runs, group, spec, picture.image, request))
        on_made(len(trajectories), len(planned))
    return list({trajectory.path: trajectory for trajectory in trajectories}.values())


def queued_at(now: float, number: int) -> float:
    """The place in the queue of a command's trajectory of that number."""
    return round(now, 3) + number / 1000


def make(
    runs: Path, group: str, spec: Spec, original: Image, request: Request, *, png: bytes | None = None
) -> Trajectory:
    """Make a trajectory's folder, or find it, as `submit` does without a name. Raises NameRefusedError, DiskError."""
    return _make_at(runs, places(group, spec), spec, original, request, png)


def places(group: str, spec: Spec) -> tuple[str, str]:
    """Where a trajectory is, below the runs folder: the usual place, and the one for when another spec has that."""
    return _places_in(_folder(group, spec), spec)


def _places_in(folder: str, spec: Spec) -> tuple[str, str]:
    above, usual = f"{folder}/" if folder else "", layout.name_for(spec)
    return f"{above}{usual}", f"{above}{usual[:90]}-{spec.digest[:8]}"


def _make_at(
    runs: Path, places: tuple[str, str], spec: Spec, original: Image, request: Request, png: bytes | None = None
) -> Trajectory:
    usual, other = places
    try:
        return create(runs, usual, spec, original, request, png=png)
    except NameRefusedError:
        return create(runs, other, spec, original, request, png=png)


def _folder(group: str, spec: Spec) -> str:
    return "/".join(part for part in (group.strip("/"), layout.name_from(Path(spec.source_name).stem)) if part)


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
    return _make_at(runs, _places_in("/".join(above), other), other, original(trajectory), request)


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


def require_place(group: str, name: str, count: int) -> None:
    """Raise NameRefusedError or InputError if so many trajectories cannot be made there."""
    if name and count > 1:
        raise InputError(f"--name {name} is for one trajectory, and these are {count}: use --group")
    for part in [*(group.strip("/").split("/") if group else []), *([name] if name else [])]:
        layout.require_name(part)
