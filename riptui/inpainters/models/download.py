"""Downloads checkpoints from the Hugging Face hub into its cache. Knows no diffusers, prints nothing.

The hub's client (2.x) discards the file that it was interrupted in, and shows files whose hash it has not compared.
Here a file stays unfinished until its hash is right, and a revision appears in the cache only when it is complete.
"""

from __future__ import annotations

import io
import logging
import os
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, disable_progress_bars  # type: ignore[attr-defined]

from riptui.errors import DiskError, InputError, RiptuiError, WeightsError
from riptui.filesystem import free_bytes, run_within
from riptui.inpainters.models import catalogue, hub_cache, locate, weight_files
from riptui.inpainters.models.checkpoint import COMPONENT_CONFIG, inspect_checkpoint, read_json, require_component
from riptui.inpainters.models.hub_cache import HubFile
from riptui.inpainters.models.hub_errors import explain_hub_errors
from riptui.inpainters.models.model_names import is_single_file
from riptui.remote_file import complete_partial
from riptui.text.units import format_size

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ANSWER_SECONDS = 10.0  # until the hub must have answered; the client's own limit counts for each address anew

OnModelProgress = Callable[[str, int, int], None]
"""Called as `on_progress(path, bytes_done, bytes_total)`: the current file, and the bytes of all missing files. It may
raise to stop; what has been downloaded is kept."""


@dataclass(frozen=True)
class DownloadPlan:
    """The files of a checkpoint, and those that are still missing."""

    model: str
    revision: str
    commit: str
    files: tuple[HubFile, ...]
    missing: tuple[HubFile, ...]
    """Those whose blobs are not in the cache, each blob once."""
    partial_bytes: int
    """Bytes of the missing files from an earlier, interrupted download."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def needed_bytes(self) -> int:
        """Bytes that the disk must have free for the rest."""
        return sum(file.size for file in self.missing) - self.partial_bytes


def plan_download(
    model: str,
    revision: str,
    *,
    variant: weight_files.Variant = "full",
    allow_pickle: bool = False,
    configurations_only: bool = False,
) -> DownloadPlan:
    """Ask the hub for the files of a model, or for that of a LoRA, and check which of them are in the cache and intact.

    configurations_only: without weights, for a model in a single file. Downloads nothing but the model_index.json.
    Raises WeightsError or InputError, one line, within `ANSWER_SECONDS` if the hub does not answer.
    """
    repository, file = catalogue.split_model(model)
    with explain_hub_errors(repository, revision), _silence_client():
        commit, listed = run_within(ANSWER_SECONDS, lambda: _list_files(repository, revision))
        select = partial(weight_files.select_files, listed, name=repository, variant=variant, allow_pickle=allow_pickle)
        if file:
            chosen: tuple[str, ...] = (_require_file(file, listed, repository, allow_pickle),)
        elif locate.MODEL_INDEX in listed:
            index = listed[locate.MODEL_INDEX]
            if not hub_cache.is_intact(hub_cache.blob_path(repository, index), index):
                _fetch_file(repository, commit, index, lambda done: None)
            components = weight_files.list_components(read_json(hub_cache.blob_path(repository, index), repository))
            folders = _list_folders(components, listed)
            selected = weight_files.select_companions(listed, folders) if configurations_only else select(folders)
            chosen = tuple(dict.fromkeys((locate.MODEL_INDEX, *selected)))
        elif COMPONENT_CONFIG in listed:
            chosen = select(("",))
        elif adapters := [path for path in locate.ADAPTER_FILES if path in listed]:
            chosen = (adapters[0],)
        else:
            raise InputError(_describe_other_layout(repository, listed))
        files = tuple(listed[path] for path in chosen)
        missing_by_digest = {
            file.digest: file for file in files if not hub_cache.is_intact(hub_cache.blob_path(repository, file), file)
        }
        missing = tuple(missing_by_digest.values())  # two vocabularies may be one blob
        partial_bytes = sum(hub_cache.partial_bytes(repository, file) for file in missing)
        return DownloadPlan(repository, revision, commit, files, missing, partial_bytes)


def _list_folders(components: Iterable[str], listed: Collection[str]) -> tuple[str, ...]:
    """The folders of a repository that have these components: as `checkpoint.component_folder`."""
    present = {path.partition("/")[0] for path in listed if "/" in path}
    is_flat = COMPONENT_CONFIG in listed
    return tuple(dict.fromkeys("" if is_flat and name not in present else name for name in components))


def _require_file(file: str, listed: Iterable[str], repository: str, allow_pickle: bool) -> str:
    """The single file that is a model. Raises InputError if the repository lacks it, WeightsError for a pickle."""
    if file not in listed:
        raise InputError(f"{repository} has no file {file}. {_list_single_files(listed)}")
    if not (file.lower().endswith(".safetensors") or allow_pickle):
        raise WeightsError(
            f"{repository}/{file} is a pickle, which can run any code when loaded. Choose a .safetensors file, or, if "
            "you trust the source, add --allow-pickle"
        )
    return file


def _describe_other_layout(repository: str, listed: Iterable[str]) -> str:
    text = f"{repository} is not a checkpoint in diffusers' layout: it has no {locate.MODEL_INDEX}"
    singles = sorted(filter(is_single_file, listed))
    advice = "; of its files, give the one that you want, a model or a LoRA, e.g. "
    return f"{text}{advice}{repository}/{singles[0]}" if singles else text


def _list_single_files(listed: Iterable[str]) -> str:
    singles = sorted(filter(is_single_file, listed))
    return f"It has: {', '.join(singles[:3]) or 'no file that could be a model'}"


def require_space(plans: Iterable[DownloadPlan]) -> None:
    """Raise DiskError unless the cache's disk has room for everything that is still to come."""
    needed = sum(plan.needed_bytes for plan in plans)
    folder = Path(constants.HF_HUB_CACHE).absolute()
    free = free_bytes(folder)
    if needed > free:
        raise DiskError(
            f"not enough disk space: {folder} needs {format_size(needed)}, and {format_size(free)} are free; "
            "free some, or set HF_HOME to a folder on a larger disk"
        )


def fetch(plan: DownloadPlan, on_progress: OnModelProgress = lambda path, done, total: None) -> Path:
    """Download what is missing, compare it with its hashes, and make the revision visible. Returns its folder.

    Raises WeightsError, InputError, DiskError, one line each. Whatever stops it, the next call continues from there.
    """
    total, done = sum(file.size for file in plan.missing), plan.partial_bytes
    kept = f"the part of {plan.model} that was downloaded is kept: run the command again"
    lost = f"the connection to the hub was lost; {kept}"
    with explain_hub_errors(plan.model, plan.revision, lost), _silence_client():
        for file in plan.missing:
            other_bytes = done - hub_cache.partial_bytes(plan.model, file)
            on_file_bytes = partial(_report_progress, on_progress, file.path, other_bytes, total)
            _fetch_file(plan.model, plan.commit, file, on_file_bytes)
            done = other_bytes + file.size
        return hub_cache.publish(plan.model, plan.revision, plan.commit, plan.files)


def find_installed(model: str, revision: str | None, *, allow_pickle: bool = False) -> Path:
    """The folder of a model that is installed and complete, or its file. Does not use the network.

    Raises WeightsError with what is missing and the command that fetches it.
    """
    if is_single_file(model):
        return locate.locate_file(model, revision)
    repair_hint = locate.repair_hint(model, revision)
    try:
        folder = locate.locate_model(model, revision)
    except WeightsError:
        with suppress(WeightsError):
            folder = locate.locate_model(model, revision, file=COMPONENT_CONFIG)
            require_component(folder, model, repair_hint, allow_pickle)
            return folder
        with suppress(RiptuiError):
            return locate.locate_adapter(locate.format_model(model, revision))
        raise
    inspect_checkpoint(folder, model, repair_hint=repair_hint, allow_pickle=allow_pickle)
    return folder


def _list_files(model: str, revision: str) -> tuple[str, dict[str, HubFile]]:
    """The commit of a revision, and its files by path. Entries whose path or hash is not valid are left out."""
    info = HfApi().model_info(model, revision=revision, timeout=ANSWER_SECONDS, files_metadata=True)
    if not re.fullmatch("[0-9a-f]{40}", commit := info.sha or ""):
        raise WeightsError(f"{model}: the hub reports no commit for {revision}; check HF_ENDPOINT")
    files = {}
    for sibling in info.siblings or ():
        digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
        size = sibling.lfs.size if sibling.lfs else sibling.size
        parts = sibling.rfilename.split("/")
        valid_digest = re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", digest or "")
        if size is not None and valid_digest and all(re.fullmatch(r"[\w-][\w. +-]*", part, re.ASCII) for part in parts):
            files[sibling.rfilename] = HubFile(sibling.rfilename, size, str(digest))
    return commit, files


def _fetch_file(model: str, commit: str, file: HubFile, on_bytes: Callable[[int], None]) -> None:
    """Download one file to its place among the blobs, continuing an earlier download."""
    blob = hub_cache.blob_path(model, file)
    blob.parent.mkdir(parents=True, exist_ok=True)

    def transfer(opened: io.FileIO) -> None:
        if opened.tell() > file.size:
            opened.truncate(0)
        on_bytes(opened.seek(0, os.SEEK_END))
        writer = ProgressWriter(opened)
        writer.on_bytes = on_bytes
        url = hf_hub_url(model, file.path, revision=commit)
        headers = build_hf_headers() | {"Accept-Encoding": "identity"}  # a range of a compressed answer is useless
        try:
            http_get(url, writer, resume_size=writer.tell(), headers=headers, expected_size=file.size)
        finally:
            writer.detach()  # flushes; the file and its lock stay open

    complete_partial(
        hub_cache.partial_path(model, file),
        blob,
        transfer,
        lambda path: hub_cache.is_intact(path, file),
        f"{model}/{file.path}",
    )


class ProgressWriter(io.BufferedWriter):
    """A file that reports its length after each write."""

    on_bytes: Callable[[int], None]

    def write(self, data: ReadableBuffer, /) -> int:
        written = super().write(data)
        self.on_bytes(self.tell())
        return written


def _report_progress(on_progress: OnModelProgress, path: str, other_bytes: int, total: int, file_bytes: int) -> None:
    on_progress(path, other_bytes + file_bytes, total)


@contextmanager
def _silence_client() -> Iterator[None]:
    """Keep the client's bars, log lines and warnings off the terminal."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            disable_progress_bars()
            yield
    finally:
        logger.setLevel(level)
