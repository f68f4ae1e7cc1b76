"""The benchmark's script, on the tiny checkpoint: that it runs and counts right. Its times are not looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment

pytestmark = [pytest.mark.slow, pytest.mark.needs("diffusion")]

SCRIPT = Path(__file__).with_name("gpu.py")


def test_the_script_runs_on_a_cpu_and_its_figures_are_sane(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, str(SCRIPT), "--tiny", "--batches", "2", "--rounds", "1", "--json", str(report)]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert ended.returncode in (0, 1), ended.stderr  # 1: a bar of time is missed
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


def test_without_a_gpu_it_says_what_can_be_run(tmp_path: Path) -> None:
    hidden = environment(CUDA_VISIBLE_DEVICES="")
    ended = subprocess.run([sys.executable, str(SCRIPT)], env=hidden, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    assert "torch sees no CUDA device; --tiny needs none" in ended.stderr
