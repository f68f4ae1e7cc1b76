"""What a worker keeps of the environment of the command that started it: caches, GPUs, the hub and its account.

A worker outlives that command. Another command fits it only if it would have found the same in its own environment.
"""

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

OFFLINE = {"1", "on", "yes", "true"}
"""The values of HF_HUB_OFFLINE and RIPTUI_OFFLINE that mean yes; in any case."""
DEFAULT_ENDPOINT = "https://huggingface.co"
SALT_BYTES = 16


class WorkerEnvironment(msgspec.Struct, frozen=True):
    """As environment variables and their defaults decide it, by the name of the variable in lower case."""

    hf_home: str
    """The hub's folder, in which a login is kept."""
    hf_hub_cache: str
    torch_home: str
    hf_endpoint: str
    hf_hub_offline: bool
    cuda_visible_devices: str | None
    """None: all GPUs."""
    hf_token: str = ""
    """Salt and salted hash, in hex, for the token itself must not be on disk; "" if there is none."""


def read_environment(variables: Mapping[str, str] | None = None, *, salt: str = "") -> WorkerEnvironment:
    """Of this process, or of these variables. salt: in hex; by default a new one."""
    given = os.environ if variables is None else variables
    caches = Path(given.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hf_home = _folder(given.get("HF_HOME") or caches / "huggingface")
    token = given.get("HF_TOKEN") or given.get("HUGGING_FACE_HUB_TOKEN") or ""
    return WorkerEnvironment(
        hf_home=hf_home,
        hf_hub_cache=_folder(given.get("HF_HUB_CACHE") or given.get("HUGGINGFACE_HUB_CACHE") or Path(hf_home, "hub")),
        torch_home=_folder(given.get("TORCH_HOME") or caches / "torch"),
        hf_endpoint=(given.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
        hf_hub_offline=any(given.get(name, "").lower() in OFFLINE for name in ("HF_HUB_OFFLINE", "RIPTUI_OFFLINE")),
        cuda_visible_devices=given.get("CUDA_VISIBLE_DEVICES"),
        hf_token=_hide(token.strip(), salt or secrets.token_hex(SALT_BYTES)),
    )


def list_misfits(found: WorkerEnvironment | None, *, uses_gpu: bool) -> list[str]:
    """The variables by which a worker's environment differs from this process's, so that it would do other work.

    None is a worker of an older release, of which nothing is known: it counts as fitting. A worker that has a token
    fits a command without, and one that is offline fits as it does with --offline.
    """
    if found is None:
        return []
    here = read_environment(salt=found.hf_token.partition(":")[0])
    names = ["hf_home", "hf_hub_cache", "torch_home", "hf_endpoint"]
    names += ["cuda_visible_devices"] if uses_gpu else []
    names += ["hf_token"] if here.hf_token else []
    names += ["hf_hub_offline"] if here.hf_hub_offline else []
    return [name.upper() for name in names if getattr(found, name) != getattr(here, name)]


def _folder(path: str | Path) -> str:
    return os.path.realpath(os.path.expandvars(Path(path).expanduser()))


def _hide(token: str, salt: str) -> str:
    """The token's hash with a salt, from which a token of the hub, 34 random letters, cannot be guessed."""
    if not token:
        return ""
    return f"{salt}:{hashlib.blake2b(token.encode(), salt=bytes.fromhex(salt)).hexdigest()[:32]}"
