"""The files of a corpus index: a manifest, a line per picture, and a vector per line.

corpus.json      what was indexed, and how: never changed
pictures.jsonl   a line commits a picture; of several for one path the last holds
vectors.f32      vectors of length 1, little-endian float32, one after another
similarities.json  how similar pictures of the corpus are to their nearest; can be computed again
.lock            held with flock by the process that writes
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import msgspec

from riptui.errors import DamagedError, HeldError, InputError, with_choices
from riptui.filesystem import try_lock
from riptui.settings.paths import data_folder
from riptui.spec import Fit
from riptui.store.disk_errors import explain_errors
from riptui.store.names import is_name, require_name
from riptui.store.records import UNREADABLE

FORMAT = 1
MANIFEST, PICTURES, VECTORS = "corpus.json", "pictures.jsonl", "vectors.f32"
SIMILARITIES, LOCK = "similarities.json", ".lock"
NUMBER_BYTES = 4  # of a float32


class CorpusManifest(msgspec.Struct, frozen=True):
    """corpus.json: what decides the vectors."""

    folder: str
    """Absolute."""
    features: str
    """Name of the extractor, with its model."""
    identity: str
    """Of the extractor: vectors of unlike identities are not compared."""
    dimension: int
    size: int = 512
    """Pixels per side to which pictures are prepared, as frames are."""
    fit: Fit = "bands"
    recursive: bool = True
    format: int = FORMAT


class CorpusPicture(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of pictures.jsonl."""

    path: str
    """Below the corpus' folder."""
    size: int = 0
    """Bytes of the file."""
    changed: int = 0
    """Its modification time in ns since 1970."""
    sha256: str = ""
    """Of the file's bytes."""
    pixels_sha256: str = ""
    """Of its pixels, prepared as frame 0 of a trajectory is."""
    vector: int = -1
    """Number of its vector; -1: it has none."""
    error: str = ""
    """Why it cannot be read."""
    gone: bool = False
    """Whether the file is no longer in the folder."""


def corpora_folder() -> Path:
    return data_folder() / "corpora"


def corpus_folder(name: str) -> Path:
    """The folder of an index, which may not exist. Raises NameRefusedError."""
    return corpora_folder() / require_name(name)


def list_corpora() -> Iterator[str]:
    """The names of all indexes, sorted. Raises DiskError."""
    folder = corpora_folder()
    with explain_errors(folder):
        if folder.is_dir():
            yield from sorted(entry.name for entry in folder.iterdir() if is_name(entry.name) and has_manifest(entry))


def has_manifest(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def read_manifest(name: str) -> CorpusManifest:
    """What an index is of. Raises InputError if there is none of that name; DamagedError, DiskError."""
    folder = corpus_folder(name)
    if not has_manifest(folder):
        problem = f"no corpus {name!r}: make one with riptui corpus index FOLDER --name {name}"
        raise InputError(with_choices(problem, name, list_corpora()))
    with explain_errors(folder):
        data = (folder / MANIFEST).read_bytes()
    try:
        manifest = msgspec.json.decode(data, type=CorpusManifest)
    except (msgspec.ValidationError, *UNREADABLE) as error:
        raise DamagedError(f"{folder / MANIFEST} is damaged: riptui corpus remove {name}, and index again") from error
    if manifest.format > FORMAT:
        raise InputError(
            f"corpus {name} has format {manifest.format}, but this riptui reads up to {FORMAT}: "
            "pip install --upgrade riptui"
        )
    return manifest


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to an index; the folder is created. Raises HeldError, DiskError."""
    with explain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        if try_lock(fd) is False:  # on a file system without locks nobody seems to hold it
            raise HeldError(f"{folder} is being indexed by another process: wait for it, or stop it")
        yield
    finally:
        os.close(fd)


def remove_corpus(name: str) -> None:
    """Delete an index; the pictures stay. Raises InputError if there is none, HeldError, DiskError."""
    folder = corpus_folder(name)
    if not folder.is_dir():
        raise InputError(with_choices(f"no corpus {name!r}", name, list_corpora()))
    with locked(folder), explain_errors(folder):
        rmtree(folder)
