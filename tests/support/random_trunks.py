"""Fixtures: random trunks under torchvision's file names, so that LPIPS runs offline through its real loading path.

In a test module: `pytest_plugins = ["tests.support.random_trunks"]`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from riptui import metrics
from riptui.metrics import lpips_weights


def write_trunk(net: metrics.LpipsNet, path: Path) -> None:
    """A seeded state dict as torchvision would load it. LPIPS uses only its features, so the classifier is zeros.

    Those are single zeros expanded to their shapes, and the model is built without memory: vgg16 takes 59 MB on disk
    instead of 553, and 0.3 s.
    """
    import torch
    from torchvision import models

    builder = {"squeeze": models.squeezenet1_1, "alex": models.alexnet, "vgg": models.vgg16}[net]
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in builder(weights=None).state_dict().items()}
    generator = torch.Generator().manual_seed(0)

    def values(name: str, shape: torch.Size) -> torch.Tensor:
        if name.startswith("classifier"):
            return torch.zeros(()).expand(shape)
        spread = (2 / shape[1:].numel()) ** 0.5 if len(shape) > 1 else 0.1  # He et al. 2015: no layer fades or explodes
        return torch.randn(shape, generator=generator) * spread

    torch.save({name: values(name, shape) for name, shape in shapes.items()}, path)


@pytest.fixture(scope="session")
def random_trunks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be $TORCH_HOME, with all three trunks."""
    pytest.importorskip("torchvision", reason="needs riptui[diffusion]")
    home = tmp_path_factory.mktemp("torch")
    folder = home / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for net, trunk in lpips_weights.TRUNKS.items():
        write_trunk(net, folder / trunk.name)
    return home


@pytest.fixture
def torch_home(random_trunks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """LPIPS is at hand: $TORCH_HOME has the random trunks, and no network loaded from elsewhere is left."""
    monkeypatch.setenv("TORCH_HOME", str(random_trunks))
    yield from _fresh(random_trunks)


@pytest.fixture
def empty_torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """LPIPS has no weights, and may fetch none."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    yield from _fresh(tmp_path / "torch")


def _fresh(home: Path) -> Iterator[Path]:
    metrics.loading._load_cached.cache_clear()
    yield home
    metrics.loading._load_cached.cache_clear()
