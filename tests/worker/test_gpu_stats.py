"""What a worker tells of its GPU: memory as CUDA has it, load as nvidia-smi has it, nothing where they say nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs riptui[diffusion]")

import torch

from riptui.worker import gpu_stats
from riptui.worker.gpu_stats import GpuStats
from tests.support.command import wait_until
from tests.support.pretend_cuda import UUID, pretend_cuda

GIB = 2**30


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One of 16 GiB, of which 10 are free. It is looked at often."""
    monkeypatch.setattr(gpu_stats, "POLL_SECONDS", 0.02)
    with pretend_cuda():
        yield


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in its place, to be filled. It may use what is in /bin."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    path = tmp_path / "nvidia-smi"
    path.touch(mode=0o755)
    return path


def test_without_cuda_there_is_nothing_to_tell() -> None:
    with GpuStats("cpu") as looking:
        looking.poll_memory()
    assert (looking.memory, looking.load) == (None, None)


@pytest.mark.parametrize("device", ["", "cuda:0"])
def test_memory_and_load_are_those_of_the_workers_card(device: str, gpu: None, nvidia_smi: Path) -> None:
    nvidia_smi.write_text('#!/bin/sh\necho "$@" > "$0.asked"\necho 71\n')
    with GpuStats(device) as looking:
        looking.poll_memory()
        assert looking.memory == (6 * GIB, 16 * GIB)
        wait_until(lambda: looking.load == 0.71)
    assert f"--id=GPU-{UUID} " in nvidia_smi.with_suffix(".asked").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("script", ["", "#!/bin/sh\nexit 9\n", "#!/bin/sh\necho '[N/A]'\n", "#!/bin/sh\nsleep 60\n"])
def test_what_says_no_load_leaves_the_memory(
    script: str, gpu: None, nvidia_smi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_stats, "TIMEOUT_SECONDS", 0.2)
    nvidia_smi.write_text(script)
    answers: list[float | None] = []
    ask = gpu_stats.query_load
    monkeypatch.setattr(gpu_stats, "query_load", lambda card: answers.append(ask(card)))
    with GpuStats("cuda:0") as looking:
        looking.poll_memory()
        wait_until(lambda: bool(answers))
    assert answers[0] is None
    assert looking.memory == (6 * GIB, 16 * GIB)


@pytest.mark.parametrize("error", [RuntimeError("CUDA error: unknown error"), AttributeError("uuid")])
def test_a_card_that_cannot_be_asked_ends_no_work(error: Exception, gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(torch.cuda, "get_device_properties", refuse)
    with GpuStats("cuda:0") as looking:
        looking.poll_memory()
    assert looking.load is None
