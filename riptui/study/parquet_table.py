"""The Parquet files of a dataset: their columns, and those rows of one column that are asked for.

Imports pyarrow and fsspec, which come with the extra [datasets].
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
import pyarrow.parquet
import pyarrow.types

from riptui.study.dataset_table import PREFERRED_COLUMNS, Shard, errors_in_one_line

AUXILIARY_WORDS = ("mask", "depth", "seg", "condition", "control", "edge", "canny", "pose", "thumb", "preview")
"""Parts of names of columns that belong to a picture and are not pictures themselves: they come last."""
OTHER_FEATURES = ("Audio", "Video", "Pdf", "Nifti")
"""What the package `datasets` stores like a picture."""


def read_shards(urls: Sequence[str]) -> tuple[Shard, ...]:
    """Look at the footers of Parquet files, here or on the hub."""
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
        with errors_in_one_line(self._text), _open_ranges(self.shards[0].url) as file:
            return pyarrow.parquet.read_schema(file)

    def __len__(self) -> int:
        return sum(shard.rows for shard in self.shards)

    def read_cells(self, column: str, rows: Sequence[int]) -> Iterator[tuple[int, object]]:
        start = 0
        for shard in self.shards:
            wanted = [row - start for row in sorted(rows) if start <= row < start + shard.rows]
            if wanted:
                with errors_in_one_line(self._text), _open_ranges(shard.url) as file:
                    cells = [*_read_groups(pyarrow.parquet.ParquetFile(file, pre_buffer=True), column, wanted)]
                yield from ((start + row, cell) for row, cell in cells)
            start += shard.rows


def find_picture_columns(schema: pyarrow.Schema) -> tuple[str, ...]:
    """The columns that hold pictures, the preferred ones first; columns of plain bytes only if there are no others."""
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
    checks = (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
    is_outer = any(check(kind) for check in (*checks, pyarrow.types.is_dictionary))
    return kind.value_type if is_outer else kind


def _rank_column(name: str) -> int:
    """Low for a column that holds the picture itself by its name. Sorting is stable: others keep their order."""
    lowered = name.lower()
    if lowered in PREFERRED_COLUMNS:
        return PREFERRED_COLUMNS.index(lowered)
    return len(PREFERRED_COLUMNS) + any(word in lowered for word in AUXILIARY_WORDS)


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
    files, path = fsspec.core.url_to_fs(url)
    return files.open(path, "rb", cache_type="none")
