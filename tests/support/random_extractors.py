"""Fixtures: networks of feature extractors with random weights, in the real layouts, at the places where they belong.

In a test module: `pytest_plugins = ["tests.support.random_extractors"]`.
"""

import io
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from riptui.features import registry
from riptui.features.missing_models import NETWORK_FILES
from tests.support.shared_folder import shared_folder


@pytest.fixture(autouse=True)
def fresh_extractors() -> Iterator[None]:
    """No extractor loaded by another test is left."""
    registry.load_cached.cache_clear()
    yield
    registry.load_cached.cache_clear()


@pytest.fixture(scope="session")
def random_inceptions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be $TORCH_HOME, with both Inception networks."""
    pytest.importorskip("torch_fidelity", reason="needs riptui[sets]")
    return shared_folder(tmp_path_factory, "inceptions", write_inceptions)


@pytest.fixture
def inception_home(random_inceptions: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both Inception networks are at hand, with random weights."""
    monkeypatch.setenv("TORCH_HOME", str(random_inceptions))
    return random_inceptions


@pytest.fixture(scope="session")
def tiny_vision_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models `clip` (16 numbers), `clip-vision` (its half for pictures) and `dinov2` (32 numbers)."""
    pytest.importorskip("transformers", reason="needs riptui[diffusion]")
    return shared_folder(tmp_path_factory, "vision-models", write_vision_models)


def write_inceptions(home: Path) -> None:
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    from torchvision.models import inception_v3

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object, **__: object) -> None:
            pass

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.device("meta"):
        networks = {
            "inception": Unloaded("inception", ["2048"], nothing),
            "inception-torchvision": inception_v3(weights=None, init_weights=False),
        }
    folder = home / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    pool = torch.randn(30_000, generator=torch.Generator().manual_seed(0))

    def values(name: str, shape: torch.Size) -> torch.Tensor:
        """Overlapping views of one pool: kilobytes on disk instead of 95 MB."""
        if len(shape) < 2:
            return torch.full(shape, 1.0 if name.endswith(("running_var", "bn.weight")) else 0.0)
        scale = math.sqrt(2 / shape[1:].numel())
        return (pool * scale).as_strided(shape, (11, 5, 3, 1)[: len(shape)])

    for name, network in networks.items():
        shapes = {key: tensor.shape for key, tensor in network.state_dict().items()}
        torch.save({key: values(key, shape) for key, shape in shapes.items()}, folder / NETWORK_FILES[name].remote.name)


def write_vision_models(folder: Path) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    size = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    vision = size | {"image_size": 32, "patch_size": 8, "projection_dim": 16}
    text = size | {"vocab_size": 99, "max_position_embeddings": 16, "projection_dim": 16}
    networks = {
        "clip": transformers.CLIPModel(
            transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
        ),
        "clip-vision": transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**vision)),
        "dinov2": transformers.Dinov2Model(transformers.Dinov2Config(**size, image_size=28, patch_size=14)),
    }
    crop, edge = {"height": 28, "width": 28}, {"shortest_edge": 32}
    for name, network in networks.items():
        network.save_pretrained(folder / name)
        if name == "dinov2":
            transformers.BitImageProcessor(size=edge, crop_size=crop).save_pretrained(folder / name)
        else:
            processor = transformers.CLIPImageProcessor(size=edge, crop_size={"height": 32, "width": 32})
            processor.save_pretrained(folder / name)
