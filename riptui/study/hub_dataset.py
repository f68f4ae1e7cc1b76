"""A dataset on the Hugging Face hub: drawn rows are saved as files below the user's cache folder.

Once all rows of a study are cached, neither the package `datasets` nor the network is needed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from riptui import study
from riptui.errors import DamagedError, StudyError, with_choices
from riptui.settings.paths import cache_folder
from riptui.store.disk import Folder, make_folders, read_file
from riptui.store.names import slugify
from riptui.store.records import UNREADABLE
from riptui.study.dataset_name import HUB_PREFIX, DatasetName
from riptui.study.dataset_table import PREFERRED_COLUMNS, DatasetTable, Shard, open_table, read_cell

RECORD_FILE = "dataset.json"
MAX_RECORD_BYTES = 2**22  # bytes; a shard takes about 100


class DatasetRecord(msgspec.Struct, frozen=True):
    """dataset.json: facts about a dataset that was looked at once."""

    column: str
    """The column of the pictures."""
    count: int
    """Rows."""
    other_columns: tuple[str, ...] = ()
    """Those that hold pictures too."""
    shards: tuple[Shard, ...] = ()
    """Its Parquet files, with the commit they are of; empty if it was downloaded whole."""


@dataclass(frozen=True)
class HubDataset:
    """A dataset by its name."""

    name: DatasetName

    @property
    def folder(self) -> Path:
        """The folder of the drawn rows."""
        text = self.name.text.removeprefix(HUB_PREFIX)
        return _datasets_folder() / f"{slugify(text)[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def row_file(self, row: int) -> Path:
        return self.folder / f"{slugify(self.name.split)}-{row:06d}"

    def read_cached(self) -> DatasetRecord | None:
        """The record of an earlier look, or None. Raises DamagedError, DiskError."""
        data = read_file(self.folder / RECORD_FILE, MAX_RECORD_BYTES)
        try:
            return None if data is None else msgspec.json.decode(data, type=DatasetRecord)
        except UNREADABLE as error:
            raise DamagedError(
                f"{self.folder / RECORD_FILE} is damaged: delete it, and riptui writes it again"
            ) from error

    def load_record(self) -> DatasetRecord:
        """As `read_cached`, but looks at the dataset if necessary. Also raises StudyError, MissingExtraError."""
        if cached := self.read_cached():
            return cached
        table = self._table
        column, *others = self._order_columns(table)
        record = DatasetRecord(column, len(table), tuple(others), table.shards)
        make_folders(self.folder)
        with Folder(self.folder) as folder:
            folder.write_atomically(RECORD_FILE, msgspec.json.encode(record), shared=True)
        return record

    def write_rows(self, rows: Sequence[int]) -> None:
        """Save these rows as files; one without a picture as an empty file. Raises what `load_record` raises."""
        if not (missing := [row for row in rows if not self.row_file(row).exists()]):
            return
        record = self.load_record()
        table = study.parquet_table.ParquetTable(self.name.text, record.shards) if record.shards else self._table
        with Folder(self.folder) as folder:
            for row, cell in table.read_cells(record.column, missing):
                picture = read_cell(cell, follow_paths=not record.shards)
                folder.write_atomically(self.row_file(row).name, picture, shared=True)

    def describe_column(self, record: DatasetRecord) -> str:
        """Which column the pictures come from, if that is not plain; else empty."""
        if self.name.column or not (record.other_columns or record.column not in PREFERRED_COLUMNS):
            return ""
        others = f", not from {', '.join(record.other_columns)}" if record.other_columns else ""
        return (
            f"{self.name}: its pictures are taken from the column {record.column}{others}; "
            f"hf:NAME#{self.name.split}:COLUMN chooses another"
        )

    @cached_property
    def _table(self) -> DatasetTable:
        return open_table(self.name.text, self.name.repo, self.name.config, self.name.revision, self.name.split)

    def _order_columns(self, table: DatasetTable) -> tuple[str, ...]:
        """The columns of pictures, the one that is meant first. Raises StudyError."""
        schema = table.read_schema()
        columns = study.parquet_table.find_picture_columns(schema)
        if not columns:
            listed = ", ".join(f"{field.name} ({field.type})" for field in schema)
            raise StudyError(f"{self.name} has no column of pictures, only {listed[:300]}")
        if self.name.column is None:
            return columns
        if self.name.column not in columns:
            problem = f"{self.name}: no column {self.name.column!r} has pictures"
            raise StudyError(with_choices(problem, self.name.column, columns))
        return self.name.column, *(name for name in columns if name != self.name.column)


def is_dataset_row(path: Path) -> bool:
    """Whether a path is the file of a dataset's row, saved already or not."""
    return path.is_relative_to(_datasets_folder())


def _datasets_folder() -> Path:
    return cache_folder() / "datasets"
