"""The benchmark's script, on the tiny checkpoint: that it runs and counts right. Its times are not looked at."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import torch

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = pytest.mark.slow


@pytest.fixture
def gpu() -> Any:
    """The script. Imported late, so that pytest sees the plugin first that it imports too."""
    return import_module("tests.benchmarks.gpu")


@pytest.mark.usefixtures("empty_torch_home")
@pytest.mark.exhaustive
def test_the_script_runs_on_a_cpu_and_its_figures_are_sane(
    gpu: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "TINY", replace(gpu.TINY, steps=2))
    monkeypatch.setattr(gpu, "NETS", ("squeeze",))
    report = tmp_path / "report.json"
    ended = gpu.main(["--tiny", "--batches", "2", "--rounds", "1", "--seconds", "inf", "--json", str(report)])
    assert ended in (0, 1)  # 1: a bar of time is missed
    told = json.loads(report.read_text())
    [cell] = told["cells"]
    assert (cell["batch"], cell["compile"], cell["room"]) == (2, "off", None)
    assert 0 < cell["besides"] < cell["outside_unet"] < 1
    assert cell["rate"] > 0
    figures = told["figures"]
    assert figures["(d) other slot and neighbours among 3: values that differ"] == 0
    assert figures["(d) alone, at batch 1: by at most"] <= 1
    assert figures["b / a, of which skipped guidance is up to 2"] == pytest.approx(
        cell["rate"] / figures["(a) the paper's way"]
    )
    assert list(told["bars"]) == ["riptui's loop / the bare pipeline calls it makes"]
    assert told["skipped"] == []


def test_without_a_gpu_it_says_what_can_be_run(
    gpu: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as ended:
        gpu.main([])
    assert ended.value.code == 2
    assert "torch sees no CUDA device; --tiny needs none" in capsys.readouterr().err
