"""The files of LPIPS's trunks: torchvision's ImageNet weights, where torchvision keeps them. Imports no torch.

The linear heads are part of the lpips package.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from riptui.errors import MissingExtraError, WeightsError
from riptui.metrics import LpipsNet
from riptui.remote_file import OnDownloadProgress, RemoteFile
from riptui.remote_file import is_offline as is_offline
from riptui.text.units import format_size

TRUNKS: dict[LpipsNet, RemoteFile] = {
    "squeeze": RemoteFile("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth", "b8a52dc0", 5_000_000),
    "alex": RemoteFile("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "7be5be79", 244_500_000),
    "vgg": RemoteFile("https://download.pytorch.org/models/vgg16-397923af.pth", "397923af", 553_500_000),
}
"""The same as torchvision's, which a test checks. Importing torchvision for the addresses would take seconds."""


def weights_path(net: LpipsNet) -> Path:
    """Where torchvision looks: $TORCH_HOME/hub/checkpoints, by default in $XDG_CACHE_HOME/torch or ~/.cache/torch."""
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.getenv("TORCH_HOME", os.path.join(cache, "torch"))  # noqa: PTH118  as torch.hub does, "" included
    return Path(os.path.expanduser(home), "hub", "checkpoints", TRUNKS[net].name)  # noqa: PTH111  raises for no home


def is_installed(net: LpipsNet) -> bool:
    """Whether the file exists and is not empty. `verify` compares its hash."""
    path = weights_path(net)
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:  # a folder of the path may not be searched
        return False


def require_installed(net: LpipsNet) -> None:
    """Raise WeightsError unless the file exists."""
    if not is_installed(net):
        raise _missing_error(net, "")


def verify(net: LpipsNet) -> None:
    """Raise WeightsError if the file is missing, unreadable, or has the wrong hash. 0.5 s for vgg."""
    require_installed(net)
    path = weights_path(net)
    try:
        is_intact = TRUNKS[net].matches(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if not is_intact:
        raise WeightsError(
            f"{path} ({path.stat().st_size:,} bytes) is damaged: its SHA-256 does not begin with {TRUNKS[net].sha256}; "
            f"delete it, then: riptui fetch lpips-{net}"
        )


def fetch(net: LpipsNet, on_progress: OnDownloadProgress = lambda done, total: None) -> Path:
    """Download the file if it is missing; continues an interrupted download.

    Raises WeightsError, one line: offline, no disk space, no network, a wrong answer, or a wrong hash;
    MissingExtraError without torchvision, which alone can read it.
    """
    path = weights_path(net)
    if is_installed(net):
        return path
    if is_offline():
        raise _missing_error(net, "downloads are off ($RIPTUI_OFFLINE or $HF_HUB_OFFLINE)")
    if find_spec("torchvision") is None:
        raise MissingExtraError(f"LPIPS {net}", "torchvision", "diffusion")
    try:
        TRUNKS[net].download(path, on_progress)
    except WeightsError as error:
        raise _missing_error(net, f"the download failed ({error})") from error
    return path


def _missing_error(net: LpipsNet, cause: str) -> WeightsError:
    happened = f"; {cause}" if cause else ""
    return WeightsError(
        f"LPIPS {net} needs torchvision's weights ({format_size(TRUNKS[net].size)}), and {weights_path(net)} is missing"
        f"{happened}: download them with: riptui fetch lpips-{net}, or copy the file there by hand"
    )
