"""What a worker keeps of the environment of the command that started it: caches, GPUs, servers, the hub, its account.

A worker outlives that command. Another command fits it only if it would have found the same in its own environment.
"""

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from riptui.errors import SettingsError
from riptui.inpainters.servers.server_place import auth_variable, url_variable
from riptui.settings.servers import SERVER_NAMES, clean_url

OFFLINE = {"1", "on", "yes", "true"}
"""The values of HF_HUB_OFFLINE and RIPTUI_OFFLINE that mean yes; in any case."""
DEFAULT_ENDPOINT = "https://huggingface.co"
SALT_BYTES = 16
PASSED_ON = ("HF_HOME", "HF_HUB_CACHE", "TORCH_HOME", "HF_ENDPOINT")


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
    servers: dict[str, str] = {}
    """The URLs of servers that inpaint, by the variable that gives them."""
    server_credentials: tuple[str, ...] = ()
    """The variables that give credentials for servers; their values are nowhere on disk."""
    hf_token: str = ""
    """Salt and salted hash, in hex, for the token itself must not be on disk; "" if there is none."""


def read_environment(variables: Mapping[str, str] | None = None, *, salt: str = "") -> WorkerEnvironment:
    """Of this process, or of these variables. salt: in hex; by default a new one."""
    environment = os.environ if variables is None else variables
    caches = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    hf_home = _folder(environment.get("HF_HOME") or caches / "huggingface")
    token = environment.get("HF_TOKEN") or environment.get("HUGGING_FACE_HUB_TOKEN") or ""
    return WorkerEnvironment(
        hf_home=hf_home,
        hf_hub_cache=_folder(
            environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE") or Path(hf_home, "hub")
        ),
        torch_home=_folder(environment.get("TORCH_HOME") or caches / "torch"),
        hf_endpoint=(environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/"),
        hf_hub_offline=any(
            environment.get(name, "").lower() in OFFLINE for name in ("HF_HUB_OFFLINE", "RIPTUI_OFFLINE")
        ),
        cuda_visible_devices=environment.get("CUDA_VISIBLE_DEVICES"),
        servers={name: url for name in map(url_variable, SERVER_NAMES) if (url := _clean(environment.get(name, "")))},
        server_credentials=tuple(name for name in map(auth_variable, SERVER_NAMES) if environment.get(name)),
        hf_token=_hide(token.strip(), salt or secrets.token_hex(SALT_BYTES)),
    )


def list_misfits(found: WorkerEnvironment | None, *, uses_gpu: bool) -> list[str]:
    """The variables by which a worker's environment differs from this process's, so that it would do other work.

    None is a worker of an older release, of which nothing is known: it counts as fitting. A worker that has a token,
    credentials or the URL of a server fits a command without, and one that is offline fits as it does with --offline.
    """
    if found is None:
        return []
    here = read_environment(salt=found.hf_token.partition(":")[0])
    names = ["hf_home", "hf_hub_cache", "torch_home", "hf_endpoint"]
    names += ["cuda_visible_devices"] if uses_gpu else []
    names += ["hf_token"] if here.hf_token else []
    names += ["hf_hub_offline"] if here.hf_hub_offline else []
    misfits = [name.upper() for name in names if getattr(found, name) != getattr(here, name)]
    misfits += [name for name, url in here.servers.items() if found.servers.get(name) != url]
    return misfits + [name for name in here.server_credentials if name not in found.server_credentials]


def variables_to_pass_on() -> dict[str, str]:
    """The variables of this process that a worker elsewhere needs to find the same weights, with absolute paths, and
    the same servers.

    Not the token, nor a server's credentials: they would come to lie in scripts and logs. A worker downloads nothing.
    """
    here = read_environment()
    found = {name: str(getattr(here, name.lower())) for name in PASSED_ON if os.environ.get(name)}
    return found | here.servers | ({"HF_HUB_OFFLINE": "1"} if here.hf_hub_offline else {})


def _clean(url: str) -> str:
    """The URL; "" for one that is none, or has a password in it, which must not be on disk."""
    try:
        return clean_url(url) if url else ""
    except SettingsError:
        return ""


def _folder(path: str | Path) -> str:
    return os.path.realpath(os.path.expandvars(Path(path).expanduser()))


def _hide(token: str, salt: str) -> str:
    """The token's hash with a salt, from which a token of the hub, 34 random letters, cannot be guessed."""
    if not token:
        return ""
    return f"{salt}:{hashlib.blake2b(token.encode(), salt=bytes.fromhex(salt)).hexdigest()[:32]}"
