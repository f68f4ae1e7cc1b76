"""The types of inpainters' parameters: which values they accept, and how text becomes a value. Knows no inpainter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from riptui.errors import InputError
from riptui.inpainters.models.catalogue import canonical_file, canonical_model

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

NONE = "none"
"""How None is written on a command line."""


PRIOR = "prior"
"""The parameter that names a prior: a second checkpoint, which turns a prompt into what the model paints by."""
CONTROLNET = "controlnet"
"""The parameter that names a ControlNet, a network that guides a model by a picture; also its name as a component."""
ADDED_MODELS = (PRIOR, CONTROLNET)
"""Parameters that name models used with a model."""
PLACES = ("model", "revision", "config", "vae", "lora", "embedding", "gguf", "weights", *ADDED_MODELS)
"""Parameters that say where weights are, and not what they are."""


class ParameterType(Protocol):
    """Which values a parameter accepts, and how they are typed on a command line."""

    @property
    def description(self) -> str:
        """The allowed values, to complete "it must be ..."."""
        ...

    def accepts(self, value: ParameterValue) -> bool: ...

    def parse(self, text: str) -> ParameterValue:
        """The value that a text stands for; the text itself if it stands for none, which `accepts` then refuses."""
        ...


@dataclass(frozen=True, kw_only=True)
class NumberType:
    """A finite number greater than `above`, at least `minimum` and at most `maximum`; None too if `optional`."""

    above: float = -math.inf
    minimum: float = -math.inf
    maximum: float = math.inf
    integer: bool = False
    optional: bool = False

    @property
    def description(self) -> str:
        kind = "a whole number" if self.integer else "a number"
        limits = f" above {self.above:g} and at most {self.maximum:g}" if math.isfinite(self.maximum) else ""
        if math.isfinite(self.minimum):
            limits = f" from {self.minimum:g} to {self.maximum:g}"
        return kind + limits + (", or none" if self.optional else "")

    def accepts(self, value: ParameterValue) -> bool:
        if value is None:
            return self.optional
        if isinstance(value, bool | str) or (self.integer and not isinstance(value, int)):
            return False
        return math.isfinite(value) and self.above < value <= self.maximum and value >= self.minimum

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
    """A text; one of `choices` if there are any. empty: "" is accepted; optional: None is."""

    choices: Sequence[str] = ()
    optional: bool = False
    empty: bool = True

    @property
    def description(self) -> str:
        kind = " or ".join(self.choices) if self.choices else ("text" if self.empty else "non-empty text")
        return kind + (", or none" if self.optional else "")

    def accepts(self, value: ParameterValue) -> bool:
        if value is None:
            return self.optional
        return isinstance(value, str) and (not self.choices or value in self.choices) and (self.empty or bool(value))

    def parse(self, text: str) -> ParameterValue:
        if self.optional and text.lower() == NONE:
            return None
        try:
            return self.canonical(text) if text else text
        except InputError:  # raised again, with all that is wrong, when the file or the model is looked for
            return text

    def canonical(self, text: str) -> str:
        """A typed text that is not empty, as a spec has it. May raise InputError."""
        return text


@dataclass(frozen=True)
class FileType(TextType):
    """The path of a file; made absolute when parsed, because a trajectory may be resumed from another folder."""

    optional: bool = True
    empty: bool = False

    def canonical(self, text: str) -> str:
        return str(Path(text).expanduser().absolute())


@dataclass(frozen=True)
class WeightsType(TextType):
    """The name of published weights, or the path of a file, made absolute when parsed."""

    names: Sequence[str] = ()
    empty: bool = False

    @property
    def description(self) -> str:
        return f"{' or '.join(self.names)}, or a file"

    def canonical(self, text: str) -> str:
        return text if text in self.names else str(Path(text).expanduser().absolute())


@dataclass(frozen=True)
class HubFileType(FileType):
    """The path of a file, or a file of the hub: org/name/file, or org/name if the repository has but one."""

    def canonical(self, text: str) -> str:
        return canonical_file(text)


@dataclass(frozen=True)
class ModelType(TextType):
    """A model's hub id or page, or a folder or a file, whose path is made absolute when parsed."""

    empty: bool = False

    def canonical(self, text: str) -> str:
        return canonical_model(text)


@dataclass(frozen=True)
class SwitchType:
    """True or false."""

    description: str = "true or false"

    def accepts(self, value: ParameterValue) -> bool:
        return isinstance(value, bool)

    def parse(self, text: str) -> ParameterValue:
        return {"true": True, "false": False}.get(text.lower(), text)


def infer_type(default: ParameterValue) -> ParameterType:
    """The type of a parameter that has none: that of its default, without limits."""
    match default:
        case bool():
            return SwitchType()
        case int() | float():
            return NumberType()
        case _:
            return TextType(optional=default is None)
