"""What an import brings with it, in a fresh interpreter: the light parts stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import riptui

TORCH = {"torch", "torchvision", "torchmetrics", "lpips", "diffusers", "transformers", "ray"}
PICTURES = {"cv2", "PIL", "skimage", "scipy", "matplotlib", "pyarrow"}
ARRAYS = {"numpy"}
APP = {"textual"}


def loaded_by(code: str) -> set[str]:
    """The top packages that are loaded once some code has run; of SciPy, which loads its parts lazily, those parts."""
    report = (
        "import sys; loaded = {name for name in sys.modules if name != 'scipy' and not name.startswith('scipy._')}; "
        "print(); print(*{name.partition('.')[0] for name in loaded - {'scipy.version'}})"
    )
    said = subprocess.check_output([sys.executable, "-c", f"{code}\n{report}"], text=True)
    return set(said.splitlines()[-1].split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("riptui", TORCH | PICTURES | ARRAYS | {"msgspec", "rich"}),
        ("riptui.cli", TORCH | PICTURES | ARRAYS | APP | {"msgspec", "tomllib"}),
        ("riptui.settings", TORCH | PICTURES | ARRAYS | APP | {"rich"}),
        ("riptui.settings.state", TORCH | PICTURES | ARRAYS | APP | {"rich"}),
        ("riptui.tui.themes", TORCH | PICTURES | ARRAYS),
        ("riptui.tui.keymap", TORCH | PICTURES | ARRAYS),
        ("riptui.errors", TORCH | PICTURES | ARRAYS | {"msgspec", "rich"}),
        ("riptui.text.terminal", TORCH | PICTURES | ARRAYS),
        ("riptui.inpainters", TORCH | PICTURES | ARRAYS | {"msgspec", "rich"}),
        ("riptui.metrics", TORCH | PICTURES | ARRAYS | {"msgspec", "rich"}),
        ("riptui.spec", TORCH | PICTURES | ARRAYS | {"rich"}),
        ("riptui.masks", TORCH | PICTURES | {"rich"}),
        ("riptui.recursion", TORCH | PICTURES | {"rich"}),
        ("riptui.store.listing", TORCH | PICTURES | {"rich"}),
        ("riptui.store.worker_registry", TORCH | PICTURES | ARRAYS | {"rich"}),
        ("riptui.supervision.client", TORCH | PICTURES | ARRAYS | {"rich"}),
        ("riptui.supervision.monitor", TORCH | PICTURES | ARRAYS | {"rich"}),
        ("riptui.worker.loop", TORCH | {"skimage", "scipy", "matplotlib", "rich", "rich_click", "click"}),
        ("riptui.store.trajectory", TORCH | PICTURES | {"rich"}),
        ("riptui.results.curves", TORCH | PICTURES | {"rich"}),
        ("riptui.results.statistics", TORCH | PICTURES | {"rich"}),
        ("riptui.results.findings", TORCH | {"cv2", "skimage", "matplotlib", "rich"}),
        ("riptui.results.comparison", TORCH | PICTURES | {"rich"}),
        ("riptui.results.long_table", TORCH | {"skimage", "scipy", "matplotlib"}),
        pytest.param(
            "riptui.figures.report",
            TORCH | APP | PICTURES - {"PIL", "matplotlib"},
            marks=pytest.mark.needs("report"),
        ),
        ("riptui.inpainters.opencv", TORCH | PICTURES - {"cv2"}),
        ("riptui.images", TORCH | {"skimage", "scipy", "matplotlib", "rich"}),
        ("riptui.engine", TORCH | {"skimage", "scipy", "matplotlib", "rich", "rich_click", "click"}),
    ],
)
def test_importing_it_loads_none_of_these(module: str, without: set[str]) -> None:
    loaded = loaded_by(f"import {module}")
    assert "riptui" in loaded
    assert not loaded & without


@pytest.mark.slow
@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["ls", "--help"],
        ["report", "--help"],
        ["config", "--help"],
        ["no-such-command"],
    ],
)
def test_help_and_mistakes_need_no_arrays(argv: list[str]) -> None:
    assert not loaded_by(f"from riptui.cli import main; main({argv})") & (TORCH | PICTURES | ARRAYS | APP)


@pytest.mark.slow
def test_a_list_starts_without_click_and_the_inpainters(tmp_path: Path) -> None:
    code = "import sys; from riptui.cli import main; main(['ls', sys.argv[1]]); print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code, tmp_path], text=True, stderr=subprocess.DEVNULL)
    assert not {"click", "rich_click", "riptui.inpainters", "numpy", "textual"} & set(loaded.split())


@pytest.mark.slow
def test_the_list_of_commands_imports_no_command() -> None:
    code = "import sys; from riptui.cli import main; main(['--help']); print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1].split())
    loaded = {name for name in loaded if name.startswith("riptui")}
    assert loaded == {
        "riptui",
        "riptui.cli",
        "riptui.cli.commands",
        "riptui.cli.garbage",
        "riptui.cli.lazy",
        "riptui.cli.stall_watch",
        "riptui.cli.streams",
    }


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [(), ("ssim", "psnr")])
def test_a_whole_trajectory_without_lpips_is_computed_without_torch(tmp_path: object, metrics: tuple[str, ...]) -> None:
    code = f"""
from pathlib import Path
import numpy as np
from tests.support.running import run_trajectory
from riptui.images import pixels_sha256
from riptui.spec import Spec
from riptui.store.creation import create_or_open
from riptui.store.records import Request
image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
spec = Spec(source_name="a", source_sha256="0" * 64, original_sha256=pixels_sha256(image), size=256, mask=128,
            amount=50, inpainter="noise")
*_, ended = run_trajectory(create_or_open(Path({str(tmp_path)!r}), "a/b", spec, image, Request(metrics={metrics!r})))
assert ended.done
"""
    loaded = loaded_by(code)
    assert "skimage" in loaded or not metrics
    assert not loaded & TORCH


def test_charts_know_nothing_of_the_app() -> None:
    """import-linter keeps them from the rest of riptui, but would need a list of the app's modules."""
    files = Path(riptui.__file__).parent.joinpath("tui", "plot").glob("*.py")
    imported = {
        node.module or ""
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    own = {name for name in imported if name.split(".")[0] == "riptui"}
    assert own
    assert {name for name in own if not name.startswith("riptui.tui.plot")} == set()


@pytest.mark.slow
def test_no_command_imports_the_package_of_an_extra() -> None:
    """With the base install alone each command starts, and names the extra that it needs."""
    code = (
        "import importlib, pkgutil, riptui.cli\nfor found in pkgutil.walk_packages(riptui.cli.__path__, 'riptui.cli.'):"
    )
    loaded = loaded_by(f"{code}\n    importlib.import_module(found.name)")
    assert "riptui" in loaded
    assert not loaded & (TORCH | {"huggingface_hub", "safetensors", "matplotlib", "pyarrow"})
