"""The files of LPIPS's trunks: torchvision's ImageNet weights, where torchvision keeps them. Imports no torch.

The linear heads are part of the lpips package.
"""

from importlib.util import find_spec
from pathlib import Path

from riptui.errors import MissingExtraError
from riptui.metrics import LpipsNet
from riptui.remote_file import OnDownloadProgress, RemoteFile
from riptui.remote_file import is_offline as is_offline
from riptui.torch_cache import CachedFile

TRUNKS: dict[LpipsNet, RemoteFile] = {
    "squeeze": RemoteFile("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth", "b8a52dc0", 5_000_000),
    "alex": RemoteFile("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "7be5be79", 244_500_000),
    "vgg": RemoteFile("https://download.pytorch.org/models/vgg16-397923af.pth", "397923af", 553_500_000),
}
"""URL, beginning of the SHA-256 and size in bytes (about) of each trunk, as in torchvision: a test compares them.

Importing torchvision for them would take seconds.
"""


def weights_path(net: LpipsNet) -> Path:
    """Where torchvision looks for the file, whether it exists or not."""
    return _trunk(net).path


def is_installed(net: LpipsNet) -> bool:
    """Whether the file exists and is not empty. Its hash is compared by `verify` only."""
    return _trunk(net).is_installed


def require_installed(net: LpipsNet) -> None:
    """Raise WeightsError unless the file exists and is not empty."""
    _trunk(net).require_installed()


def verify(net: LpipsNet) -> None:
    """Raise WeightsError if the file is missing, unreadable, or has the wrong hash. 0.5 s for vgg."""
    _trunk(net).verify()


def fetch(net: LpipsNet, on_progress: OnDownloadProgress = lambda done, total: None) -> Path:
    """Download the file if it is missing, continuing an interrupted download; returns its path.

    Raises WeightsError as `CachedFile.fetch`, and MissingExtraError without torchvision, which reads the file.
    """
    trunk = _trunk(net)
    if not trunk.is_installed and not is_offline() and find_spec("torchvision") is None:
        raise MissingExtraError(f"LPIPS {net}", "torchvision", "diffusion")
    return trunk.fetch(on_progress)


def _trunk(net: LpipsNet) -> CachedFile:
    return CachedFile(TRUNKS[net], f"lpips-{net}", f"LPIPS {net} needs torchvision's weights")
