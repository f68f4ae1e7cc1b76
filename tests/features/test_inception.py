"""Inception's features, by the real loading path with random weights, against torch-fidelity and torchvision."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from riptui.errors import WeightsError
from riptui.features import load_extractor
from riptui.features.missing_models import NETWORK_FILES
from riptui.testing import check_extractor
from tests.support.trajectories import picture

pytest_plugins = ["tests.support.random_extractors"]
pytestmark = pytest.mark.needs("sets")
NAMES = ["inception", "inception-torchvision"]


@pytest.mark.slow
@pytest.mark.usefixtures("inception_home")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.exhaustive
def test_it_keeps_the_rules(name: str) -> None:
    check_extractor(load_extractor(name, "cpu"))


@pytest.mark.slow
@pytest.mark.usefixtures("inception_home")
def test_inception_is_what_torch_fidelity_and_torchmetrics_compute() -> None:
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    image = picture(64)
    network = FeatureExtractorInceptionV3("inception", ["2048"], str(NETWORK_FILES["inception"].path))
    expected = network(torch.from_numpy(image).permute(2, 0, 1)[None])[0].numpy()
    found = load_extractor("inception", "cpu").extract([Image.fromarray(image)])
    assert np.array_equal(found, expected)
    assert found.std() > 0


@pytest.mark.usefixtures("inception_home")
@pytest.mark.exhaustive
def test_torchvisions_is_what_torchvision_computes() -> None:
    import torch
    from torchvision.models import inception_v3

    pixels = torch.rand(1, 3, 299, 299, generator=torch.Generator().manual_seed(1)).mul(255).round()
    network = inception_v3(weights=None, init_weights=False, transform_input=True)
    network.load_state_dict(torch.load(NETWORK_FILES["inception-torchvision"].path))
    network.fc = torch.nn.Identity()
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        expected = network.eval()((pixels / 255 - mean[:, None, None]) / deviation[:, None, None]).numpy()
    image = Image.fromarray(pixels[0].permute(1, 2, 0).numpy().astype(np.uint8))
    assert np.allclose(load_extractor("inception-torchvision", "cpu").extract([image]), expected, atol=1e-4)


@pytest.mark.slow
def test_its_identity_is_the_hash_of_its_weights(inception_home: Path) -> None:
    path = NETWORK_FILES["inception"].path
    assert path.is_relative_to(inception_home)
    assert load_extractor("inception", "cpu").identity.split()[1] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_missing_weights_say_how_to_get_them(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match=rf"the features {name} need.*missing: .*riptui fetch {name}, or copy"):
        load_extractor(name)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code of a pickle was run",)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 half", pickle.dumps({"a": Trap()})], ids=["empty", "half", "code"])
def test_damaged_weights_and_code_are_refused(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = NETWORK_FILES["inception"].path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"missing|is damaged: its SHA-256 does not begin with 6726825d"):
        load_extractor("inception")
    assert capfd.readouterr().out == ""


@pytest.mark.slow
def test_the_weights_of_another_network_are_refused(
    random_inceptions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = random_inceptions / "hub" / "checkpoints" / NETWORK_FILES["inception-torchvision"].remote.name
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = NETWORK_FILES["inception"].path
    path.parent.mkdir(parents=True)
    path.write_bytes(other.read_bytes())
    with pytest.raises(WeightsError, match="is damaged"):
        load_extractor("inception")


def test_the_addresses_are_those_of_the_packages() -> None:
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3
    from torchvision.models import Inception_V3_Weights

    urls = {name: file.remote.url for name, file in NETWORK_FILES.items()}
    assert urls == {
        "inception": URL_INCEPTION_V3,
        "inception-torchvision": Inception_V3_Weights.IMAGENET1K_V1.url,
    }
