"""The layout of the Hugging Face hub's cache, where its client keeps repositories. Downloads nothing.

The layout is the client's documented one: blobs named by their hash, snapshots that link to them, refs from branches
to commits.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huggingface_hub import constants

from riptui.filesystem import open_regular, write_atomically


@dataclass(frozen=True)
class HubFile:
    """A file of a repository, as the hub lists it."""

    path: str
    """In the repository, e.g. unet/config.json."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 of a large (LFS) file, 64 hex digits; git's SHA-1 of a small one, 40. It names the blob."""


def repository_folder(model: str) -> Path:
    """Where the cache keeps a repository, `org/name`."""
    return Path(constants.HF_HUB_CACHE, "models--" + model.replace("/", "--"))


def blob_path(model: str, file: HubFile) -> Path:
    """The path of a file's content, named by its hash."""
    return repository_folder(model) / "blobs" / file.digest


def partial_path(model: str, file: HubFile) -> Path:
    """The path of an unfinished download, named so that the client's own tools recognise it."""
    return repository_folder(model) / "blobs" / f"{file.digest}.riptui.incomplete"


def partial_bytes(model: str, file: HubFile) -> int:
    """Bytes of an unfinished download; 0 if there is none."""
    path = partial_path(model, file)
    return path.stat().st_size if path.is_file() else 0


def is_intact(path: Path, file: HubFile) -> bool:
    """Whether a file has the size and the hash that the hub lists. 0.8 s per gigabyte."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with open_regular(path) as opened:
        of_git = partial(hashlib.sha1, b"blob %d\0" % file.size)
        digest = hashlib.file_digest(opened, "sha256" if len(file.digest) == 64 else of_git)
    return digest.hexdigest() == file.digest


def publish(model: str, revision: str, commit: str, files: Sequence[HubFile]) -> Path:
    """Link a commit's blobs into its snapshot, the first one last, and point the revision at it. Returns the snapshot.

    The first file must be the one by which a checkpoint is found, so that it is found only when it is complete.
    """
    snapshot = repository_folder(model) / "snapshots" / commit
    for file in reversed(files):
        link = snapshot / file.path
        target = os.path.relpath(blob_path(model, file), link.parent)
        if not (link.is_symlink() and str(link.readlink()) == target):
            link.parent.mkdir(parents=True, exist_ok=True)
            new = link.with_name(f"{link.name}.{uuid.uuid4().hex}")
            new.symlink_to(target)
            new.replace(link)
    if revision != commit:
        ref = repository_folder(model) / "refs" / revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(ref, commit.encode(), durable=False)
    return snapshot
