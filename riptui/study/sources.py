"""The pictures that a study names: files, folders, globs and datasets to paths, and a seeded sample of them."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from riptui.errors import StudyError
from riptui.settings.places import cache_folder
from riptui.store.listing import natural
from riptui.study.dataset import PREFIX, Dataset, parse
from riptui.study.definition import Study

OWN = "riptui:"
"""Begins the name of a picture that comes with riptui."""
SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
"""Of the files that are taken from a folder; a file that is named, or that a glob finds, is taken whatever its name."""


def own_pictures() -> dict[str, Path]:
    """The pictures that come with riptui, by name."""
    folder = Path(str(files("riptui") / "pictures"))
    return {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in SUFFIXES}


def resolve(study: Study) -> list[Path]:
    """The study's pictures, each once: as named, those of a folder or a glob in natural order; then the sample.

    A file that is named need not be there: that it is missing is told when it is its turn. Of a dataset only what is
    drawn becomes files; it is fetched if it was never here. Raises StudyError for an entry that gives nothing,
    MissingExtraError, DiskError.
    """
    paths, rows = _drawn(study)
    for dataset, numbers in rows.items():
        dataset.write(numbers)
    return paths


def foresee(study: Study) -> list[Path]:
    """As `resolve`, but nothing is fetched or written. Raises StudyError if that cannot be without fetching."""
    for dataset in unfetched(study):
        raise StudyError(f"{dataset.text} is not on this machine; `riptui study run` fetches it")
    return _drawn(study)[0]


def unfetched(study: Study) -> list[Dataset]:
    """The study's datasets that were never here."""
    return [one for one in map(parse, filter(_is_dataset, study.images)) if one.known() is None]


def _drawn(study: Study) -> tuple[list[Path], dict[Dataset, list[int]]]:
    """The pictures, and the rows among them by their dataset."""
    found: dict[Path, tuple[Dataset, int] | None] = {}
    for text in study.images:
        if _is_dataset(text):
            dataset = parse(text)
            found.update({dataset.file(row): (dataset, row) for row in range(dataset.rows().count)})
            continue
        here = [*_pictures(text, study.file.parent)]
        if not here:
            raise StudyError(f"{study.file}: images: {text!r} gives no picture")
        found.update(dict.fromkeys(here))
    paths = sample(list(found), study.sample, study.sample_seed, beside=study.file.parent)
    rows: dict[Dataset, list[int]] = {}
    for path in paths:
        if of := found[path]:
            rows.setdefault(of[0], []).append(of[1])
    return paths, rows


def sample(paths: Sequence[Path], count: int | None, seed: int, *, beside: Path) -> list[Path]:
    """So many of the paths, in their order. Drawn by name, so that a picture more or less changes at most one of them,
    and a smaller sample is part of a larger one of the same seed.
    """
    if count is None or count >= len(paths):
        return [*paths]

    def rank(path: Path) -> bytes:
        name = path.relative_to(cache) if path.is_relative_to(cache) else os.path.relpath(path, beside)
        return hashlib.sha256(f"{seed}/{name}".encode(errors="surrogateescape")).digest()

    cache = cache_folder()
    drawn = set(sorted(paths, key=rank)[:count])
    return [path for path in paths if path in drawn]


def _is_dataset(text: str) -> bool:
    return text.startswith(PREFIX)


def _pictures(text: str, beside: Path) -> Iterator[Path]:
    if text.startswith(OWN):
        own = own_pictures()
        if (name := text.removeprefix(OWN)) not in own:
            raise StudyError(f"no picture {text}. There are: {', '.join(OWN + name for name in own)}")
        yield own[name]
        return
    path = beside / Path(text).expanduser()
    if path.is_dir():
        yield from _in_order(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and one.name[0] != ".")
    elif any(sign in text for sign in "*?[") and not path.exists():
        yield from _in_order(one for one in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if one.is_file())
    else:
        yield path


def _in_order(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: natural(str(path)))
