"""The pictures that a study names: files, folders, globs and datasets to paths, and a seeded sample of them."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from riptui.errors import StudyError
from riptui.settings.paths import cache_folder
from riptui.store.listing import natural_key
from riptui.study.hub_dataset import HUB_PREFIX, HubDataset, parse_dataset
from riptui.study.study_file import Study

BUNDLED_PREFIX = "riptui:"
"""Prefix of a picture that comes with riptui."""
SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
"""Suffixes of the files taken from a folder; files named directly or matched by a glob may have any suffix."""


def list_bundled() -> dict[str, Path]:
    """The pictures that come with riptui, by name."""
    folder = Path(str(files("riptui") / "pictures"))
    return {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in SUFFIXES}


def resolve(study: Study) -> list[Path]:
    """The study's pictures, each once, then the sample: as named, those of a folder or glob in natural order.

    A named file may be missing; that is reported when it is its turn. A dataset is downloaded if necessary, and only
    its drawn rows are saved as files. Raises StudyError for an entry that matches nothing;
    MissingExtraError, DiskError.
    """
    paths, rows = _draw(study)
    for dataset, numbers in rows.items():
        dataset.write_rows(numbers)
    return paths


def preview(study: Study) -> list[Path]:
    """As `resolve`, but without downloads and writes. Raises StudyError if a dataset is not on this machine."""
    for dataset in list_unfetched(study):
        raise StudyError(f"{dataset.text} is not on this machine; `riptui study run` downloads it")
    return _draw(study)[0]


def list_unfetched(study: Study) -> list[HubDataset]:
    """The study's datasets that are not on this machine."""
    return [
        dataset for dataset in map(parse_dataset, filter(_is_dataset, study.images)) if dataset.read_cached() is None
    ]


def _draw(study: Study) -> tuple[list[Path], dict[HubDataset, list[int]]]:
    """The pictures, and the rows among them by their dataset."""
    found: dict[Path, tuple[HubDataset, int] | None] = {}
    for text in study.images:
        if _is_dataset(text):
            dataset = parse_dataset(text)
            found.update({dataset.row_file(row): (dataset, row) for row in range(dataset.load_record().count)})
            continue
        pictures = [*_expand(text, study.file.parent)]
        if not pictures:
            raise StudyError(f"{study.file}: images: {text!r} matches no image")
        found.update(dict.fromkeys(pictures))
    paths = sample(list(found), study.sample, study.sample_seed, base=study.file.parent)
    rows: dict[HubDataset, list[int]] = {}
    for path in paths:
        if source := found[path]:
            rows.setdefault(source[0], []).append(source[1])
    return paths, rows


def sample(paths: Sequence[Path], count: int | None, seed: int, *, base: Path) -> list[Path]:
    """Draw `count` of the paths, in their order. They are drawn by name: adding or removing a picture changes at most
    one of them, and a smaller sample is part of a larger one with the same seed.
    """
    if count is None or count >= len(paths):
        return [*paths]

    def rank(path: Path) -> bytes:
        name = path.relative_to(cache) if path.is_relative_to(cache) else os.path.relpath(path, base)
        return hashlib.sha256(f"{seed}/{name}".encode(errors="surrogateescape")).digest()

    cache = cache_folder()
    drawn = set(sorted(paths, key=rank)[:count])
    return [path for path in paths if path in drawn]


def _is_dataset(text: str) -> bool:
    return text.startswith(HUB_PREFIX)


def _expand(text: str, base: Path) -> Iterator[Path]:
    if text.startswith(BUNDLED_PREFIX):
        bundled = list_bundled()
        if (name := text.removeprefix(BUNDLED_PREFIX)) not in bundled:
            raise StudyError(
                f"unknown picture {text}. Available: {', '.join(BUNDLED_PREFIX + name for name in bundled)}"
            )
        yield bundled[name]
        return
    path = base / Path(text).expanduser()
    if path.is_dir():
        yield from _sort_naturally(
            file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.name[0] != "."
        )
    elif any(sign in text for sign in "*?[") and not path.exists():
        yield from _sort_naturally(
            file for file in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if file.is_file()
        )
    else:
        yield path


def _sort_naturally(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: natural_key(str(path)))
