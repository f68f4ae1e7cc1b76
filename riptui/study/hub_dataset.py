"""Pictures of a dataset on the Hugging Face hub, read with the package `datasets`; drawn rows are saved as files.

Rows are written below the user's cache folder when they are drawn. Once all rows of a study are cached, neither the
package nor the network is needed.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from riptui.errors import DamagedError, MissingExtraError, StudyError
from riptui.settings.paths import cache_folder
from riptui.store.disk import Folder, make_folders, read_file
from riptui.store.names import slugify
from riptui.store.records import UNREADABLE

HUB_PREFIX = "hf:"
"""Prefix of a dataset in a study's `images`."""
RECORD_FILE = "dataset.json"
MAX_RECORD_BYTES = 2**16  # bytes


class DatasetRecord(msgspec.Struct, frozen=True):
    """dataset.json: facts about a dataset that was downloaded once."""

    column: str
    """The column of the pictures."""
    count: int


@dataclass(frozen=True)
class HubDataset:
    """`hf:ORG/NAME[@REVISION][#SPLIT]`, or the path of a folder in place of ORG/NAME."""

    text: str
    name: str
    revision: str | None
    split: str

    @property
    def folder(self) -> Path:
        """The folder of the drawn rows."""
        text = self.text.removeprefix(HUB_PREFIX)
        return _datasets_folder() / f"{slugify(text)[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def row_file(self, row: int) -> Path:
        return self.folder / f"{slugify(self.split)}-{row:06d}"

    def read_cached(self) -> DatasetRecord | None:
        """The record of an earlier download, or None. Raises DamagedError, DiskError."""
        data = read_file(self.folder / RECORD_FILE, MAX_RECORD_BYTES)
        try:
            return None if data is None else msgspec.json.decode(data, type=DatasetRecord)
        except UNREADABLE as error:
            raise DamagedError(
                f"{self.folder / RECORD_FILE} is damaged: delete it, and riptui writes it again"
            ) from error

    def load_record(self) -> DatasetRecord:
        """As `read_cached`, but downloads the dataset if necessary. Also raises StudyError, MissingExtraError."""
        if cached := self.read_cached():
            return cached
        table, column = _load_table(self)
        record = DatasetRecord(column, len(table))
        make_folders(self.folder)
        with Folder(self.folder) as folder:
            folder.write_atomically(RECORD_FILE, msgspec.json.encode(record), shared=True)
        return record

    def write_rows(self, rows: Sequence[int]) -> None:
        """Save these rows as files. Raises what `load_record` raises."""
        if not (missing := [row for row in rows if not self.row_file(row).exists()]):
            return
        table, column = _load_table(self)
        with Folder(self.folder) as folder:
            for row in missing:
                folder.write_atomically(self.row_file(row).name, _read_picture(table[row][column]), shared=True)


def parse_dataset(text: str) -> HubDataset:
    """Raises StudyError."""
    match = re.fullmatch(r"hf:([^@#\0]+)(?:@([^@#\0]+))?(?:#([^@#\0]+))?", text)
    if match is None:
        raise StudyError(f"{text!r} is not a dataset: expected hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME#SPLIT")
    return HubDataset(text, match[1], match[2], match[3] or "train")


def is_dataset_row(path: Path) -> bool:
    """Whether a path is the file of a dataset's row, saved already or not."""
    return path.is_relative_to(_datasets_folder())


def _datasets_folder() -> Path:
    return cache_folder() / "datasets"


def _load_table(dataset: HubDataset) -> tuple[Any, str]:
    """The dataset with its undecoded pictures only, and the name of their column."""
    try:
        import datasets  # of an extra; 2 s
    except ModuleNotFoundError as error:
        raise MissingExtraError(dataset.text, error.name or "datasets", "datasets") from error
    datasets.disable_progress_bars()
    try:
        table = datasets.load_dataset(dataset.name, revision=dataset.revision, split=dataset.split)
    except Exception as error:  # from any package below it
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise StudyError(f"could not load the dataset {dataset.text}: {reason}") from error
    column = next((name for name, kind in table.features.items() if isinstance(kind, datasets.Image)), None)
    if column is None:
        raise StudyError(f"{dataset.text} has no pictures, only: {', '.join(table.features)}")
    return table.select_columns([column]).cast_column(column, datasets.Image(decode=False)), column


def _read_picture(cell: dict[str, Any]) -> bytes:
    """The bytes of a picture's file. Empty ones are reported when the picture is prepared."""
    data: bytes | None = cell["bytes"]
    if data is None and cell["path"] and os.path.isfile(cell["path"]):  # noqa: PTH113  # it may be any text
        data = Path(cell["path"]).read_bytes()
    return data or b""
