"""From a folder of pictures to an index of them: what is new is added, what changed replaced, what is gone marked."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image as PilImages

from riptui.corpus.corpus_files import CorpusManifest, CorpusPicture
from riptui.corpus.corpus_writer import CorpusWriter, Entry, open_corpus
from riptui.corpus.picture_loading import LoadedPicture, PreparedAs, load_pictures
from riptui.errors import SourceError
from riptui.features import FeatureExtractor
from riptui.planning.picture_files import list_pictures
from riptui.spec import Fit
from riptui.store.names import slugify

BATCH = 32  # pictures that are extracted and committed at once; of 512 px they take 25 MB

OnCorpusProgress = Callable[[int, int], None]
"""Called as `on_progress(done, total)`, with counts of pictures."""


@dataclass(frozen=True)
class CorpusPlan:
    """What is to be indexed, and how."""

    name: str
    folder: Path
    size: int = 512
    fit: Fit = "bands"
    recursive: bool = True
    jobs: int = 1
    """Processes that decode."""


@dataclass(frozen=True)
class BuiltCorpus:
    """The result of indexing a folder."""

    name: str
    added: int
    """Pictures that are new, or that changed."""
    known: int
    """Pictures that were in the index already."""
    gone: int
    """Pictures that are in the index no more."""
    unreadable: Sequence[str]
    """Why each of these pictures is not in it."""
    not_pictures: int
    """Other files in the folder."""

    @property
    def pictures(self) -> int:
        return self.added + self.known


def default_name(folder: Path, features: str) -> str:
    """The name of the folder; with that of the features if it is not the perceptual hash."""
    name = folder.absolute().name or "corpus"
    return slugify(name if features == "phash" else f"{name}-{features}")


def build_corpus(
    plan: CorpusPlan, extractor: FeatureExtractor, on_progress: OnCorpusProgress = lambda done, total: None
) -> BuiltCorpus:
    """Index a folder, or bring its index up to date. What is committed stays, however this ends.

    Raises SourceError if the folder cannot be read or holds no picture; InputError if there is an index of that name
    of another folder, or made otherwise; HeldError, DamagedError, DiskError, DeviceMemoryError.
    """
    folder = plan.folder.resolve()
    if not _is_utf8(str(folder)):
        raise SourceError(f"{folder}: its path is not UTF-8: rename it")
    listed = list_pictures(folder, recursive=plan.recursive)
    if not listed.pictures:
        raise SourceError(f"{folder} holds no pictures: name a folder with some")
    manifest = CorpusManifest(
        str(folder), extractor.name, extractor.identity, extractor.dimension, plan.size, plan.fit, plan.recursive
    )
    named = {os.path.relpath(path, folder): path for path in listed.pictures}
    paths = {name: path for name, path in named.items() if _is_utf8(name)}
    misnamed = [f"{path}: its name is not UTF-8: rename it" for name, path in named.items() if name not in paths]
    with open_corpus(plan.name, manifest) as writer:
        gone = [path for path, row in writer.newest.items() if not row.gone and path not in paths]
        writer.add([(CorpusPicture(path, gone=True), None) for path in gone])
        known = {path for path, row in writer.known.items() if path in paths and _is_unchanged(row, paths[path])}
        new = [path for name, path in paths.items() if name not in known]
        unreadable = _add_all(writer, folder, new, plan, extractor, lambda done: on_progress(done, len(new)))
    added = len(new) - len(unreadable)
    return BuiltCorpus(plan.name, added, len(known), len(gone), misnamed + unreadable, len(listed.left_out))


def _add_all(
    writer: CorpusWriter,
    folder: Path,
    paths: Sequence[Path],
    plan: CorpusPlan,
    extractor: FeatureExtractor,
    on_progress: Callable[[int], None],
) -> list[str]:
    """Add pictures; return why some cannot be read."""
    unreadable: list[str] = []
    done = 0
    loaded_pictures = load_pictures(paths, PreparedAs(plan.size, plan.fit), plan.jobs)
    while batch := [*islice(loaded_pictures, BATCH)]:
        writer.add([*_extract(batch, folder, extractor)])
        unreadable += [loaded.error for loaded in batch if loaded.error]
        done += len(batch)
        on_progress(done)
    return unreadable


def _extract(batch: Sequence[LoadedPicture], folder: Path, extractor: FeatureExtractor) -> Iterator[Entry]:
    """The entries of pictures, those of unreadable ones without a vector."""
    images = [PilImages.fromarray(loaded.image) for loaded in batch if loaded.image is not None]
    vectors = iter(extractor.extract(images) if images else ())
    for loaded in batch:
        picture = CorpusPicture(
            os.path.relpath(loaded.path, folder),
            loaded.size,
            loaded.changed,
            loaded.sha256,
            loaded.pixels_sha256,
            error=loaded.error,
        )
        yield picture, None if loaded.image is None else next(vectors)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_unchanged(row: CorpusPicture, path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (row.size, row.changed) == (status.st_size, status.st_mtime_ns)
