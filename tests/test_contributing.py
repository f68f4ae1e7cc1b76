"""The recipes of CONTRIBUTING.md, carried out on a copy of the package as a contributor would."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import riptui
from tests.support.command import environment
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

ROOT = Path(__file__).parents[1]
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
pytestmark = pytest.mark.skipif(not CONTRIBUTING.exists(), reason="not in a source distribution")

PRESS = """
import asyncio, sys
from pathlib import Path
from riptui.settings import load_settings
from riptui.tui.app import RiptuiApp
from riptui.graphics.capabilities import Terminal

async def main():
    app = RiptuiApp(Path(sys.argv[1]), load_settings(), Terminal("off", "a test"))
    async with app.run_test(size=(140, 40)) as pilot:
        for _ in range(1000):
            await pilot.press(sys.argv[2])
            await pilot.pause(0.05)
            panes = [str(static.content) for static in app.screen.query("#values Static")]
            if sys.argv[3] in [getattr(app.screen, "said", ""), *panes]:
                app.exit()
                return
        sys.exit("not shown")

asyncio.run(main())
"""


def recipes() -> list[tuple[str, str]]:
    """The heading and the code of each block that is headed by a file."""
    return re.findall(r"^`(riptui/[^`]+)`\n\n```python\n(.*?)^```$", CONTRIBUTING.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as it is after all recipes."""
    folder = tmp_path_factory.mktemp("changed")
    package = Path(riptui.__file__).parent
    shutil.copytree(package, folder / "riptui", ignore=shutil.ignore_patterns("__pycache__"))
    for heading, code in recipes():
        name, _, line = heading.partition(", after ")
        file = folder / name
        if not line:
            assert not file.exists()
            file.write_text(code)
        else:
            text = file.read_text()
            assert text.count(f"\n{line}\n") == 1, heading
            file.write_text(text.replace(f"\n{line}\n", f"\n{line}\n{code}"))
        compile(file.read_text(), heading, "exec")
    return folder


def python(changed: Path, *words: str | Path) -> str:
    """What a Python that imports the changed package prints."""
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(
        command, cwd=changed, env=environment(PYTHONPATH=str(changed)), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_an_inpainter_and_a_metric_are_added_and_run(changed: Path, make_trajectory: MakeTrajectory) -> None:
    picture = make_trajectory().path / "original.png"
    options = ["--inpainter", "mean-colour", "--set", "shade=0.5", "--metrics", "mean-difference"]
    python(changed, "-m", "riptui", "run", picture, *options, "--size", "256", "--amount", "50", "--group", "g")
    [spec] = (changed / "runs" / "g").rglob("spec.json")
    shown = python(changed, "-m", "riptui", "show", spec.parent)
    assert "mean-colour" in shown
    assert "mean-difference" in shown


@pytest.mark.slow
def test_the_added_inpainter_and_metric_keep_the_conventions(changed: Path) -> None:
    code = (
        "from riptui import load_inpainter, load_metric; "
        "from riptui.testing import check_inpainter, check_metric; "
        "check_inpainter(load_inpainter('mean-colour')); check_metric(load_metric('mean-difference')); print('kept')"
    )
    assert python(changed, "-c", code) == "kept\n"


@pytest.mark.slow
def test_a_command_is_added(changed: Path, make_trajectory: MakeTrajectory) -> None:
    runs = make_trajectory().path.parents[1]
    assert "Count trajectories." in python(changed, "-m", "riptui", "--help")
    assert python(changed, "-m", "riptui", "count", "--runs", runs) == "1\n"


@pytest.mark.slow
def test_a_key_is_added(changed: Path, make_trajectory: MakeTrajectory) -> None:
    python(changed, "-c", PRESS, make_trajectory().path.parents[1], "K", "1 trajectory")


@pytest.mark.slow
def test_a_tab_is_added(changed: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("ssim",))
    list(run_trajectory(trajectory))
    rows = "\n".join(f"{k}  ssim {values['ssim']:.4f}" for k, values in trajectory.read_metrics().items())
    python(changed, "-c", PRESS, trajectory.path.parents[1], "8", rows)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_recipes_are_typed(changed: Path) -> None:
    pytest.importorskip("mypy", reason="needs riptui[dev]")
    files = [name for heading, _ in recipes() if ", after " not in (name := heading)]
    python(changed, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", *files)


def test_every_recipe_is_short() -> None:
    assert len(recipes()) >= 9
    assert max(len(code.splitlines()) for _, code in recipes()) <= 18
