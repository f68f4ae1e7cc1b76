"""Finds the single file that an inpainter takes its weights from, and its digest. Imports no torch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import file_digests
from riptui.inpainters.models.file_digests import ReadFiles
from riptui.inpainters.models.published_weights import PUBLISHED
from riptui.remote_file import RemoteFile
from riptui.torch_cache import CachedFile

SUFFIXES = (".pt", ".pth", ".ckpt", ".safetensors")
"""Of files that spandrel reads; the suffix decides how."""


def published_file(name: str) -> CachedFile:
    """The file of published weights, which may not be here yet. Raises KeyError for another name."""
    published = PUBLISHED[name]
    remote = RemoteFile(published.url, published.sha256, published.size)
    return CachedFile(remote, published.inpainter, f"the inpainter {published.inpainter} needs its weights")


def locate_weights(weights: str) -> Path:
    """The file that a parameter `weights` names: published weights, or a path. Reads nothing of it.

    Raises WeightsError if published weights were not fetched, InputError if there is no file of weights at a path.
    """
    if weights in PUBLISHED:
        found = published_file(weights)
        found.require_installed()
        return found.path
    path = Path(weights).expanduser()
    if not path.is_file():
        problem = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise InputError(
            f"{path} {problem}: check the path. weights takes a file on this machine, or {' or '.join(PUBLISHED)}"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is not a file of weights: its name must end with {' or '.join(SUFFIXES)}")
    return path


def read_weights_file(weights: str, recorded: str = "") -> tuple[ReadFiles, list[str]]:
    """The file to load, and messages for the user. recorded: the digest in the trajectory's last session, or "".

    A file that is gone is looked for by its digest where this machine has read weights from. About 1 s per gigabyte
    the first time. Raises as `locate_weights`; WeightsError if the file cannot be read, or if published weights are not
    what was published.
    """
    notices = []
    try:
        path = locate_weights(weights)
    except (InputError, WeightsError):
        moved = find_known_file(recorded) if recorded else None
        if moved is None:
            raise
        path = moved
        notices.append(f"{weights} is gone; {path} is used, which has the same content")
    states = file_digests.file_states([path])
    with file_digests.explain_unreadable():
        digest = file_digests.file_sha256(path)
    if weights in PUBLISHED and not notices and digest != PUBLISHED[weights].sha256:
        raise published_file(weights).damaged_error()
    if recorded and digest != recorded:
        notices.append(f"{path} has changed since the last session")
    return ReadFiles(path, digest, states), notices


def find_known_file(digest: str) -> Path | None:
    """A file with this SHA-256 among those that this machine has read weights from, the latest first; else None."""
    for place in reversed(file_digests.known_files()):
        with suppress(OSError):
            if place.is_file() and file_digests.file_sha256(place) == digest:
                return place
    return None
