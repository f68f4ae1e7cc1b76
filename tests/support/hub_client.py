"""A client that is turned to a hub on the loopback, and a repository as they are on the hub."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import constants
from safetensors.numpy import save

from riptui.errors import RiptuiError, WeightsError
from riptui.inpainters.models import download, locate
from riptui.metrics import lpips_weights
from riptui.remote_file import RemoteFile
from tests.support.hub_server import Hub, Repository, running_hub

UNET = "unet/diffusion_pytorch_model.safetensors"
NAME = "org/name"
CHUNK = 1000  # bytes; the client's own, 10 MB, is more than these files have


def tensors(seed: int, count: int = 2000) -> bytes:
    return save({"weight": np.random.default_rng(seed).standard_normal(count).astype(np.float32)})


def whole(**more: bytes) -> dict[str, bytes]:
    """A repository as they are: the weights in every form that there is, and things that nobody loads."""
    index = {
        "_class_name": "StableDiffusionInpaintPipeline",
        "_diffusers_version": "0.42.0",
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "StandIn"],  # no class says which tensors it has
        "tokenizer": ["transformers", "StandIn"],
        "unet": ["diffusers", "StandIn"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
    }
    loaded = {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b'{"_class_name": "PNDMScheduler"}',
        "text_encoder/config.json": b"{}",
        "text_encoder/model.safetensors": tensors(1),
        "tokenizer/vocab.json": b'{"a": 0}',
        "tokenizer/merges.txt": b"a b",
        "unet/config.json": b'{"in_channels": 9}',
        UNET: tensors(2, 50_000),
    }
    left = {
        ".gitattributes": b"*.bin filter=lfs",
        "README.md": b"# a model",
        "512-inpainting-ema.safetensors": tensors(3),
        "512-inpainting-ema.ckpt": b"pickle",
        "safety_checker/config.json": b"{}",
        "safety_checker/model.safetensors": tensors(4),
        "text_encoder/model.fp16.safetensors": tensors(5),
        "text_encoder/pytorch_model.bin": b"pickle",
        "text_encoder/flax_model.msgpack": b"flax",
        "text_encoder/model.onnx": b"onnx",
        "unet/diffusion_pytorch_model.fp16.safetensors": tensors(6, 25_000),
        "unet/diffusion_pytorch_model.non_ema.safetensors": tensors(7),
        "unet/diffusion_pytorch_model.bin": b"pickle",
        "unet/evil.py": b"raise SystemExit",
    }
    return loaded | left | more


LOADED = (*list(whole())[:8],)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one repository; the client is turned to it, with an empty cache and no token."""
    for variable in ("RIPTUI_OFFLINE", "HF_HUB_OFFLINE", "HF_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with running_hub() as hub:
        hub.repositories[NAME] = Repository(whole())
        turn_to(hub.url, monkeypatch)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", CHUNK)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
        yield hub
        huggingface_hub.close_session()


def turn_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    huggingface_hub.close_session()


def fetched(model: str = NAME, revision: str = "main", **options: Any) -> Path:
    return download.fetch(download.plan_download(model, revision, **options))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_line(error: pytest.ExceptionInfo[RiptuiError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    return said


def nothing_is_here(revision: str = "main") -> bool:
    with pytest.raises(WeightsError, match="is not on this machine; fetch it with: riptui fetch"):
        locate.locate_model(NAME, revision)
    return True


def drop_half(server: Hub, repository: str = NAME) -> int:
    """Cut the connection in the middle of the UNet. Returns the bytes that come."""
    half = len(server.repositories[repository].files[UNET]) // 2
    server.drops[UNET] = half
    return half


def up_again(server: Hub) -> None:
    server.down, server.drops, server.stalls = False, {}, False
    server.go.set()
    server.seen.clear()


@pytest.fixture
def trunks(server: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The three trunks, small, on the same server."""
    small = {}
    for net in ("squeeze", "alex", "vgg"):
        data = net.encode() * 1000
        file = f"{net}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        small[net] = RemoteFile(f"{server.url}/{file}", file[-12:-4], len(data))
        server.others[f"/{file}"] = data
    monkeypatch.setattr(lpips_weights, "TRUNKS", small)
    return server
