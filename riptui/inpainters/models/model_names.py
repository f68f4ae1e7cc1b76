"""Takes apart what people call a model: pages of the hub, files, folders of its cache. Knows no model by its name.

`catalogue.resolve_model` uses it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from riptui.errors import InputError

MODEL_INDEX = "model_index.json"
SINGLE_FILE_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth")
"""Of files with a whole model, a VAE or a LoRA, as web UIs keep them."""

HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com")
OTHER_KINDS = {"datasets": "a data set", "spaces": "a space", "collections": "a collection", "papers": "a paper"}
"""By the first part of a page's path: what it shows instead of a model."""

COMPONENT_FILE = re.compile(r"(?:[\w.-]+/)+(?:diffusion_pytorch_model|model)[\w.-]*\.safetensors", re.ASCII)
ADDRESS = re.compile(r"(?:https?://)?(?P<host>[\w.-]+(?::\d+)?)/(?P<path>[^?#]*)(?:[?#].*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class HubAddress:
    """A model on the hub, as its page names it."""

    repository: str
    revision: str = ""
    file: str = ""
    """In the repository, if the page shows one that holds a whole model."""

    @property
    def text(self) -> str:
        """As riptui writes it: org/name, org/name/file.safetensors, org/name@revision."""
        file, revision = self.file and f"/{self.file}", self.revision and f"@{self.revision}"
        return f"{self.repository}{file}{revision}"


def is_single_file(model: str) -> bool:
    """Whether a model's name ends like that of a file with weights."""
    return model.lower().endswith(SINGLE_FILE_SUFFIXES)


def is_local(text: str) -> bool:
    """Whether a model's name is a path on this machine.

    It is if it begins with /, ./, ../ or ~; if there is a checkpoint, its index, a file of weights or a repository of
    the hub's cache at that path; and if it ends like a file's name and cannot be one in a repository of the hub.
    """
    if text.startswith(("/", "./", "../", "~")) or text in {".", ".."}:
        return True
    if is_single_file(text) and text.count("/") < 2:
        return True
    path = Path(text)
    try:
        return (
            (path / MODEL_INDEX).is_file()
            or (path / "snapshots").is_dir()
            or (path.is_file() and (path.name == MODEL_INDEX or is_single_file(text)))
        )
    except OSError:  # too long for a path, or in a folder that may not be searched
        return False


def local_model(text: str) -> Path:
    """The absolute path of the folder or file that a path stands for: of a repository in the hub's cache the snapshot.

    Raises InputError for a repository of the hub's cache without a snapshot, or with several.
    """
    path = Path(text).expanduser().absolute()
    if path.name == MODEL_INDEX:
        return path.parent
    if (path / "snapshots").is_dir() and not (path / MODEL_INDEX).is_file():
        return _main_snapshot(path)
    return path


def find_snapshot(repository: Path, revision: str) -> Path | None:
    """The folder of a revision, a branch or a commit, of a repository in the hub's cache; None if it is not there."""
    ref = repository / "refs" / revision
    commit = ref.read_text().strip() if ref.is_file() else revision
    found = repository / "snapshots" / commit
    return found if commit and found.is_dir() else None


def _main_snapshot(repository: Path) -> Path:
    """The snapshot of a repository's folder that its branch main points to, else the only one. Raises InputError."""
    if (repository / "refs" / "main").is_file() and (found := find_snapshot(repository, "main")):
        return found
    snapshots = sorted(path for path in (repository / "snapshots").iterdir() if path.is_dir())
    if len(snapshots) == 1:
        return snapshots[0]
    listed = ", ".join(path.name for path in snapshots[:3]) or "none"
    raise InputError(f"{repository} has several snapshots or none: give the path of one. There are: {listed}")


def read_address(text: str) -> HubAddress | None:
    """The model that the address of a page of the hub, or a text with hf: before it, names; None for other texts.

    Raises InputError for the address of anything else.
    """
    prefix, colon, rest = text.partition(":")
    if colon and prefix.lower() == "hf":
        return _parse_id(rest.strip("/"), text)
    if not (match := ADDRESS.fullmatch(text.strip())) or not _is_address(text, match["host"]):
        return _parse_id(text.strip("/"), text) if re.fullmatch("[^/]+/[^/]+/", text) else None
    if match["host"].lower() not in hub_hosts():
        raise InputError(f"{text} is not a page of the hub: download the model's file and give its path")
    return _parse_page([unquote(part) for part in match["path"].split("/") if part], text)


def hub_hosts() -> tuple[str, ...]:
    """The hosts whose pages are those of the hub, with that of $HF_ENDPOINT."""
    endpoint = os.environ.get("HF_ENDPOINT", "")
    return (*HUB_HOSTS, urlsplit(endpoint).netloc.lower()) if endpoint else HUB_HOSTS


def _is_address(text: str, host: str) -> bool:
    return "://" in text or host.lower() in hub_hosts()


def _parse_id(model: str, text: str) -> HubAddress:
    """From org/name[/file][@revision]."""
    name, _, revision = model.partition("@")
    parts = name.split("/")
    if len(parts) < 2 or not all(parts):
        raise InputError(f"{text!r} is not a model: expected org/name")
    return HubAddress("/".join(parts[:2]), revision, "/".join(parts[2:]))


def _parse_page(parts: list[str], text: str) -> HubAddress:
    if parts[:1] == ["models"]:
        parts = parts[1:]
    if len(parts) < 2 or parts[0] in OTHER_KINDS:
        kind = OTHER_KINDS.get(parts[0] if parts else "", "not the page of a model")
        raise InputError(f"{text} is {kind}: expected the page of a model, https://huggingface.co/org/name")
    repository = "/".join(parts[:2])
    match parts[2:]:
        case ["tree" | "commit" | "commits", revision, *_]:
            return HubAddress(repository, revision)
        case ["blob" | "resolve" | "raw", revision, *path]:
            file = "/".join(path)
            if COMPONENT_FILE.fullmatch(file):
                raise InputError(f"{text} is a part of a model: give the whole, {repository}")
            return HubAddress(repository, revision, file if is_single_file(file) else "")
    return HubAddress(repository)
