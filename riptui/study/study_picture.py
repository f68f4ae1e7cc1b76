"""A picture of a study: known by the hash of its file, prepared as an original when its pixels are first needed."""

from pathlib import Path

import msgspec

from riptui.errors import SourceError
from riptui.images import encode_original_png, identify_source, pixels_sha256, prepare_original
from riptui.spec import Fit
from riptui.study.manifest import SourceRecord


def text_name(path: Path) -> str:
    """A file's name, also one that is not UTF-8."""
    return path.name.encode(errors="replace").decode()


def name_original(size: int, fit: Fit) -> str:
    """What the manifest calls a picture prepared in this way."""
    return f"{size} {fit}"


class LazyOriginal:
    """A picture as frame 0 of one size, decoded when its pixels are first needed."""

    def __init__(self, path: Path, picture: SourceRecord, size: int, fit: Fit, *, strict: bool) -> None:
        self.size, self.fit = size, fit
        self.name = name_original(size, fit)
        self.notes: tuple[str, ...] = ()
        self._path = path
        self._picture = picture
        self._strict = strict
        self._sha256 = picture.originals.get(self.name)

    @property
    def sha256(self) -> str:
        """Of the pixels. Raises SourceError."""
        if self._sha256 is None:
            self.decode()
        assert self._sha256 is not None
        return self._sha256

    def decode(self) -> None:
        """Set `image` and `png`. Raises SourceError."""
        prepared = prepare_original(self._path, size=self.size, fit=self.fit, strict=self._strict)
        if prepared.source_sha256 != self._picture.sha256:
            raise SourceError(f"{self._path}: the file changed while it was read: run the study again")
        if self._sha256 not in (None, found := pixels_sha256(prepared.image)):
            raise SourceError(
                f"{self._path}: its pixels differ from those of the first run, perhaps because of another "
                "version of Pillow: use the earlier version, or give the study another group"
            )
        self._sha256, self.image, self.notes = found, prepared.image, prepared.notes
        self.png = encode_original_png(self.image)


def identify_picture(path: Path, known: SourceRecord | None) -> SourceRecord:
    """A picture by its file's hash. Raises SourceError if it is gone, or another than the one that is known."""
    try:
        status = path.stat()
        if known and (known.size, known.changed) == (status.st_size, status.st_mtime_ns):
            return known
        sha256 = identify_source(path).sha256
    except FileNotFoundError as error:
        problem = "it has disappeared since the first run" if known else "it does not exist: check the path"
        raise SourceError(f"{path}: {problem}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", error)
        raise SourceError(f"{path}: it cannot be read ({reason}): check its permissions") from error
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    if known and known.sha256 != sha256 and known.trajectories:
        raise SourceError(
            f"{path}: it has changed since the first run: put the old picture back, or give the new one another name"
        )
    current = SourceRecord(str(path), sha256, status.st_size, status.st_mtime_ns)
    if known and known.sha256 == sha256:
        return msgspec.structs.replace(known, size=current.size, changed=current.changed)
    return current
