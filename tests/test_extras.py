"""Packages of extras that are missing, or installed and broken: a line says so, and what needs them not goes on."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from riptui import inpainters, metrics
from riptui.cli import main
from riptui.engine import BatchRunner
from riptui.errors import BrokenExtraError, InputError, MissingExtraError, RiptuiError
from riptui.events import Notice
from riptui.extras import importing
from riptui.metrics.loading import load_cached
from riptui.store.trajectory import Status
from tests.support.forgotten_modules import forget_modules
from tests.support.trajectories import MakeTrajectory

WAYS = {
    "a library that is missing": 'raise OSError("libcudart.so.12: cannot open shared object file")',
    "a symbol that is missing": 'raise ImportError("undefined symbol: ncclCommRegister")',
    "another NumPy": 'raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")',
    "half a file": "def",
}
PACKAGES = ("torch", "lpips", "matplotlib", "markdown_it", "huggingface_hub")
NEED_TORCH = ("torchvision", "torchmetrics", "diffusers")
OURS = (
    "riptui.inpainters.diffusion",
    "riptui.inpainters.models.",
    "riptui.metrics.lpips",
    "riptui.metrics.ms_ssim",
    "riptui.figures.",
)
"""How the names of those modules of riptui begin that import them."""


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def broken(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages of extras that are found, and cannot be imported."""
    folder = tmp_path / "site"
    for package in PACKAGES:
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text(request.param)
    monkeypatch.syspath_prepend(str(folder))
    forget_modules(
        monkeypatch,
        lambda name: name.startswith(OURS) or name.partition(".")[0] in (*PACKAGES, *NEED_TORCH),
    )
    load_cached.cache_clear()


@pytest.mark.usefixtures("broken")
def test_a_classical_run_leaves_out_the_metrics_that_cannot_be_imported(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(amount=12.5, metrics=("psnr", "lpips-alex", "ms-ssim"))
    waiting = [trajectory]
    events = [event for _, event in BatchRunner().run(lambda _: waiting.pop() if waiting else None)]
    assert trajectory.read_status() is Status.DONE
    assert trajectory.read_metrics()[0].keys() == {"psnr"}
    assert trajectory.request.metrics == ("psnr",)
    [notice] = [event.text for event in events if isinstance(event, Notice)]
    assert notice.startswith("left out: lpips-alex, ms-ssim (its packages cannot be imported (")
    assert "pip install --force-reinstall 'riptui[diffusion]'" in notice
    assert "\n" not in notice


@pytest.mark.usefixtures("broken")
def test_each_command_that_needs_an_extra_says_in_a_line_that_it_is_broken(
    tmp_path: Path, make_trajectory: MakeTrajectory, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = make_trajectory(amount=12.5).path.parent.parent
    for command, extra in {
        ("fetch", "sd2"): "diffusion",
        ("report", str(runs), "--out", str(tmp_path / "report")): "report",
    }.items():
        assert main([*command]) == 2
        said = capsys.readouterr().err
        assert "cannot be imported (" in said, command
        assert f"pip install --force-reinstall 'riptui[{extra}]'" in said.replace("\n", " ")
        assert "Traceback" not in said
    assert main(["models"]) == 0  # it needs none of them to list what is there
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
def test_a_model_or_a_metric_that_is_loaded_by_name_says_so_too() -> None:
    loads: tuple[Any, ...] = (lambda: inpainters.load("sd2"), lambda: metrics.load("lpips-vgg"))
    for load in loads:
        with pytest.raises(BrokenExtraError, match=r"its packages cannot be imported \(") as refusal:
            load()
        assert isinstance(refusal.value, InputError)
        assert "\n" not in str(refusal.value)


def test_a_missing_package_is_no_broken_one_and_our_own_errors_pass() -> None:
    said = "a thing needs the package absent_package, which is not installed"
    with pytest.raises(MissingExtraError, match=said), importing("a thing", "some"):
        importlib.import_module("absent_package.part")
    with pytest.raises(RiptuiError, match=r"^mine$"), importing("a thing", "some"):
        raise RiptuiError("mine")
