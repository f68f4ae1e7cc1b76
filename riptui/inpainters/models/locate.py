"""Finds a model's files: in a folder, or in the cache of the Hugging Face hub. Never uses the network.

Downloading gigabytes is a command of its own, so that a computation neither starts it nor waits for its timeouts: for
a missing model a library retries for 23 s before it reports an error.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

from riptui.errors import InputError, WeightsError
from riptui.inpainters.models import catalogue, hub_cache, model_names
from riptui.inpainters.models.model_names import SINGLE_FILE_SUFFIXES, is_local, is_single_file
from riptui.text.units import format_size

ADAPTER_FILES = ("pytorch_lora_weights.safetensors", "learned_embeds.safetensors")
"""How diffusers names LoRAs and learned embeddings in repositories of their own."""
FIND_HINT = "riptui check RUNS --weights PATH"
MODEL_INDEX = model_names.MODEL_INDEX


def locate_model(model: str, revision: str | None, *, file: str = MODEL_INDEX) -> Path:
    """The folder of a checkpoint: `model` is a folder, or a repository whose files are in the hub's cache.

    `file`: the file that identifies it. Raises InputError for a folder without it, WeightsError with the command that
    fetches the repository.
    """
    if is_local(model):
        folder = Path(model).expanduser()
        if not (folder / file).is_file():
            if not folder.exists():
                raise InputError(f"{model} does not exist. If it moved, show riptui the new place: {FIND_HINT}")
            whole, part = "checkpoint in diffusers' layout", "single network with its configuration"
            layout = whole if file == MODEL_INDEX else part
            raise InputError(f"{model} is not a {layout}: {_describe_folder(folder, file)}")
        return folder
    return _find_in_cache(model, file, revision, model).parent


def locate_vae_folder(model: str, revision: str | None) -> Path:
    """The folder of a VAE: `model` names it, or a checkpoint, whose VAE it then is. Raises as `locate_model`."""
    own, of_model = "config.json", "vae/config.json"
    if is_local(model):
        folder = Path(model).expanduser()
        return folder / "vae" if (folder / of_model).is_file() else locate_model(model, revision, file=own)
    with suppress(WeightsError):
        return _find_in_cache(model, of_model, revision, model).parent
    return _find_in_cache(model, own, revision, model).parent


def locate_file(model: str, revision: str | None) -> Path:
    """The file of a model that is a single file, on this machine or in the hub's cache. Raises as `locate_model`."""
    if is_local(model):
        path = Path(model).expanduser()
        if not path.is_file():
            raise InputError(f"{model} does not exist. If it moved, show riptui the new place: {FIND_HINT}")
        return path
    return _find_in_cache(*catalogue.split_model(model), revision, model)


def locate_adapter(text: str) -> Path:
    """The file of a LoRA or of a learned embedding: a path, or org/name[/file][@revision] in the hub's cache.

    Raises InputError, WeightsError with the command that fetches it.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return path
    if not catalogue.is_on_hub(text):
        problem = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise InputError(f"{text} {problem}: check the path, or name a repository of the hub: ORG/NAME[/FILE]")
    ref = catalogue.resolve_model(text)
    if is_single_file(ref.model):
        return locate_file(ref.model, ref.revision)
    for file in ADAPTER_FILES:
        with suppress(WeightsError):
            return _find_in_cache(ref.model, file, ref.revision, text)
    folder = model_names.find_snapshot(hub_cache.repository_folder(ref.model), ref.revision or "main")
    found = sorted(path.name for path in folder.glob("*") if is_single_file(path.name)) if folder else []
    if folder is None or not found:
        raise not_installed_error(ref.model, ref.revision)
    if len(found) > 1:
        raise InputError(f"{text} has several files: name one, e.g. {ref.model}/{found[0]}. It has: {', '.join(found)}")
    return folder / found[0]


def _find_in_cache(repository: str, file: str, revision: str | None, model: str) -> Path:
    """A file in the hub's cache, also under a former name of its repository. Raises WeightsError, naming `model`."""
    for name in (repository, *catalogue.former_names(repository)):
        found = try_to_load_from_cache(name, file, revision=revision if name == repository else "main")
        if isinstance(found, str):
            return Path(found)
    raise not_installed_error(model, revision)


def _describe_folder(folder: Path, file: str) -> str:
    """What is wrong with a folder that is not a checkpoint, and what to do."""
    if folder.is_file():
        return "it is a file, and a folder is needed here"
    text = f"it has no {file}"
    if (folder.parent / file).is_file():
        return f"{text}; the folder above it has: give {folder.parent}"
    singles = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SINGLE_FILE_SUFFIXES)
    return f"{text}; of its files, give the one that is the model, e.g. {folder / singles[0]}" if singles else text


def snapshot_commit(folder: Path) -> str | None:
    """The commit of a snapshot in the hub's cache; None for any other folder."""
    return folder.name if folder.parent.name == "snapshots" and re.fullmatch("[0-9a-f]{40}", folder.name) else None


def not_installed_error(model: str, revision: str | None) -> WeightsError:
    """The error for a model that is not in the cache."""
    known = catalogue.find_short_name(model)
    info = catalogue.MODELS.get(known or "")
    size = f"{format_size(info.size)}, " if info else ""
    return WeightsError(
        f"{format_model(model, revision)} ({size}looked for in {constants.HF_HUB_CACHE}) is not on this machine; "
        f"fetch it with: {fetch_command(model, revision)}"
        + (f". For the folder of that name here, write ./{model}" if Path(model).is_dir() else "")
        + (f"  {terms_hint(model)}" if info and info.gated else "")
    )


def fetch_command(model: str, revision: str | None) -> str:
    """The command that fetches a model."""
    known = catalogue.find_short_name(model)
    short = known is not None and revision == catalogue.MODELS[known].revision
    return f"riptui fetch {known if short else shlex.quote(format_model(model, revision))}"


def repair_hint(model: str, revision: str | None) -> str:
    """What to do about a missing or damaged file, as a sentence."""
    if is_local(model):
        return "Copy it again from its source"
    return f"Fetch it again with: {fetch_command(model, revision)}"


def format_model(model: str, revision: str | None) -> str:
    """A model as a user would type it: with its revision, unless that is the default."""
    known = catalogue.MODELS.get(catalogue.find_short_name(model) or "")
    return model if revision in (None, known.revision if known else "main") else f"{model}@{revision}"


def terms_hint(model: str) -> str:
    return f"First accept its terms on the page of {model} on the hub, then log in with `hf auth login` or set HF_TOKEN"
