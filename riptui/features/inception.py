"""Two Inception v3 networks, FID's (by torch-fidelity) and torchvision's: 2,048 numbers, those before the last layer.

Weights are pickles, of which only the tensors are read: no code in them is run.
"""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL.Image import Image as PilImage
from PIL.Image import Resampling

from riptui.errors import WeightsError, first_line
from riptui.features.missing_models import NETWORK_FILES
from riptui.features.network_extractor import NetworkExtractor
from riptui.inpainters.models.file_digests import file_sha256

DIMENSION = 2048
SIDE = 299  # px: the input of torchvision's network
MEAN, DEVIATION = np.array([(0.485, 0.456, 0.406), (0.229, 0.224, 0.225)], np.float32)
"""Of ImageNet's RGB values, from 0 to 1, as in torchvision."""


def inception(device: str = "") -> NetworkExtractor:
    """FID's network, Heusel et al. 2017, with TensorFlow's arithmetic; it resizes pictures itself, as TensorFlow does.

    device: as in `load_extractor`. Raises WeightsError.
    """
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3  # of another extra

    def build(state: Mapping[str, torch.Tensor]) -> Any:
        again = io.BytesIO()  # the network reads pickles, and would run their code: this one holds tensors only
        torch.save(dict(state), again)
        again.seek(0)
        return FeatureExtractorInceptionV3("inception-v3-compat", [str(DIMENSION)], again)

    return _load("inception", build, _to_bytes, lambda network, batch: network(batch)[0], device)


def inception_torchvision(device: str = "") -> NetworkExtractor:
    """torchvision's Inception v3 without its head, Szegedy et al. 2016; pictures are resized to 299 x 299, bilinearly.

    device: as in `load_extractor`. Raises WeightsError.
    """
    from torchvision.models import inception_v3

    def build(state: Mapping[str, torch.Tensor]) -> Any:
        network = inception_v3(weights=None, init_weights=False, aux_logits=True, transform_input=True)
        network.load_state_dict(dict(state))
        network.fc = torch.nn.Identity()
        return network

    return _load("inception-torchvision", build, _to_normalised, lambda network, batch: network(batch), device)


def _load(name: str, build: Any, prepare: Any, forward: Any, device: str) -> NetworkExtractor:
    file = NETWORK_FILES[name]
    file.require_installed()
    try:
        network = build(torch.load(file.path, map_location="cpu", weights_only=True))
        digest = file_sha256(file.path)
    except Exception as error:  # of any type: how torch fails depends on the file
        file.verify()  # if the file is to blame, its hash says so
        raise WeightsError(f"{file.path} cannot be loaded: {first_line(error)}") from error
    return NetworkExtractor(name, f"{name} {digest}", DIMENSION, network, prepare, forward, device)


def _to_bytes(image: PilImage) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _to_normalised(image: PilImage) -> torch.Tensor:
    small = np.array(image.resize((SIDE, SIDE), Resampling.BILINEAR), np.float32) / 255
    return torch.from_numpy((small - MEAN) / DEVIATION).permute(2, 0, 1)
