"""The picture files that a folder or a glob pattern means, and those that it leaves out. Opens none to decode it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from riptui.errors import SourceError
from riptui.images import identify_source, is_folder, is_regular, looks_like_picture, picture_suffixes
from riptui.store.listing import natural_key

JUNK_FOLDERS = {"__MACOSX", "@eaDir"}
"""Folders of macOS's archives and of a NAS, with files named like pictures. Hidden folders are left out anyway."""
MAX_LISTED = 3  # names in a notice


@dataclass
class PictureFiles:
    """In natural order."""

    pictures: list[Path] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    """Files that are not pictures, and what is not a regular file; without hidden ones."""

    def describe_left_out(self, place: str) -> list[str]:
        """A notice, if any file was left out."""
        if not self.left_out:
            return []
        listed = ", ".join(path.name for path in self.left_out[:MAX_LISTED])
        more = f" and {len(self.left_out) - MAX_LISTED} more" if len(self.left_out) > MAX_LISTED else ""
        return [f"{place}: left out what is not a picture: {listed}{more}"]


def list_pictures(folder: Path, *, recursive: bool = False) -> PictureFiles:
    """The pictures in a folder: files with a picture's suffix or beginning. Links to folders are not followed.

    Raises SourceError if the folder cannot be read.
    """
    found = PictureFiles()
    suffixes = picture_suffixes()
    for path in _sort_naturally(_list_files(folder, recursive)):
        is_picture = is_regular(path) and (path.suffix.lower() in suffixes or looks_like_picture(path))
        (found.pictures if is_picture else found.left_out).append(path)
    return found


def match_pattern(pattern: str, base: Path) -> PictureFiles:
    """The files that a glob pattern matches as in a shell: hidden ones only if it names them; ** follows no links."""
    found = PictureFiles()
    anchor = Path(pattern).anchor
    parts = Path(pattern).parts[1 if anchor else 0 :]
    for path in _sort_naturally(dict.fromkeys(_match(Path(anchor) if anchor else base, parts))):
        if not is_folder(path):
            (found.pictures if is_regular(path) else found.left_out).append(path)
    return found


def _match(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What the parts of a pattern match below a folder. Folders that cannot be read match nothing."""
    if not parts:
        yield folder
    elif not any(sign in parts[0] for sign in "*?["):
        if os.path.lexists(path := folder / parts[0]):
            yield from _match(path, parts[1:])
    elif parts[0] == "**":
        yield from _match(folder, parts[1:] or ["*"])
        for entry in _scan(folder):
            if entry.is_dir(follow_symlinks=False) and entry.name[0] != "." and entry.name not in JUNK_FOLDERS:
                yield from _match(folder / entry.name, parts)
    else:
        for entry in _scan(folder):
            is_shown = entry.name not in JUNK_FOLDERS and (entry.name[0] != "." or parts[0][0] == ".")
            if is_shown and fnmatchcase(entry.name, parts[0]):
                yield from _match(folder / entry.name, parts[1:])


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [*entries]
    except (OSError, ValueError):  # ValueError: a NUL character
        return []


def find_equal_files(paths: Iterable[Path]) -> dict[Path, Path]:
    """Files with the same bytes as one before them, and which. Only files of equal size are read."""
    copies: dict[Path, Path] = {}
    by_size: dict[int, list[Path]] = {}
    by_hash: dict[str, Path] = {}
    for path in paths:
        with suppress(OSError, ValueError, SourceError):  # reported when its turn comes
            size = path.stat().st_size
            same_size = by_size.setdefault(size, [])
            same_size.append(path)
            if size == 0 or len(same_size) == 1:
                continue
            if len(same_size) == 2:
                by_hash.setdefault(identify_source(same_size[0]).sha256, same_size[0])
            original = by_hash.setdefault(identify_source(path).sha256, path)
            if original != path:
                copies[path] = original
    return copies


def describe_copies(copies: dict[Path, Path]) -> list[str]:
    """A notice for each copy."""
    return [f"{copy}: the same file as {original}: counted once" for copy, original in copies.items()]


def _list_files(folder: Path, recursive: bool) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            raise SourceError(f"{error.filename} does not exist: check the path") from error
        raise SourceError(f"{error.filename}: cannot be read ({error.strerror}): check its permissions") from error

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if recursive and name[0] != "." and name not in JUNK_FOLDERS]
        yield from (Path(parent, name) for name in files if name[0] != ".")


def _sort_naturally(paths: Iterable[Path]) -> Sequence[Path]:
    return sorted(paths, key=lambda path: natural_key(str(path)))
