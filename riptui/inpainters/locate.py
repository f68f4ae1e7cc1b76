"""Finds a model's files: in a folder, or in the cache of the Hugging Face hub. Never uses the network.

Downloading gigabytes is a command of its own, so that a computation neither starts it nor waits for its timeouts: for
a missing model a library retries for 23 s before it reports an error.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub import errors as hub

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters import catalogue
from riptui.text.units import format_size

FIND_HINT = "riptui check RUNS --weights PATH"
MODEL_INDEX = "model_index.json"


def locate_model(model: str, revision: str | None, *, file: str = MODEL_INDEX) -> Path:
    """The folder of a checkpoint: `model` is a folder, or a repository whose files are in the hub's cache.

    `file`: the file that identifies it. Raises InputError for a folder without it, WeightsError with the command that
    fetches the repository.
    """
    if catalogue.is_folder(model):
        folder = Path(model).expanduser()
        if not (folder / file).is_file():
            if not folder.is_dir():
                raise InputError(f"{model} does not exist. If it moved, show riptui the new place: {FIND_HINT}")
            raise InputError(f"{model} is not a checkpoint in diffusers' layout: it has no {file}")
        return folder
    found = try_to_load_from_cache(model, file, revision=revision)
    if not isinstance(found, str):
        raise not_installed_error(model, revision)
    return Path(found).parent


def snapshot_commit(folder: Path) -> str | None:
    """The commit of a snapshot in the hub's cache."""
    return folder.name if folder.parent.name == "snapshots" and re.fullmatch("[0-9a-f]{40}", folder.name) else None


def not_installed_error(model: str, revision: str | None) -> WeightsError:
    """The error for a repository that is not in the cache."""
    known = catalogue.find_short_name(model)
    info = catalogue.MODELS.get(known or "")
    size = f"{format_size(info.size)}, " if info else ""
    return WeightsError(
        f"{_format_model(model, revision)} ({size}looked for in {constants.HF_HUB_CACHE}) is not on this machine; "
        f"fetch it with: {fetch_command(model, revision)}" + (f"  {_terms_hint(model)}" if info and info.gated else "")
    )


def fetch_command(model: str, revision: str | None) -> str:
    """The command that fetches a repository."""
    known = catalogue.find_short_name(model)
    short = known is not None and revision == catalogue.MODELS[known].revision
    return f"riptui fetch {known if short else shlex.quote(_format_model(model, revision))}"


def repair_hint(model: str, revision: str | None) -> str:
    """What to do about a missing or damaged file, as a sentence."""
    if catalogue.is_folder(model):
        return "Copy it again from its source"
    return f"Fetch it again with: {fetch_command(model, revision)}"


def explain_error(error: Exception, model: str, revision: str | None) -> RiptuiError:
    """Translate an error of the hub's client into one that says what to do."""
    model_text = _format_model(model, revision)
    match error:
        case hub.GatedRepoError():
            return WeightsError(f"{model_text} is gated. {_terms_hint(model)}")
        case hub.RepositoryNotFoundError():
            return InputError(
                f"the hub has no model {model}, or shows it only with a token: check the spelling, or set HF_TOKEN"
            )
        case hub.RevisionNotFoundError():
            return InputError(f"{model} has no revision {revision}: expected a branch, tag or commit")
        case hub.HFValidationError():
            return InputError(f"{model!r} is not a hub id: expected org/name")
        case hub.OfflineModeIsEnabled() | hub.LocalEntryNotFoundError() | ConnectionError():
            return WeightsError(
                f"{model_text} is not on this machine and the hub cannot be reached; with a network: "
                f"{fetch_command(model, revision)}"
            )
        case _:
            cause = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            return WeightsError(f"{model_text} could not be fetched: {cause}")


def _format_model(model: str, revision: str | None) -> str:
    known = catalogue.MODELS.get(catalogue.find_short_name(model) or "")
    return model if revision in (None, known.revision if known else "main") else f"{model}@{revision}"


def _terms_hint(model: str) -> str:
    return f"First accept its terms on the page of {model} on the hub, then log in with `hf auth login` or set HF_TOKEN"
