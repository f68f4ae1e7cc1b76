"""Inpainters and metrics that another installed package adds: found by its metadata, imported when used."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.inpainters import InpainterInfo
from riptui.inpainters.registry import BUILT_IN, adopt_plugin
from riptui.plugins import Registry
from tests.support.plugin_distribution import MODULE, install_distribution

WORKING = {
    "riptui.inpainters": {"mean-colour": "mean_colour:INFO"},
    "riptui.metrics": {"red-shift": "mean_colour:RED"},
}


def python(code: str, folder: Path, **environment: str) -> str:
    """What code prints in a fresh interpreter that has the packages in a folder."""
    path = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def riptui(*argv: str) -> str:
    return f"from riptui.cli import main; import sys; sys.exit(main({[*argv]!r}))"


MakeRegistry = Callable[..., Registry[InpainterInfo]]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeRegistry:
    """`registry({name: target}, {module: text})`: the inpainters, with a package installed that adds these."""

    def make(points: dict[str, str], modules: dict[str, str], **names: str) -> Registry[InpainterInfo]:
        folder = install_distribution(tmp_path / "site", {"riptui.inpainters": points}, modules, **names)
        monkeypatch.syspath_prepend(folder)
        for module in modules:
            monkeypatch.delitem(sys.modules, module, raising=False)
        return Registry("inpainter", BUILT_IN, adopt_plugin)

    return make


def test_names_are_listed_without_importing_anything(registry: MakeRegistry) -> None:
    found = registry({"mean-colour": "explodes:INFO"}, {"explodes": "raise SystemError('imported')"})
    assert [*found] == [*BUILT_IN, "mean-colour"]
    assert len(found) == len(BUILT_IN) + 1
    assert "mean-colour" in found
    assert [*found.built_in] == [*BUILT_IN]


def test_an_info_is_the_authors_with_the_package_whose_version_decides_the_pixels(registry: MakeRegistry) -> None:
    found = registry({"mean-colour": "mean_colour:INFO"}, {"mean_colour": MODULE})
    assert found["mean-colour"].summary == "Fills the square with the mean colour."
    assert found["mean-colour"].distributions == ("mean-colour-plugin",)
    assert found["mean-colour"].type_of("gain").accepts(0.5)
    assert not found["mean-colour"].type_of("gain").accepts("half")
    assert found["mean-colour"] is found["mean-colour"]
    assert [*dict(found.items())] == [*found]
    assert found.list_problems() == []


@pytest.mark.parametrize(
    ("target", "text", "reason"),
    [
        ("absent_module:INFO", "", "ModuleNotFoundError: No module named 'absent_module'"),
        ("broken:INFO", "raise OSError('no\\nsuch library')", "OSError: no such library"),
        ("broken:INFO", "", "AttributeError"),
        ("broken:INFO", "INFO = 3", "TypeError: it must be an InpainterInfo, not int"),
        (
            "broken:INFO",
            "from riptui.inpainters import InpainterInfo as I; INFO = I('x', '')",
            "module:factory, not 'x'",
        ),
        (
            "broken:INFO",
            "from riptui.inpainters import InpainterInfo as I; INFO = I('x:y', '', {'a': float('nan')})",
            "ValueError: a=nan must be a number",
        ),
    ],
)
def test_a_broken_plugin_is_left_out_and_named(registry: MakeRegistry, target: str, text: str, reason: str) -> None:
    found = registry({"mean-colour": target}, {"broken": text})
    [problem] = found.list_problems()
    assert problem.startswith(f"the inpainter mean-colour of the package mean-colour-plugin is left out ({target}): ")
    assert reason in problem
    assert "\n" not in problem
    assert found.find_problem("mean-colour") == problem
    assert [*found] == [*found.keys()] == [*dict(found.items())] == [*BUILT_IN]
    assert found.get("mean-colour") is None


def test_a_builtin_name_cannot_be_taken(registry: MakeRegistry) -> None:
    found = registry({"telea": "mean_colour:INFO", "Telea!": "mean_colour:INFO"}, {"mean_colour": MODULE})
    first, second = found.list_problems()
    assert "a name has 1 to 64 of a-z" in first
    assert "riptui has a built-in inpainter of that name" in second
    assert found["telea"] is BUILT_IN["telea"]
    assert found.find_problem("telea") == ""


def test_of_two_packages_with_one_name_the_second_is_left_out(registry: MakeRegistry, tmp_path: Path) -> None:
    points = {"riptui.inpainters": {"mean-colour": "mean_colour:INFO"}}
    install_distribution(tmp_path / "site", points, {}, name="another-plugin")
    found = registry({"mean-colour": "mean_colour:INFO"}, {"mean_colour": MODULE})
    [problem] = found.list_problems()
    assert "adds the same name" in problem
    assert found["mean-colour"].summary.startswith("Fills")


@pytest.mark.slow
def test_commands_workers_and_records_know_a_plugin(tmp_path: Path) -> None:
    folder = install_distribution(tmp_path / "site", WORKING, {"mean_colour": MODULE})
    runs = tmp_path / "runs"
    options = ["--size", "256", "--mask", "128", "--amount", "50", "--metrics", "red-shift,red-shift@previous"]
    python(
        riptui("run", "-i", "mean-colour", "--set", "gain=0.5", *options, "--runs", str(runs), str(picture_file())),
        folder,
    )
    code = f"""
from riptui.store.listing import find_trajectories
from pathlib import Path
[trajectory] = find_trajectories(Path({str(runs)!r}))
[session] = trajectory.read_sessions()
print(trajectory.spec.inpainter, trajectory.spec.parameters, session.versions["mean-colour-plugin"])
print(*trajectory.read_metrics()[2])
"""
    assert python(code, folder).splitlines() == ["mean-colour {'gain': 0.5} 1.2", "red-shift red-shift@previous"]


def picture_file() -> Path:
    import riptui as package

    return Path(package.__file__).with_name("pictures") / "coffee.jpg"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_worker_computes_with_a_plugin(tmp_path: Path) -> None:
    folder = install_distribution(tmp_path / "site", WORKING, {"mean_colour": MODULE})
    runs = tmp_path / "runs"
    argv = ["run", "-i", "mean-colour", "--size", "256", "--mask", "128", "--amount", "50", "--metrics", "red-shift"]
    python(riptui(*argv, "--detach", "--runs", str(runs), str(picture_file())), folder, RIPTUI_IDLE="0")
    python(riptui("worker", "--idle", "0", "--runs", str(runs)), folder)
    listed = python(riptui("ls", "--json", str(runs)), folder)
    assert '"done"' in listed


@pytest.mark.slow
@pytest.mark.exhaustive
def test_what_is_installed_is_listed_and_completed_and_what_is_broken_is_named(tmp_path: Path) -> None:
    points = {
        "riptui.inpainters": {"mean-colour": "mean_colour:INFO", "lost": "absent_module:INFO"},
        "riptui.metrics": {"red-shift": "mean_colour:RED", "gone": "absent_module:INFO"},
    }
    folder = install_distribution(tmp_path / "site", points, {"mean_colour": MODULE})
    listed = python(riptui("models"), folder)
    assert "mean-colour" in listed
    code = (
        "from riptui.cli import main; import sys\ntry: main(['run', '-i', 'mean-colou', 'x'])\nexcept SystemExit: pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", riptui("run", "-i", "lost", "--runs", str(tmp_path), str(picture_file()))],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the inpainter lost of the package mean-colour-plugin is left out" in done.stderr
    doctor = python(code.replace("['run', '-i', 'mean-colou', 'x']", "['doctor']"), folder)
    assert "the inpainter lost of the package" in doctor
    assert "the metric gone of the package" in doctor


@pytest.mark.slow
def test_help_reads_no_metadata(tmp_path: Path) -> None:
    folder = install_distribution(tmp_path / "site", WORKING, {"mean_colour": MODULE})
    code = """
import importlib.metadata
importlib.metadata.entry_points = None
from riptui.cli import main
main(["--help"])
main(["run", "--help"])
"""
    assert "mean-colour" not in python(code, folder)
