"""The weights of feature extractors that are a single file, kept where torch keeps downloads. Imports no torch."""

from riptui.remote_file import RemoteFile
from riptui.torch_cache import CachedFile

NETWORK_FILES: dict[str, CachedFile] = {
    "inception": CachedFile(
        RemoteFile(
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
            "6726825d",
            95_700_000,
        ),
        "inception",
        "the features inception need the weights of FID's network",
    ),
    "inception-torchvision": CachedFile(
        RemoteFile(
            "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
            "0cc3c7bd",
            109_000_000,
        ),
        "inception-torchvision",
        "the features inception-torchvision need torchvision's weights",
    ),
}
"""By the extractor's name. URLs and hashes are those in the networks' packages, torch-fidelity and torchvision."""
