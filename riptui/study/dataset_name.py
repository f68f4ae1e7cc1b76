"""How a study names a dataset on the Hugging Face hub. Imports nothing that reads pictures, which takes 0.3 s."""

import re
from dataclasses import dataclass

from riptui.errors import StudyError

HUB_PREFIX = "hf:"
"""Prefix of a dataset in a study's `images`."""


@dataclass(frozen=True)
class DatasetName:
    """`hf:ORG/NAME[CONFIG]@REVISION#SPLIT:COLUMN`; the path of a folder may stand in place of ORG/NAME."""

    text: str
    repo: str
    config: str | None
    revision: str | None
    split: str
    column: str | None

    def __str__(self) -> str:
        return self.text


def parse_dataset_name(text: str) -> DatasetName:
    """Raises StudyError."""
    match = re.fullmatch(
        r"hf:(?P<name>[^@#\[\]\0]+)(\[(?P<config>[^@#\[\]\0]+)\])?(@(?P<revision>[^@#\[\]\0]+))?"
        r"(#(?P<split>[^@#:\[\]\0]*(\[[^\]\0]*\])?)(:(?P<column>[^\0]+))?)?",
        text,
    )
    if match is None or text.endswith("#"):
        raise StudyError(
            f"{text!r} is not a dataset: expected hf:ORG/NAME, or with any of hf:ORG/NAME[CONFIG]@REVISION#SPLIT:COLUMN"
        )
    parts = match.groupdict()
    return DatasetName(
        text, parts["name"], parts["config"], parts["revision"], parts["split"] or "train", parts["column"]
    )
