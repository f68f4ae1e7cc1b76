"""Fixtures of the tests marked `gpu`: the card that they compute on, or the device that RIPTUI_TEST_DEVICE names.

Where there is no card they are skipped at once. Whatever imports torch is imported by a fixture, not at collection.
"""

import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "RIPTUI_TEST_DEVICE"
NEEDS_DIFFUSION = "needs riptui[diffusion]"


@pytest.fixture(scope="session")
def device() -> Iterator[str]:
    """What to compute on, as --device takes it."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        if shutil.which("nvidia-smi") is None:
            pytest.skip(f"no GPU: nvidia-smi is not here; {VARIABLE}=cpu tries what can be tried")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a driver too old for this torch
            if not pytest.importorskip("torch", reason=NEEDS_DIFFUSION).cuda.is_available():
                pytest.skip("torch sees no CUDA device; riptui doctor says why")
    with pytest.MonkeyPatch.context() as patched:
        # torch reads it once, with its first product: a later test could not compute deterministically
        patched.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        yield named or "cuda:0"


@pytest.fixture
def card(device: str) -> str:
    """A device that is a GPU."""
    if not device.startswith("cuda"):
        pytest.skip("only a GPU has this")
    return device


@pytest.fixture
def cuda(card: str) -> Iterator[Any]:
    """torch.cuda; what a test forbids of the card's memory is allowed again afterwards."""
    found = pytest.importorskip("torch", reason=NEEDS_DIFFUSION).cuda
    yield found
    found.set_per_process_memory_fraction(1.0, card)


@pytest.fixture(scope="session")
def checkpoints(device: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Family to the folder of its tiny checkpoint."""
    found: Any = pytest.importorskip("tests.support.tiny_checkpoints", reason=NEEDS_DIFFUSION)
    made: Mapping[str, Path] = found.Checkpoints(tmp_path_factory)
    return made
