"""The rows of a dataset, read with the package `datasets`: of Parquet files only what is asked for, else all of it.

A Parquet file says in its footer how many rows it has, and its rows come in groups. So counting reads the footers, and
a drawn row reads its group's part of one column: 100 of 80,000 pictures need a fraction of the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from riptui import study
from riptui.errors import BrokenExtraError, MissingExtraError, SourceError, StudyError, with_choices
from riptui.extras import importing
from riptui.images import is_regular, read_source

if TYPE_CHECKING:
    import pyarrow

PREFERRED_COLUMNS = ("image", "images", "img", "picture", "photo", "jpg", "jpeg", "png", "webp")
"""Names of columns that hold the picture itself, and not its mask or its depth."""


class Shard(msgspec.Struct, frozen=True):
    """A Parquet file of a dataset."""

    url: str
    rows: int


class DatasetTable(Protocol):
    """A split of a dataset."""

    shards: tuple[Shard, ...]
    """Empty if all of it was downloaded."""

    def read_schema(self) -> pyarrow.Schema:
        """Its columns."""
        ...

    def __len__(self) -> int:
        """Rows."""
        ...

    def read_cells(self, column: str, rows: Sequence[int]) -> Iterator[tuple[int, object]]:
        """Rows in any order, with what is in the column."""
        ...


def open_table(text: str, name: str, config: str | None, revision: str | None, split: str) -> DatasetTable:
    """Find a split. Parquet files are not downloaded yet. Raises StudyError, MissingExtraError."""
    with importing(text, "datasets"):
        import datasets  # 2 s

        parquet_table = study.parquet_table
    datasets.disable_progress_bars()
    with errors_in_one_line(text):
        builder = datasets.load_dataset_builder(name, config, revision=revision)
        files = {str(key): [*map(str, urls)] for key, urls in (builder.config.data_files or {}).items()}
        if files and split not in files and "[" not in split:
            raise StudyError(with_choices(f"{text} has no split {split!r}", split, files) + "; write hf:NAME#SPLIT")
        if all(url.endswith(".parquet") for url in files.get(split, [""])):
            return parquet_table.ParquetTable(text, parquet_table.read_shards(files[split]))
        return LoadedTable(datasets.load_dataset(name, config, revision=revision, split=split))


class LoadedTable:
    """A split that was downloaded whole."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.shards: tuple[Shard, ...] = ()

    def read_schema(self) -> pyarrow.Schema:
        return self._table.features.arrow_schema

    def __len__(self) -> int:
        return len(self._table)

    def read_cells(self, column: str, rows: Sequence[int]) -> Iterator[tuple[int, object]]:
        undecoded = self._table.select_columns([column]).with_format("arrow")
        for row in rows:
            yield row, undecoded[row].column(0)[0].as_py()


def read_cell(cell: object, *, follow_paths: bool) -> bytes:
    """The bytes of the picture in a cell, of a list the first one; empty if there is none.

    follow_paths: read a file that a cell names; only where `datasets` put it there, for a Parquet file may name any.
    """
    if isinstance(cell, list):
        return next(filter(None, (read_cell(item, follow_paths=follow_paths) for item in cell)), b"")
    if isinstance(cell, dict):
        return cell.get("bytes") or (_read_path(cell.get("path")) if follow_paths else b"")
    return cell if isinstance(cell, bytes) else b""


def _read_path(path: object) -> bytes:
    if not isinstance(path, str) or not is_regular(Path(path)):  # it may be any text
        return b""
    try:
        return read_source(Path(path))
    except SourceError:
        return b""


@contextmanager
def errors_in_one_line(text: str) -> Iterator[None]:
    """Turn an error of any package into a StudyError that names the dataset; riptui's own pass."""
    try:
        yield
    except (StudyError, MissingExtraError, BrokenExtraError, MemoryError):
        raise
    except Exception as error:  # from any package below it
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        advice = ": write hf:NAME[CONFIG]" if "config" in reason.lower() else ""
        raise StudyError(f"could not load the dataset {text}: {reason}{advice}") from error
