"""A parameter that is a JSON object: typed as one, or as the path of its file; kept as one line of canonical JSON.

The object itself stands in the spec, so that a file that is changed or lost later changes no trajectory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riptui.errors import InputError
from riptui.inpainters.parameters import NONE

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

MAX_BYTES = 2**20


@dataclass(frozen=True)
class JsonObjectType:
    """A JSON object, or the path of a file that has one."""

    example: str
    optional: bool = False

    @property
    def description(self) -> str:
        return f"a JSON object or a file that has one, e.g. {self.example}" + (", or none" if self.optional else "")

    def accepts(self, value: ParameterValue) -> bool:
        if value is None:
            return self.optional
        return isinstance(value, str) and _parse(value) is not None

    def parse(self, text: str) -> ParameterValue:
        """Raises InputError if a file cannot be read."""
        if self.optional and text.lower() == NONE:
            return None
        if text and not text.lstrip().startswith("{"):
            text = _read_file(Path(text).expanduser())
        found = _parse(text)
        return text if found is None else _encode(found)


def read_object(text: str | None) -> dict[str, Any]:
    """The object of a parameter that was accepted; empty for None."""
    return json.loads(text) if text else {}


def _encode(found: dict[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _parse(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not JSON: it is not UTF-8 text") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; give a JSON object, or a file that has one"
        ) from error
    if len(data) > MAX_BYTES or _parse(text) is None:
        raise InputError(f"{path} has no JSON object, or one of more than {MAX_BYTES >> 20} MiB")
    return text
