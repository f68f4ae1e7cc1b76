"""What a parameter of an inpainter may be, and how it is read from a command line. Knows no inpainter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from riptui.inpainters.catalogue import is_folder

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import Parameter

NONE = "none"
"""How None is written on a command line."""


class Rule(Protocol):
    @property
    def wanted(self) -> str:
        """What it must be, to end a sentence."""
        ...

    def admits(self, value: Parameter) -> bool: ...

    def read(self, text: str) -> Parameter:
        """The value that was typed; the text itself if it is none, for `admits` to refuse."""
        ...


@dataclass(frozen=True)
class Number:
    """A number; `above` is excluded, `most` is not."""

    above: float
    most: float
    whole: bool = False
    optional: bool = False

    @property
    def wanted(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} above {self.above:g} and at most {self.most:g}" + (", or none" if self.optional else "")

    def admits(self, value: Parameter) -> bool:
        if value is None:
            return self.optional
        kinds = int if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.above < value <= self.most

    def read(self, text: str) -> Parameter:
        if self.optional and text.lower() == NONE:
            return None
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
        return text


@dataclass(frozen=True)
class Text:
    """A text; one of `choices`, if there are any."""

    choices: Sequence[str] = ()
    optional: bool = False
    empty: bool = True

    @property
    def wanted(self) -> str:
        kind = " or ".join(self.choices) if self.choices else ("text" if self.empty else "text that is not empty")
        return kind + (", or none" if self.optional else "")

    def admits(self, value: Parameter) -> bool:
        if value is None:
            return self.optional
        return isinstance(value, str) and (not self.choices or value in self.choices) and (self.empty or bool(value))

    def read(self, text: str) -> Parameter:
        return None if self.optional and text.lower() == NONE else text


@dataclass(frozen=True)
class File(Text):
    """The path of a file; made absolute when read, since a trajectory may be resumed from elsewhere."""

    optional: bool = True
    empty: bool = False

    def read(self, text: str) -> Parameter:
        value = super().read(text)
        return str(Path(value).expanduser().absolute()) if isinstance(value, str) and value else value


@dataclass(frozen=True)
class ModelName(Text):
    """A model's hub id, or a folder, whose path is made absolute when read."""

    empty: bool = False

    def read(self, text: str) -> Parameter:
        value = super().read(text)
        return str(Path(value).expanduser().absolute()) if isinstance(value, str) and is_folder(value) else value


@dataclass(frozen=True)
class Switch:
    wanted: str = "true or false"

    def admits(self, value: Parameter) -> bool:
        return isinstance(value, bool)

    def read(self, text: str) -> Parameter:
        return {"true": True, "false": False}.get(text.lower(), text)
