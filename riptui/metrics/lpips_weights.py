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
"""The same as torchvision's, which a test checks. Importing torchvision for the addresses would take seconds."""


def weights_path(net: LpipsNet) -> Path:
    """Where torchvision looks."""
    return _trunk(net).path


def is_installed(net: LpipsNet) -> bool:
    """Whether the file exists and is not empty. `verify` compares its hash."""
    return _trunk(net).is_installed


def require_installed(net: LpipsNet) -> None:
    """Raise WeightsError unless the file exists."""
    _trunk(net).require_installed()


def verify(net: LpipsNet) -> None:
    """Raise WeightsError if the file is missing, unreadable, or has the wrong hash. 0.5 s for vgg."""
    _trunk(net).verify()


def fetch(net: LpipsNet, on_progress: OnDownloadProgress = lambda done, total: None) -> Path:
    """Download the file if it is missing; continues an interrupted download.

    Raises WeightsError as `CachedFile.fetch`; MissingExtraError without torchvision, which alone can read it.
    """
    trunk = _trunk(net)
    if not trunk.is_installed and not is_offline() and find_spec("torchvision") is None:
        raise MissingExtraError(f"LPIPS {net}", "torchvision", "diffusion")
    return trunk.fetch(on_progress)


def _trunk(net: LpipsNet) -> CachedFile:
    return CachedFile(TRUNKS[net], f"lpips-{net}", f"LPIPS {net} needs torchvision's weights")
