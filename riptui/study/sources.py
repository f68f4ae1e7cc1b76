"""The pictures that a study names: files, folders and globs to paths, and a seeded sample of them. Opens none."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from riptui.errors import StudyError
from riptui.store.listing import natural
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

    A file that is named need not be there: that it is missing is told when it is its turn.
    Raises StudyError for an entry that gives nothing.
    """
    found: dict[Path, None] = {}
    for text in study.images:
        here = [*_pictures(text, study.file.parent)]
        if not here:
            raise StudyError(f"{study.file}: images: {text!r} gives no picture")
        found.update(dict.fromkeys(here))
    return sample(list(found), study.sample, study.sample_seed, beside=study.file.parent)


def sample(paths: Sequence[Path], count: int | None, seed: int, *, beside: Path) -> list[Path]:
    """So many of the paths, in their order. Drawn by name, so that a picture more or less changes at most one of them,
    and a smaller sample is part of a larger one of the same seed.
    """
    if count is None or count >= len(paths):
        return [*paths]

    def rank(path: Path) -> bytes:
        return hashlib.sha256(f"{seed}/{os.path.relpath(path, beside)}".encode(errors="surrogateescape")).digest()

    drawn = set(sorted(paths, key=rank)[:count])
    return [path for path in paths if path in drawn]


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
