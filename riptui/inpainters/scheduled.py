"""Parameters that a schedule changes from one iteration to the next: which can, and their values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from riptui.errors import InputError
from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.parameters import NumberType
from riptui.inpainters.registry import complete_parameters, find_inpainter, require_a_step

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue


def convert_scheduled(name: str, values: Mapping[str, float | str]) -> dict[str, ParameterValue]:
    """The values that schedules give at an iteration, as the inpainter's parameters take them. Raises InputError."""
    info = find_inpainter(name)
    found = {key: _convert(name, info, key, value) for key, value in values.items()}
    complete_parameters(name, found)
    return found


def require_schedule(
    name: str, parameters: Mapping[str, ParameterValue], scheduled: Iterable[Mapping[str, float | str]]
) -> None:
    """Raise InputError if the inpainter cannot do what schedules ask of it, given the values at some iterations."""
    for values in scheduled:
        require_a_step({**parameters, **convert_scheduled(name, values)})


def _convert(name: str, info: InpainterInfo, key: str, value: float | str) -> ParameterValue:
    changeable = _changeable(info)
    if key not in changeable:
        known = ", ".join(changeable) or "none can"
        raise InputError(f"schedule {key}: of {name}'s parameters these can change between iterations: {known}")
    kind = info.type_of(key)
    if isinstance(value, str):
        return kind.parse(value)
    return round(value) if isinstance(kind, NumberType) and kind.integer else round(value, 12)


def _changeable(info: InpainterInfo) -> Collection[str]:
    if info.scheduled is not None:
        return [key for key in info.scheduled if key in info.parameters]
    return () if info.needs_weights or info.program or info.is_server else info.parameters.keys()
