"""The LoRAs that a spec names: files and weights in one text, the value of the parameter `lora`. Imports no torch.

One file at weight 1 is its path, as in specs of older releases; at another weight it is PATH:WEIGHT; several are a JSON
list of these. A path may have any character in it: only a number after its last colon is a weight.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.inpainters.models.catalogue import canonical_file
from riptui.inpainters.parameters import FileType

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

WEIGHTED = re.compile(r"(?P<file>.+):(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)", re.DOTALL)
MAX_WEIGHT = 100


@dataclass(frozen=True)
class LoraChoice:
    """A LoRA's file, and how strongly it is applied: 1 as it was trained."""

    file: str
    """A path, or org/name[/file][@revision] of the hub."""
    weight: float = 1.0

    def __str__(self) -> str:
        if self.weight == 1 and not WEIGHTED.fullmatch(self.file):
            return self.file
        return f"{self.file}:{str(self.weight).removesuffix('.0')}"


def read_loras(value: ParameterValue) -> list[LoraChoice]:
    """The LoRAs that the parameter's value names, in the order in which they are added; none for None."""
    if not isinstance(value, str):
        return []
    listed = _read_list(value)
    return [_split(text) for text in ([value] if listed is None else listed)]


def join_loras(loras: Iterable[str]) -> str:
    """The parameter's value for LoRAs that were given one by one, each as FILE or FILE:WEIGHT."""
    texts = [*loras]
    return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)


def replace_files(value: ParameterValue, files: Iterable[Path]) -> str:
    """The parameter's value for the same LoRAs and weights, in other files."""
    choices = zip(files, read_loras(value), strict=True)
    return join_loras(str(LoraChoice(str(file), choice.weight)) for file, choice in choices)


@dataclass(frozen=True)
class LoraType(FileType):
    """The value for LoRAs. Paths are made absolute when parsed, as those of other files."""

    @property
    def description(self) -> str:
        return (
            f"FILE or FILE:WEIGHT (a number up to {MAX_WEIGHT}), where FILE may be on the hub as ORG/NAME[/FILE], or a "
            "JSON list of these, or none"
        )

    def accepts(self, value: ParameterValue) -> bool:
        choices = read_loras(value)
        return super().accepts(value) and all(abs(choice.weight) <= MAX_WEIGHT for choice in choices)

    def canonical(self, text: str) -> str:
        listed = _read_list(text)
        return join_loras(str(_locate(part)) for part in ([text] if listed is None else listed))


def _locate(text: str) -> LoraChoice:
    """A LoRA as typed. What names an existing file is one without a weight, even if it ends with a number."""
    choice = LoraChoice(text) if Path(text).expanduser().is_file() else _split(text)
    return LoraChoice(canonical_file(choice.file), choice.weight)


def _split(text: str) -> LoraChoice:
    found = WEIGHTED.fullmatch(text)
    return LoraChoice(found["file"], float(found["weight"])) if found else LoraChoice(text)


def _read_list(text: str) -> list[str] | None:
    """The texts of a JSON list; None for any other text, such as a path."""
    if not text.startswith("["):
        return None
    try:
        content = json.loads(text)
    except ValueError:
        return None
    is_list = isinstance(content, list) and content and all(isinstance(part, str) and part for part in content)
    return content if is_list else None
