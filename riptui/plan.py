"""From pictures and options to trajectory folders: every picture x inpainter x mask x seed. Computes nothing."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec

from riptui import inpainters
from riptui.errors import InputError, NameRefusedError
from riptui.images import Prepared, pixels_sha256
from riptui.spec import Fit, Order, Parameter, Spec
from riptui.store import layout
from riptui.store.creation import create
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


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
        self._specs("", "0" * 64, "0" * 64)

    def __len__(self) -> int:
        """Trajectories of one picture."""
        return len(self.inpainters) * len(self.masks) * len(self.seeds)

    def specs(self, picture: Prepared) -> list[Spec]:
        """One spec a combination."""
        return self._specs(picture.source_name, picture.source_sha256, pixels_sha256(picture.image))

    def _specs(self, source_name: str, source_sha256: str, original_sha256: str) -> list[Spec]:
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
    runs: Path, pictures: Sequence[Prepared], sweep: Sweep, request: Request, *, group: str = "", name: str = ""
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
        request = msgspec.structs.replace(request, queued=round(now, 3) + number / 1000)
        folder = "/".join(part for part in (group.strip("/"), layout.name_from(Path(picture.source_name).stem)) if part)
        usual = name or layout.name_for(spec)
        try:
            trajectories.append(create(runs, f"{folder}/{usual}", spec, picture.image, request))
        except NameRefusedError:
            if name:
                raise
            other = f"{folder}/{usual[:90]}-{spec.digest[:8]}"
            trajectories.append(create(runs, other, spec, picture.image, request))
    return list({trajectory.path: trajectory for trajectory in trajectories}.values())


def require_place(group: str, name: str, count: int) -> None:
    """Raise NameRefusedError or InputError if so many trajectories cannot be made there."""
    if name and count > 1:
        raise InputError(f"--name {name} is for one trajectory, and these are {count}: use --group")
    for part in [*(group.strip("/").split("/") if group else []), *([name] if name else [])]:
        layout.require_name(part)
