"""What a parameter of an inpainter may be, and how it is read from a command line. Knows no inpainter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from riptui.inpainters.catalogue import is_folder

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

NONE = "none"
"""How None is written on a command line."""


class ParameterType(Protocol):
    @property
    def description(self) -> str:
        """What it must be, to end a sentence."""
        ...

    def accepts(self, value: ParameterValue) -> bool: ...

    def parse(self, text: str) -> ParameterValue:
        """The value that was typed; the text itself if it is none, for `accepts` to refuse."""
        ...


@dataclass(frozen=True)
class NumberType:
    """A number; `above` is excluded, `maximum` is not."""

    above: float
    maximum: float
    integer: bool = False
    optional: bool = False

    @property
    def description(self) -> str:
        kind = "a whole number" if self.integer else "a number"
        return f"{kind} above {self.above:g} and at most {self.maximum:g}" + (", or none" if self.optional else "")

    def accepts(self, value: ParameterValue) -> bool:
        if value is None:
            return self.optional
        kinds = int if self.integer else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.above < value <= self.maximum

    def parse(self, text: str) -> ParameterValue:
        if self.optional and text.lower() == NONE:
            return None
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
        return text


@dataclass(frozen=True)
class TextType:
    """A text; one of `choices`, if there are any."""

    choices: Sequence[str] = ()
    optional: bool = False
    empty: bool = True

    @property
    def description(self) -> str:
        kind = " or ".join(self.choices) if self.choices else ("text" if self.empty else "text that is not empty")
        return kind + (", or none" if self.optional else "")

    def accepts(self, value: ParameterValue) -> bool:
        if value is None:
            return self.optional
        return isinstance(value, str) and (not self.choices or value in self.choices) and (self.empty or bool(value))

    def parse(self, text: str) -> ParameterValue:
        return None if self.optional and text.lower() == NONE else text


@dataclass(frozen=True)
class FileType(TextType):
    """The path of a file; made absolute when read, since a trajectory may be resumed from elsewhere."""

    optional: bool = True
    empty: bool = False

    def parse(self, text: str) -> ParameterValue:
        value = super().parse(text)
        return str(Path(value).expanduser().absolute()) if isinstance(value, str) and value else value


@dataclass(frozen=True)
class ModelType(TextType):
    """A model's hub id, or a folder, whose path is made absolute when read."""

    empty: bool = False

    def parse(self, text: str) -> ParameterValue:
        value = super().parse(text)
        return str(Path(value).expanduser().absolute()) if isinstance(value, str) and is_folder(value) else value


@dataclass(frozen=True)
class SwitchType:
    description: str = "true or false"

    def accepts(self, value: ParameterValue) -> bool:
        return isinstance(value, bool)

    def parse(self, text: str) -> ParameterValue:
        return {"true": True, "false": False}.get(text.lower(), text)
