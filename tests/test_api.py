"""What `import riptui` offers: lazily, and typed."""

import os
import subprocess
import sys
from math import inf, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import riptui
from riptui.errors import InputError, NotATrajectoryError, SourceError, SpecError
from riptui.store.frames import read_frame
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, picture


def test_importing_riptui_imports_nothing_else_of_it() -> None:
    code = (
        "import sys, riptui; print(*sorted(m for m in sys.modules if m.startswith('riptui')), 'typing' in sys.modules)"
    )
    package_parent = Path(riptui.__file__).parents[1]  # -S: without the imports of other packages' .pth files
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": str(package_parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["riptui", "False"]


def test_every_public_name_is_there_and_documented() -> None:
    assert {*riptui.__all__} <= {*dir(riptui)}
    for name in riptui.__all__:
        assert getattr(riptui, name).__doc__, name
        assert name in (riptui.__doc__ or "")
    with pytest.raises(AttributeError, match="module 'riptui' has no attribute 'inpaint'"):
        _ = riptui.inpaint


@pytest.mark.slow
def test_type_checkers_see_the_public_names(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    file = tmp_path / "notebook.py"
    file.write_text(
        "import riptui\n"
        'original, spec = riptui.prepare("cat.jpg", mask=64)\n'
        "reveal_type(spec.iterations)\n"
        "reveal_type([iteration.k for iteration in riptui.recurse(original, spec)])\n"
        'reveal_type(riptui.open_runs("runs")["a"].curve("ssim"))\n'
    )
    root = Path(riptui.__file__).parents[1]
    argv = [sys.executable, "-m", "mypy", "--config-file", str(root / "pyproject.toml"), str(file)]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    revealed = [line.partition("Revealed type is ")[2] for line in done.stdout.splitlines() if "Revealed" in line]
    types = [text.replace("builtins.", "").strip('"') for text in revealed]
    assert types == ["int", "list[int]", "tuple[list[float], list[float]]"], done.stdout


def test_a_file_is_prepared_as_riptui_run_does(tmp_path: Path) -> None:
    Image.fromarray(picture(256)).save(tmp_path / "cat.png")
    original, spec = riptui.prepare(tmp_path / "cat.png", size=256, mask=64, seed=3, inpainter="telea")
    assert np.array_equal(original, picture(256))
    assert (spec.source_name, spec.size, spec.mask, spec.seed) == ("cat.png", 256, 64, 3)
    assert (spec.inpainter, spec.parameters) == ("telea", {"radius": 3})
    assert riptui.prepare(str(tmp_path / "cat.png"), size=256, mask=64, seed=3, inpainter="telea")[1] == spec


def test_an_array_is_taken_as_it_is() -> None:
    original, spec = riptui.prepare(picture(256), parameters={"radius": 5})
    assert np.array_equal(original, picture(256))
    assert (spec.size, spec.parameters) == (256, {"radius": 5})


def test_a_folder_of_masks_is_taken_in_turn_or_drawn(tmp_path: Path) -> None:
    Image.new("L", (64, 64), 255).save(tmp_path / "hole.png")
    _, spec = riptui.prepare(picture(256), mask_folder=str(tmp_path), amount=100)
    assert (spec.order, spec.iterations, len(spec.mask_source)) == ("cycle", 1, 64)
    assert riptui.prepare(picture(256), mask_folder=tmp_path, order="draw")[1].order == "draw"
    with pytest.raises(InputError, match="takes the masks of a folder"):
        riptui.prepare(picture(256), order="cycle")


@pytest.mark.parametrize(
    ("image", "options", "error", "said"),
    [
        (picture(256)[:, :128], {}, InputError, r"uint8 \(256, 128, 3\); it must be uint8 \(side, side, 3\)"),
        (picture(256) / 255, {}, InputError, "float64"),
        (picture(256), {"mask": 100}, SpecError, "does not divide"),
        (picture(256), {"inpainter": "telae"}, InputError, "Did you mean telea"),
        (picture(256), {"parameters": {"raduis": 3}}, InputError, "no parameter raduis"),
        ("nowhere.jpg", {}, SourceError, "nowhere.jpg"),
    ],
)
def test_what_cannot_be_prepared_is_refused(image: object, options: dict[str, Any], error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        riptui.prepare(image, **options)  # type: ignore[arg-type]


@pytest.mark.slow
def test_recurse_repeats_a_saved_trajectory(make_trajectory: MakeTrajectory) -> None:
    saved = make_trajectory(inpainter="telea")
    list(run_trajectory(saved))
    for iteration in riptui.recurse(saved.frame(0), saved.spec):
        assert np.array_equal(iteration.frame, saved.frame(iteration.k))


def test_runs_are_opened_by_their_path(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    make_trajectory("fig7/cat/m128-s0")
    make_trajectory("cat/m64-s0")
    make_trajectory("cat/m128-s0")
    runs = riptui.open_runs(tmp_path / "runs")
    assert [*runs] == ["cat/m64-s0", "cat/m128-s0", "fig7/cat/m128-s0"]
    assert isinstance(runs["cat/m64-s0"], riptui.Trajectory)
    assert riptui.open_runs(str(tmp_path / "runs" / "fig7")).keys() == {"cat/m128-s0"}
    with pytest.raises(NotATrajectoryError, match="does not exist"):
        riptui.open_runs(tmp_path / "none")


@pytest.mark.slow
def test_a_trajectory_gives_frames_curves_and_a_table(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("ssim", "psnr", "ssim@previous"))
    reached = advance(trajectory, 8)
    assert np.array_equal(trajectory.frame(reached), read_frame(trajectory, reached))
    with pytest.raises(InputError, match="has frames 0 to"):
        trajectory.frame(17)
    table = trajectory.table()
    assert table["k"] == [0, 8]
    assert table["inpainted"] == [0, 50]
    assert table["psnr"][0] == inf
    assert isnan(table["ssim@previous"][0])
    assert trajectory.curve("ssim") == ([0, 50], table["ssim"])
    assert trajectory.curve("ssim@previous")[0] == [50]
    with pytest.raises(InputError, match=r"has no values of 'lpips-vgg'\. Available: ssim, psnr, ssim@previous"):
        trajectory.curve("lpips-vgg")
