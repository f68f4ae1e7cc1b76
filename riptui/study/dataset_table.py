"""The rows of a dataset, read with the package `datasets`: of Parquet files only what is asked for, else all of it.

A Parquet file says in its footer how many rows it has, and its rows come in groups. So counting reads the footers, and
a drawn row reads its group's part of one column: 100 of 80,000 pictures need a fraction of the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from riptui.errors import BrokenExtraError, MissingExtraError, SourceError, StudyError, with_choices
from riptui.extras import importing
from riptui.images import is_regular, read_source

if TYPE_CHECKING:
    import pyarrow

PREFERRED_COLUMNS = ("image", "images", "img", "picture", "photo", "jpg", "jpeg", "png", "webp")
"""Names of columns that hold the picture itself, and not its mask or its depth."""
AUXILIARY_WORDS = ("mask", "depth", "seg", "condition", "control", "edge", "canny", "pose", "thumb", "preview")
"""Parts of names of columns that belong to a picture and are none themselves: they come last."""
OTHER_FEATURES = ("Audio", "Video", "Pdf", "Nifti")
"""What the package `datasets` stores like a picture."""


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
        import pyarrow.parquet  # noqa: F401  what it needs must work as well
    datasets.disable_progress_bars()
    with _errors_in_one_line(text):
        builder = datasets.load_dataset_builder(name, config, revision=revision)
        files = {str(key): [*map(str, urls)] for key, urls in (builder.config.data_files or {}).items()}
        if files and split not in files and "[" not in split:
            raise StudyError(with_choices(f"{text} has no split {split!r}", split, files) + "; write hf:NAME#SPLIT")
        if all(url.endswith(".parquet") for url in files.get(split, [""])):
            return ParquetTable(text, read_shards(files[split]))
        return LoadedTable(datasets.load_dataset(name, config, revision=revision, split=split))


def read_shards(urls: Sequence[str]) -> tuple[Shard, ...]:
    """Look at the footers of Parquet files, here or on the hub."""
    import pyarrow.parquet  # of an extra

    shards = []
    for url in urls:
        with _open_ranges(url) as file:
            shards.append(Shard(url, pyarrow.parquet.ParquetFile(file).metadata.num_rows))
    return tuple(shards)


class ParquetTable:
    """A split in Parquet files, here or on the hub."""

    def __init__(self, text: str, shards: tuple[Shard, ...]) -> None:
        self._text = text
        self.shards = shards

    def read_schema(self) -> pyarrow.Schema:
        import pyarrow.parquet

        with _errors_in_one_line(self._text), _open_ranges(self.shards[0].url) as file:
            return pyarrow.parquet.read_schema(file)

    def __len__(self) -> int:
        return sum(shard.rows for shard in self.shards)

    def read_cells(self, column: str, rows: Sequence[int]) -> Iterator[tuple[int, object]]:
        import pyarrow.parquet

        start = 0
        for shard in self.shards:
            wanted = [row - start for row in sorted(rows) if start <= row < start + shard.rows]
            if wanted:
                with _errors_in_one_line(self._text), _open_ranges(shard.url) as file:
                    cells = [*_read_groups(pyarrow.parquet.ParquetFile(file, pre_buffer=True), column, wanted)]
                yield from ((start + row, cell) for row, cell in cells)
            start += shard.rows


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


def find_picture_columns(schema: pyarrow.Schema) -> tuple[str, ...]:
    """The columns that hold pictures, the preferred ones first; columns of plain bytes only if there are no others."""
    import pyarrow.types

    features = _read_features(schema)
    pictures, bytes_only = [], []
    for field in schema:
        kind = _find_inner_type(field.type)
        declared = json.dumps(features.get(field.name, ""))
        if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            if not any(f'"_type": "{name}"' in declared for name in OTHER_FEATURES):
                pictures.append(field.name)
        elif pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
            bytes_only.append(field.name)
    return tuple(sorted(pictures or bytes_only, key=_rank_column))


def _read_features(schema: pyarrow.Schema) -> dict[str, Any]:
    """What `datasets` says of the columns; empty if it says nothing, or nothing that can be read."""
    try:
        return dict(json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"])
    except (KeyError, TypeError, ValueError):
        return {}


def _find_inner_type(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The type of a list's items or of a dictionary's values; else the type itself."""
    import pyarrow.types

    checks = (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
    is_outer = any(check(kind) for check in (*checks, pyarrow.types.is_dictionary))
    return kind.value_type if is_outer else kind


def _rank_column(name: str) -> int:
    """Low for a column that holds the picture itself by its name. Sorting is stable: others keep their order."""
    lowered = name.lower()
    if lowered in PREFERRED_COLUMNS:
        return PREFERRED_COLUMNS.index(lowered)
    return len(PREFERRED_COLUMNS) + any(word in lowered for word in AUXILIARY_WORDS)


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


def _read_groups(file: Any, column: str, rows: Sequence[int]) -> Iterator[tuple[int, object]]:
    start = 0
    for number in range(file.num_row_groups):
        count = file.metadata.row_group(number).num_rows
        if wanted := [row for row in rows if start <= row < start + count]:
            cells = file.read_row_group(number, columns=[column]).column(column)
            yield from ((row, cells[row - start].as_py()) for row in wanted)
        start += count


def _open_ranges(url: str) -> Any:
    """Open a file so that only the bytes that are asked for are fetched, without the 5 MB that fsspec reads ahead."""
    import fsspec  # of an extra

    files, path = fsspec.core.url_to_fs(url)
    return files.open(path, "rb", cache_type="none")


@contextmanager
def _errors_in_one_line(text: str) -> Iterator[None]:
    try:
        yield
    except (StudyError, MissingExtraError, BrokenExtraError, MemoryError):
        raise
    except Exception as error:  # from any package below it
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        advice = ": write hf:NAME[CONFIG]" if "config" in reason.lower() else ""
        raise StudyError(f"could not load the dataset {text}: {reason}{advice}") from error
