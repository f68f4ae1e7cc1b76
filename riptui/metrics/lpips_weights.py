"""The files of LPIPS's trunks: torchvision's ImageNet weights, where torchvision keeps them. Knows nothing of LPIPS.

The linear heads are part of the lpips package. Torch is not imported until a file is to be fetched.
"""

import hashlib
import os
import queue
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from importlib import import_module
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from riptui.errors import MissingExtraError, WeightsError
from riptui.metrics import LpipsNet
from riptui.text.units import format_size

CONNECT_SECONDS = 5.0  # seconds to the first byte, all addresses of the host together
STALL_SECONDS = 20.0  # seconds without a byte
ABANDONED_SECONDS = 3600.0  # seconds; a partial file untouched for longer belongs to nobody: it would have stalled
CHUNK_BYTES = 1 << 20  # bytes

OnLpipsProgress = Callable[[int, int], None]
"""Called as `on_progress(bytes_done, bytes_total)`, first with 0. It may raise to stop."""


@dataclass(frozen=True)
class Trunk:
    file: str
    """torchvision's name for it; the eight hex digits begin its SHA-256."""
    enum: str
    """Where torchvision.models states its address."""
    size: int
    """Bytes, rounded up a little."""

    @property
    def sha256(self) -> str:
        """The first eight digits."""
        return self.file.removesuffix(".pth").rpartition("-")[2]


TRUNKS: dict[LpipsNet, Trunk] = {
    "squeeze": Trunk("squeezenet1_1-b8a52dc0.pth", "SqueezeNet1_1_Weights", 5_000_000),
    "alex": Trunk("alexnet-owt-7be5be79.pth", "AlexNet_Weights", 244_500_000),
    "vgg": Trunk("vgg16-397923af.pth", "VGG16_Weights", 553_500_000),
}


def weights_path(net: LpipsNet) -> Path:
    """Where torchvision looks: $TORCH_HOME/hub/checkpoints, by default in $XDG_CACHE_HOME/torch or ~/.cache/torch."""
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.getenv("TORCH_HOME", os.path.join(cache, "torch"))  # noqa: PTH118  as torch.hub does, "" included
    return Path(os.path.expanduser(home), "hub", "checkpoints", TRUNKS[net].file)  # noqa: PTH111  raises for no home


def is_installed(net: LpipsNet) -> bool:
    """Whether there is a file that is not empty. `verify` looks inside."""
    path = weights_path(net)
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:  # a folder on the way that may not be searched
        return False


def is_offline() -> bool:
    """Whether $RIPTUI_OFFLINE or $HF_HUB_OFFLINE forbids to fetch anything."""
    return any(
        os.getenv(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in ("RIPTUI_OFFLINE", "HF_HUB_OFFLINE")
    )


def require_installed(net: LpipsNet) -> None:
    """Raise WeightsError unless the file is there."""
    if not is_installed(net):
        raise _missing_error(net, "")


def verify(net: LpipsNet) -> None:
    """Raise WeightsError if the file is missing, unreadable, or not the one that its name promises. 0.5 s for vgg."""
    require_installed(net)
    path = weights_path(net)
    try:
        with path.open("rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if not digest.startswith(TRUNKS[net].sha256):
        raise WeightsError(
            f"{path} ({size:,} bytes) is damaged: its SHA-256 begins with {digest[:8]}, "
            f"not {TRUNKS[net].sha256}: delete it, and it is fetched again"
        )


def fetch(net: LpipsNet, on_progress: OnLpipsProgress = lambda done, total: None) -> Path:
    """Download the file if it is not there, verify its hash, and move it into its place in one step.

    Raises WeightsError, one line: offline, no space, no network, a wrong answer, or a file that is not the right one;
    MissingExtraError without torchvision.
    """
    path = weights_path(net)
    if is_installed(net):
        return path
    if is_offline():
        raise _missing_error(net, "fetching is off ($RIPTUI_OFFLINE or $HF_HUB_OFFLINE)")
    partial = path.with_name(f"{path.name}.riptui-{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        _require_space(net, path.parent)
        _download(source_url(net), partial, TRUNKS[net], on_progress)
        partial.replace(path)
    except (OSError, HTTPException, ValueError) as error:
        raise _missing_error(net, f"fetching it failed ({_one_line(error)})") from error
    finally:
        with suppress(OSError):  # it is not there, or its folder never was
            partial.unlink()
    return path


def source_url(net: LpipsNet) -> str:
    """The address, as torchvision states it, which takes seconds to import. Raises MissingExtraError."""
    try:
        models = import_module("torchvision.models")
    except ModuleNotFoundError as error:
        package = (error.name or "torchvision").partition(".")[0]
        raise MissingExtraError(f"LPIPS {net}", package, "diffusion") from error
    address: str = getattr(models, TRUNKS[net].enum).IMAGENET1K_V1.url
    return address


def _download(url: str, target: Path, trunk: Trunk, on_progress: OnLpipsProgress) -> None:
    digest, done = hashlib.sha256(), 0
    with _open_url(url) as response, target.open("xb") as file:
        total = int(response.headers.get("Content-Length") or trunk.size)
        on_progress(0, total)
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            on_progress(done, total)
        if "Content-Length" in response.headers and done < total:  # http.client says nothing
            raise ValueError(f"the connection ended after {done:,} of {total:,} bytes")
        if not digest.hexdigest().startswith(trunk.sha256):
            raise ValueError(f"what came has a SHA-256 of {digest.hexdigest()[:8]}..., not {trunk.sha256}...")
        file.flush()
        os.fsync(file.fileno())


def _open_url(url: str) -> HTTPResponse:
    """The response; TimeoutError after CONNECT_SECONDS.

    In a thread: urlopen's own time-out counts for each of the host's addresses anew (a dozen at a content network), and
    not at all for the name server.
    """
    outcome: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()

    def connect() -> None:
        try:
            outcome.put(urlopen(url, timeout=STALL_SECONDS))
        except HTTPError as error:
            error.close()  # it is also the response
            outcome.put(error)
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=connect, name="connect", daemon=True).start()
    try:
        answer = outcome.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _remove_abandoned(path: Path) -> None:
    """What a download left behind that was killed."""
    for partial in path.parent.glob(f"{path.name}.riptui-*.partial"):
        if time.time() - partial.stat().st_mtime > ABANDONED_SECONDS:
            partial.unlink(missing_ok=True)


def _require_space(net: LpipsNet, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < TRUNKS[net].size:
        raise OSError(f"only {format_size(free)} are free there")


def _missing_error(net: LpipsNet, cause: str) -> WeightsError:
    trunk, path = TRUNKS[net], weights_path(net)
    happened = f"; {cause}" if cause else ""
    return WeightsError(
        f"LPIPS {net} needs torchvision's weights ({format_size(trunk.size)}), and there is no {path}{happened}: "
        f"fetch them with: riptui fetch lpips-{net}, or copy the file there by hand"
    )


def _one_line(error: Exception) -> str:
    cause = getattr(error, "reason", None)  # a URLError wraps an OSError
    return " ".join(str(cause if isinstance(cause, Exception) else error).split())[:200] or type(error).__name__
