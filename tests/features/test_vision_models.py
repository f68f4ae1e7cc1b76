"""CLIP and DINOv2: tiny models in transformers' layout, by the real loading path; transformers is the oracle."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.features import load_extractor
from riptui.testing import check_extractor
from tests.support.trajectories import picture

pytest_plugins = ["tests.support.random_extractors"]
pytestmark = pytest.mark.needs("diffusion")


@pytest.mark.parametrize(
    ("name", "model", "dimension"), [("clip", "clip", 16), ("clip", "clip-vision", 16), ("dinov2", "dinov2", 32)]
)
def test_they_keep_the_rules(name: str, model: str, dimension: int, tiny_vision_models: Path) -> None:
    extractor = load_extractor(f"{name}:{tiny_vision_models / model}", "cpu")
    check_extractor(extractor)
    assert extractor.dimension == dimension
    assert extractor.name == f"{name}:{tiny_vision_models / model}"


def test_clip_is_what_transformers_computes(tiny_vision_models: Path) -> None:
    import torch
    from transformers import AutoImageProcessor, CLIPModel

    image = Image.fromarray(picture(64))
    processor = AutoImageProcessor.from_pretrained(tiny_vision_models / "clip")
    model = CLIPModel.from_pretrained(tiny_vision_models / "clip")
    with torch.inference_mode():
        found = model.get_image_features(**processor(images=[image], return_tensors="pt"))
    expected = getattr(found, "pooler_output", found).numpy()
    assert np.allclose(load_extractor(f"clip:{tiny_vision_models / 'clip'}").extract([image]), expected, atol=1e-5)


def test_a_model_of_another_kind_is_refused(tiny_vision_models: Path) -> None:
    with pytest.raises(InputError, match=r"clip is a model of the type clip: expected dinov2"):
        load_extractor(f"dinov2:{tiny_vision_models / 'clip'}")


@pytest.mark.parametrize("name", ["clip", "dinov2"])
def test_missing_weights_say_how_to_get_them(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        WeightsError,
        match=rf"the features {name} need .*which is not on this machine; fetch it with: riptui fetch {name}",
    ):
        load_extractor(name)


def spoil(folder: Path, kind: str) -> None:
    weights = folder / "model.safetensors"
    match kind:
        case "truncated":
            weights.write_bytes(weights.read_bytes()[:-100])
        case "pickle":
            weights.rename(folder / "pytorch_model.bin")
        case "no processor":
            (folder / "preprocessor_config.json").unlink()
        case "other shapes":
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
        case "no configuration":
            (folder / "config.json").unlink()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("truncated", "is damaged or truncated"),
        ("pickle", r"has its weights only as pickle \(pytorch_model.bin\)"),
        ("no processor", "preprocessor_config.json is missing"),
        ("other shapes", "has tensors of another shape"),
        ("no configuration", "is not a single network with its configuration: it has no config.json"),
    ],
)
def test_what_is_wrong_with_a_model_is_said(kind: str, message: str, tiny_vision_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dinov2"
    shutil.copytree(tiny_vision_models / "dinov2", folder)
    spoil(folder, kind)
    with pytest.raises(RiptuiError, match=message) as caught:
        load_extractor(f"dinov2:{folder}")
    assert "\n" not in str(caught.value)
