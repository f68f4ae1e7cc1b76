"""Networks of one pass with random weights, in the layout of their published files, but narrower and with fewer blocks:
spandrel builds them so small while a test runs, and reads their files by the real way."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from spandrel.architectures.LaMa import LaMa

from riptui.inpainters.silence import silence_libraries

MAT_MODULE = "spandrel_extra_arches.architectures.MAT.__arch.MAT"
LAMA_MODULE = "spandrel.architectures.LaMa.__arch.LaMa"


@pytest.fixture(scope="module")
def small_lama() -> Iterator[None]:
    """LaMa with 4 channels."""
    with shrink_lama(4):
        yield


@contextmanager
def shrink_lama(channels: int) -> Iterator[None]:
    """spandrel's LaMa with so many channels instead of 64, and 2 blocks instead of 18."""
    module = import_module(LAMA_MODULE)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(module, "FFCResNetGenerator", partial(module.FFCResNetGenerator, ngf=channels, n_blocks=2))
        yield


def lama_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights of LaMa, as it is built now, with the names of big-lama.pt."""
    torch.manual_seed(seed)
    network = LaMa(in_nc=4)
    for name, values in network.state_dict().items():
        if name.endswith("running_mean"):
            values.normal_(std=0.1)
        elif name.endswith("running_var"):
            values.uniform_(0.5, 2)
    return {name.replace("model.model", "generator.model", 1): value for name, value in network.state_dict().items()}


def save_lama(path: Path, seed: int = 0) -> Path:
    """A file of weights; a .pt as TorchScript, as big-lama.pt is."""
    state = lama_state(seed)
    if path.suffix == ".pt":
        save_torchscript(state, path)
    elif path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def small_mat() -> Iterator[None]:
    """MAT for 128 px."""
    with shrink_mat(128):
        yield


@contextmanager
def shrink_mat(size: int) -> Iterator[None]:
    """spandrel's MAT for `size` px instead of 512, with 12 and 8 channels instead of 180 and 512, and layers of one
    block."""
    with silence_libraries():
        module = import_module(MAT_MODULE)
    generator, layer = module.Generator, module.BasicLayer

    def build(**settings: int) -> torch.nn.Module:
        built: torch.nn.Module = generator(**settings | {"img_resolution": size, "z_dim": 16, "w_dim": 16})
        return built

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(module, "FirstStage", partial(module.FirstStage, dim=12))
        monkeypatch.setattr(module, "BasicLayer", lambda **settings: layer(**settings | {"depth": 1}))
        monkeypatch.setattr(module, "nf", lambda stage: 8)
        monkeypatch.setattr(module, "Generator", build)
        yield


def save_mat(path: Path, seed: int = 0) -> Path:
    """A file of random weights of MAT, as it is built now, with the names of Places_512_FullData_G.pth."""
    torch.manual_seed(seed)
    state = import_module(MAT_MODULE).MAT().state_dict()
    torch.save({name.removeprefix("model."): value for name, value in state.items()}, path)
    return path


def save_torchscript(state: dict[str, torch.Tensor], path: Path) -> None:
    """A TorchScript file whose state dict this is: modules named as the parts of the tensors' names, without code."""
    root = torch.nn.Module()
    for name, value in state.items():
        *folders, leaf = name.split(".")
        place = root
        for folder in folders:
            if not hasattr(place, folder):
                place.add_module(folder, torch.nn.Module())
            place = getattr(place, folder)
        place.register_buffer(leaf, value)
    with silence_libraries():  # torch deprecates TorchScript
        torch.jit.save(torch.jit.script(root), path)
