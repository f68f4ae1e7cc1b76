"""What a study's trajectories of one picture have in common, and in what they differ. Reads no picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from riptui import inpainters
from riptui.planning.sweep import Interventions, Sweep
from riptui.study.study_file import Study
from riptui.text import int_ranges
from riptui.text.units import format_count

UNITS = {"mask": "px", "amount": "%", "size": "px", "feather": "px"}
ALWAYS_TOLD = ("inpainter", "mask", "seed", "amount", "size")
"""Settings that are told even where they have their default."""
COUNTED = ("inpainter", "mask", "seed", "amount", "size", "order", "prompt")
"""Settings whose values are counted as 3 masks; others are counted as 3 values of onto."""
DEFAULTS: dict[str, Any] = {"order": "replacement", "squares": "own", "paste": True, "fit": "bands"} | vars(
    Interventions()
)


@dataclass(frozen=True)
class StudySetting:
    """A setting of a study, and its values in the order of the file."""

    name: str
    """As in the study file."""
    values: tuple[Any, ...]

    @property
    def text(self) -> str:
        """The values for people, with their unit; seeds as ranges. Not yet safe to print."""
        if self.name == "seed":
            return int_ranges.join(self.values)
        unit = UNITS.get(self.name, "")
        return f"{', '.join(map(_to_text, self.values))} {unit}".rstrip()


def outline_study(study: Study) -> list[StudySetting]:
    """The settings with several values or not the default; inpainter, mask, seed, amount and size in any case."""
    found: dict[str, dict[Any, None]] = {}
    for sweep in study.sweeps:
        for name, value in _list_values(sweep):
            found.setdefault(name, {})[value] = None
    settings = [StudySetting(name, tuple(values)) for name, values in found.items()]
    return [
        setting
        for setting in settings
        if setting.name in ALWAYS_TOLD or setting.values != (DEFAULTS.get(setting.name),)
    ]


def describe_product(study: Study) -> str:
    """How many trajectories each picture has: 3 inpainters × 2 masks × 2 seeds; only their number if not all are
    combined.
    """
    varied = [setting for setting in outline_study(study) if len(setting.values) > 1]
    if prod(len(setting.values) for setting in varied) != len(study) or not varied:
        return f"{len(study):,}"
    return " × ".join(
        format_count(len(setting.values), setting.name)
        if setting.name in COUNTED
        else f"{len(setting.values):,} values of {setting.name}"
        for setting in varied
    )


def _list_values(sweep: Sweep) -> Iterator[tuple[str, Any]]:
    yield from (("inpainter", name) for name in sweep.inpainters)
    infos = [inpainters.find_inpainter(inpainters.resolve_inpainter(name).name) for name in sweep.inpainters]
    if not all(info.scope == "image" for info in infos):
        yield from (("mask", mask) for mask in sweep.masks)
    yield from (("seed", seed) for seed in sweep.seeds)
    yield from ((name, getattr(sweep, name)) for name in ("amount", "order", "squares", "paste", "size", "fit"))
    yield from vars(sweep.interventions).items()
    if sweep.mask_folder:
        yield "mask_folder", str(sweep.mask_folder)
    yield from sweep.parameters.items()


def _to_text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case "":
            return '""'
    return str(value)
