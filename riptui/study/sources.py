"""The pictures that a study names: files, folders, globs and datasets to paths, and a seeded sample of them."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from riptui.errors import SourceError, StudyError
from riptui.images import is_folder, is_regular
from riptui.planning.bundled_pictures import resolve_bundled
from riptui.planning.picture_files import PictureFiles, describe_copies, find_equal_files, list_pictures, match_pattern
from riptui.settings.paths import cache_folder
from riptui.study.dataset_name import HUB_PREFIX, parse_dataset_name
from riptui.study.hub_dataset import HubDataset
from riptui.study.study_file import Study


@dataclass
class StudyPictures:
    """The pictures of a study, each once, and what a person should know of how they were found."""

    paths: list[Path] = field(default_factory=list)
    """As named, those of a folder or glob in natural order."""
    names: dict[Path, str] = field(default_factory=dict)
    """What a person calls a picture that is the row of a dataset."""
    unusable: dict[Path, str] = field(default_factory=dict)
    """Drawn, but without a picture: why."""
    notices: list[str] = field(default_factory=list)


def resolve(study: Study) -> StudyPictures:
    """The study's pictures, then the sample.

    A named file may be missing; that is reported when it is its turn. Of a dataset the drawn rows are fetched and saved
    as files. Raises StudyError for an entry that matches nothing; MissingExtraError, DiskError.
    """
    return _draw(study, fetch=True)


def preview(study: Study) -> StudyPictures:
    """As `resolve`, but without downloads and writes. Raises StudyError if a dataset is not on this machine."""
    for dataset in list_unfetched(study):
        raise StudyError(f"{dataset.name} is not on this machine; `riptui study run` fetches it")
    return _draw(study, fetch=False)


def list_unfetched(study: Study) -> list[HubDataset]:
    """The study's datasets that are not on this machine."""
    datasets = [HubDataset(parse_dataset_name(text)) for text in study.images if _is_dataset(text)]
    return [dataset for dataset in datasets if dataset.read_cached() is None]


def _draw(study: Study, *, fetch: bool) -> StudyPictures:
    """Draw pictures until there are enough that are not copies of others."""
    found = StudyPictures()
    rows = _list_candidates(study, found)
    ranked = rank([*rows], study.sample, study.sample_seed, base=study.file.parent)
    count = len(ranked) if study.sample is None else min(study.sample, len(ranked))
    drawn: list[Path] = []
    copies: dict[Path, Path] = {}
    position = 0
    while len(drawn) - len(copies) < count and position < len(ranked):
        more = ranked[position : position + count - len(drawn) + len(copies)]
        position += len(more)
        drawn += more
        if fetch:
            _fetch(rows, more)
        copies = find_equal_files(path for path in drawn)
    chosen = set(drawn) - set(copies)
    found.paths = [path for path in rows if path in chosen]
    found.notices += describe_copies(copies)
    found.names = {path: str(row) for path in found.paths if (row := rows[path])}
    if fetch:
        empty = [path for path in found.names if not path.stat().st_size]
        found.unusable = {path: f"{rows[path]} has no picture" for path in empty}
    return found


def _list_candidates(study: Study, found: StudyPictures) -> dict[Path, "DatasetRow | None"]:
    """All pictures that may be drawn, and the rows of datasets among them. Raises StudyError."""
    candidates: dict[Path, DatasetRow | None] = {}
    for text in study.images:
        if _is_dataset(text):
            dataset = HubDataset(parse_dataset_name(text))
            record = dataset.load_record()
            if not record.count:
                raise StudyError(f"{study.file}: images: {text!r} has no rows")
            found.notices += filter(None, [dataset.describe_column(record)])
            candidates.update({dataset.row_file(row): DatasetRow(dataset, row) for row in range(record.count)})
            continue
        files = _expand(text, study.file.parent)
        found.notices += files.describe_left_out(text)
        if not files.pictures:
            raise StudyError(f"{study.file}: images: {text!r} matches no image")
        candidates.update(dict.fromkeys(files.pictures))
    return candidates


class DatasetRow(NamedTuple):
    """A row of a dataset."""

    dataset: HubDataset
    number: int

    def __str__(self) -> str:
        return f"row {self.number:,} of {self.dataset.name}"


def _fetch(rows: dict[Path, DatasetRow | None], paths: Sequence[Path]) -> None:
    by_dataset: dict[HubDataset, list[int]] = {}
    for row in filter(None, map(rows.__getitem__, paths)):
        by_dataset.setdefault(row.dataset, []).append(row.number)
    for dataset, numbers in by_dataset.items():
        dataset.write_rows(numbers)


def rank(paths: Sequence[Path], count: int | None, seed: int, *, base: Path) -> list[Path]:
    """The order in which paths are drawn; if all of them are, the order given. It depends on their names:
    adding or removing a picture changes at most one of a sample, and a smaller sample is part of a larger one with the
    same seed.
    """
    if count is None or count >= len(paths):
        return [*paths]

    def draw(path: Path) -> bytes:
        name = path.relative_to(cache) if path.is_relative_to(cache) else os.path.relpath(path, base)
        return hashlib.sha256(f"{seed}/{name}".encode(errors="surrogateescape")).digest()

    cache = cache_folder()
    return sorted(paths, key=draw)


def _is_dataset(text: str) -> bool:
    return text.startswith(HUB_PREFIX)


def _expand(text: str, base: Path) -> PictureFiles:
    try:
        path = base / resolve_bundled(text).expanduser()
    except SourceError as error:
        raise StudyError(str(error)) from None
    if is_folder(path):
        return list_pictures(path)
    if any(sign in text for sign in "*?[") and not is_regular(path):
        return match_pattern(str(Path(text).expanduser()), base)
    return PictureFiles([path])
