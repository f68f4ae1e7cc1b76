"""A sweep: every inpainter x mask x seed for each picture, and the folders of its trajectories. Reads no picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from riptui import inpainters
from riptui.errors import InputError
from riptui.inpainters.scheduled import require_schedule
from riptui.masks import draw_given_masks
from riptui.planning.mask_folder import MaskSource, read_mask_folder
from riptui.spec import (
    FOLDER_ORDERS,
    GIVEN_ORDERS,
    ColourMatch,
    Fit,
    ParameterValue,
    PasteBase,
    Spec,
    SquareOrder,
    SquareSource,
)
from riptui.store import names
from riptui.store.trajectory_names import name_trajectory, name_trajectory_twice
from riptui.tile_runs import TILE_PX


@dataclass(frozen=True)
class Interventions:
    """What is done otherwise than in the paper. Fields as in Spec, and with the same defaults."""

    onto: PasteBase = "frame"
    anchor: int = 0
    schedule: str = ""
    match: ColourMatch = "none"
    feather: int = 0


@dataclass(frozen=True)
class Sweep:
    """The settings that the trajectories of one picture share, and those in which they differ. Fields as in Spec."""

    inpainters: Sequence[str]
    """Registry names, hub ids or folders."""
    masks: Sequence[int]
    seeds: Sequence[int]
    parameters: Mapping[str, ParameterValue]
    amount: float = 400.0
    order: SquareOrder = "replacement"
    squares: SquareSource = "own"
    paste: bool = True
    size: int = 512
    fit: Fit = "bands"
    interventions: Interventions = Interventions()
    mask_folder: Path | None = None
    """The user's masks, for the orders cycle and draw."""

    def __post_init__(self) -> None:
        """Raises SpecError or InputError if any combination is impossible, before a picture is read."""
        if self.order in FOLDER_ORDERS and self.mask_folder is None:
            raise InputError(f"order {self.order} takes the masks of a folder: name it with --masks FOLDER")
        if self.order not in FOLDER_ORDERS and self.mask_folder is not None:
            raise InputError(f"order {self.order} takes no masks of a folder: leave out --masks, or the order")
        if not (self.inpainters and self.masks and self.seeds):
            raise InputError("nothing to compute: give at least one inpainter, one mask size and one seed")
        len(self)  # makes the specs, and raises for what cannot be run

    def __len__(self) -> int:
        """Trajectories of one picture."""
        return self._count

    @cached_property
    def _count(self) -> int:
        return len(self.specs("", "0" * 64, "0" * 64))

    @property
    def notices(self) -> list[str]:
        """What a person should know before it is computed: models taken from elsewhere, masks that tell nothing."""
        resolved = [inpainters.resolve_inpainter(name) for name in self.inpainters]
        moved = [found.notice for found in resolved if found.notice]
        return [*moved, *filter(None, map(self._explain_no_border, dict.fromkeys(found.name for found in resolved)))]

    def _explain_no_border(self, inpainter: str) -> str:
        outcome = inpainters.find_inpainter(inpainter).without_border
        if not outcome or self.size not in self.masks or self.order in GIVEN_ORDERS:
            return ""
        return (
            f"mask {self.size} px is the whole frame, which leaves {inpainter} nothing to paint from: it {outcome}; "
            "a smaller mask shows a drift"
        )

    def specs(self, source_name: str, source_sha256: str, original_sha256: str) -> list[Spec]:
        """One spec per combination, for a picture that is given by its hashes.

        An inpainter of whole pictures has no squares: all mask sizes are one combination, and so are all orders, and
        of the interventions only schedules concern it.
        """
        specs: dict[str, Spec] = {}
        chosen = [(text, *self._choose_inpainter(text)) for text in self.inpainters]
        for (text, name, parameters, is_whole), mask, seed in product(chosen, self.masks, self.seeds):
            sweep = self._without_squares(text, seed) if is_whole else self
            spec = sweep._give_masks(
                Spec(
                    source_name=source_name,
                    source_sha256=source_sha256,
                    original_sha256=original_sha256,
                    size=self.size,
                    fit=self.fit,
                    mask=self.size if is_whole else mask,
                    order=sweep.order,
                    squares=self.squares,
                    amount=self.amount,
                    seed=seed,
                    paste=sweep.paste,
                    inpainter=name,
                    parameters=parameters,
                    **vars(sweep.interventions),
                    **sweep._placeholders(),
                )
            )
            inpainters.require_usable(spec.inpainter, spec.parameters, spec.mask, spec.size)
            require_schedule(spec.inpainter, spec.parameters, scheduled_values(spec))
            specs.setdefault(spec.digest, spec)
        return list(specs.values())

    def _choose_inpainter(self, text: str) -> tuple[str, dict[str, ParameterValue], bool]:
        """Its name in the registry, the parameters of its specs, and whether it is one of whole pictures."""
        resolved = inpainters.resolve_inpainter(text)
        parameters = {**resolved.parameters, **inpainters.parse_parameters(resolved.name, self.parameters)}
        is_whole = inpainters.find_inpainter(resolved.name).scope == "image"
        return resolved.name, inpainters.spec_parameters(resolved.name, parameters), is_whole

    def _without_squares(self, inpainter: str, seed: int) -> "Sweep":
        """The same for one inpainter of whole pictures."""
        kept = Interventions(schedule=self.interventions.schedule)
        if (self.order, self.paste, self.interventions, self.mask_folder) == ("replacement", True, kept, None):
            return self
        squares: dict[str, Any] = {"order": "replacement", "paste": True, "interventions": kept, "mask_folder": None}
        return replace(self, inpainters=[inpainter], masks=[self.size], seeds=[seed], **squares)

    def _placeholders(self) -> dict[str, Any]:
        """What stands for masks until the rest of the spec is known, which decides them."""
        return {"masks": (f"0,{(self.size // TILE_PX) ** 2}",)} if self.order in GIVEN_ORDERS else {}

    def _give_masks(self, spec: Spec) -> Spec:
        if self.order not in GIVEN_ORDERS:
            return spec
        source = read_mask_folder(self.mask_folder, self.size) if self.mask_folder else MaskSource("", ())
        masks = draw_given_masks(spec, source.masks)
        return msgspec.structs.replace(spec, masks=masks, mask_source=source.sha256)


def scheduled_values(spec: Spec) -> Iterator[dict[str, float | str]]:
    """What its schedules ask for over the iterations, at the first, the last and up to 1,000 between them."""
    if spec.schedule:
        step = max(1, spec.iterations // 1000)
        yield from map(spec.scheduled, {*range(1, spec.iterations + 1, step), spec.iterations})


def queue_position(now: float, number: int) -> float:
    """The position in the queue of the trajectory with this number within one command."""
    return round(now, 3) + number / 1000


def trajectory_paths(group: str, spec: Spec) -> tuple[str, str]:
    """The paths of a trajectory below the runs folder: the usual one, and the one to use if another spec has it."""
    return paths_in_folder(picture_folder(group, spec), spec)


def older_trajectory_paths(group: str, spec: Spec, name: str = "") -> tuple[str, ...]:
    """Where older releases, whose names had ASCII letters only, created it; empty if that is no other place."""
    folder, (usual_name, older_name) = older_picture_folder(group, spec), name_trajectory_twice(spec)
    if folder == picture_folder(group, spec) and older_name == usual_name:
        return ()
    if name:
        return (f"{folder}/{name}",)
    return f"{folder}/{older_name}", f"{folder}/{older_name[:90]}-{spec.digest[:8]}"


def paths_in_folder(folder: str, spec: Spec) -> tuple[str, str]:
    """The same for a trajectory in a folder "group/picture"; "": the runs folder itself."""
    prefix, name = f"{folder}/" if folder else "", name_trajectory(spec)
    return f"{prefix}{name}", f"{prefix}{names.cut(name, 90)}-{spec.digest[:8]}"


def picture_folder(group: str, spec: Spec) -> str:
    """ "group/picture": the folder of a picture's trajectories."""
    return _join(group, _picture_slugs(spec.source_name)[0])


def older_picture_folder(group: str, spec: Spec) -> str:
    """The same as older releases named it."""
    return _join(group, _picture_slugs(spec.source_name)[1])


@lru_cache(64)
def _picture_slugs(source_name: str) -> tuple[str, str]:
    """What a picture's folder is named, and what older releases named it. A picture may have thousands of specs."""
    stem = Path(source_name).stem
    return names.slugify(stem), names.older_slug(stem)


def _join(group: str, folder: str) -> str:
    return "/".join(part for part in (names.compose(group.strip("/")), folder) if part)


def require_valid_names(group: str, name: str, count: int) -> None:
    """Raise NameRefusedError or InputError if so many trajectories cannot be created there."""
    if name and count > 1:
        raise InputError(f"--name {name} is for one trajectory, and these are {count}: use --group")
    for part in [*(group.strip("/").split("/") if group else []), *([name] if name else [])]:
        names.require_name(part)
