"""`riptui demo`, `doctor`, `completion`, and what help, version and errors look like."""

import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import rich_click as click

from riptui import __version__, features, inpainters, metrics
from riptui.cli import COMMANDS, UNLISTED_COMMANDS, commands, doctor
from riptui.cli.commands import study
from riptui.metrics import lpips_weights
from riptui.store import layout
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import COMMAND, PATIENCE, environment, riptui, spawned
from tests.support.completion import completed
from tests.support.trajectories import MakeTrajectory

pytest_plugins = ["tests.support.random_trunks"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_torch_home: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def command(name: str) -> click.Command:
    return commands.riptui.load_command(name)


# ── demo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_demo_computes_measures_and_says_what_can_be_done_next() -> None:
    outcome = riptui("demo", "--mask", "128")
    assert outcome.code == 0
    place = "runs/demo/coffee/m128-s0-crop"
    trajectory = Trajectory(Path(place))
    assert trajectory.read_status() == Status.DONE
    assert trajectory.spec.source_name == "coffee.jpg"
    assert list(trajectory.read_metrics()) == list(range(0, 65, 8))
    assert trajectory.read_metrics()[64]["ssim"] < 0.9
    assert f"Saved in {place}. Next:" in outcome.out
    assert re.findall(r"  riptui (\w+)", outcome.out) == ["show", "export", "run", "doctor"]
    assert "error" not in outcome.err


@pytest.mark.slow
@pytest.mark.exhaustive
def test_what_the_demo_proposes_works() -> None:
    out = riptui("demo", "--mask", "256").out
    for line in re.findall(r"riptui ((?:show|export) .+)", out):
        assert riptui(*line.split()).code == 0, line
    assert Path("drift.png").is_file()
    assert Path("drift.gif").is_file()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_demo_again_says_it_is_done() -> None:
    riptui("demo", "--mask", "256")
    rows = Path("runs/demo/coffee/m256-s0-crop/iterations.jsonl")
    before = rows.stat().st_mtime_ns, rows.read_bytes()
    outcome = riptui("demo", "--mask", "256")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "coffee/m256-s0-crop: already done"
    assert (rows.stat().st_mtime_ns, rows.read_bytes()) == before


@pytest.mark.slow
@pytest.mark.parametrize(("display", "events"), [("json", True), ("none", False)])
@pytest.mark.exhaustive
def test_the_demo_for_scripts_has_no_words(display: str, events: bool) -> None:
    outcome = riptui("demo", "--mask", "256", "--display", display)
    assert outcome.code == 0
    assert bool(outcome.out) == events
    assert all("event" in json.loads(line) for line in outcome.out.splitlines())


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_demo_goes_where_it_is_told() -> None:
    assert riptui("demo", "--mask", "256", "--runs", "my runs").code == 0
    assert "'my runs/demo/coffee/m256-s0-crop'" in riptui("demo", "--mask", "256", "--runs", "my runs").out
    assert not Path("runs").exists()


def test_an_impossible_demo_is_refused_in_one_line() -> None:
    outcome = riptui("demo", "--mask", "100")
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("error: mask 100 px")
    assert not Path("runs").exists()


# ── doctor ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_torch_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting torch takes seconds; what it would say."""
    seen: dict[str, Any] = {"torch": "2.9", "built": None, "gpus": [], "mps": False}
    monkeypatch.setattr(doctor, "TORCH_PROBE", f"print({json.dumps(json.dumps(seen))})")


def findings() -> dict[str, list[dict[str, str]]]:
    outcome = riptui("doctor", "--json")
    assert outcome.err == ""
    by_topic: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(outcome.out):
        assert finding.keys() == {"topic", "state", "what", "advice"}
        assert finding["state"] in {"ok", "note", "bad"}
        by_topic.setdefault(finding["topic"], []).append(finding)
    assert outcome.code == any(f["state"] == "bad" for found in by_topic.values() for f in found)
    return by_topic


@pytest.mark.slow
@pytest.mark.usefixtures("no_torch_process")
def test_the_doctor_looks_at_everything() -> None:
    found = findings()
    assert list(found) == ["python", "packages", "terminal", "gpu", "weights", "disk"]
    assert f"riptui {__version__}" in found["python"][1]["what"]
    assert f"numpy {version('numpy')}" in found["packages"][0]["what"]
    assert found["disk"][-1]["state"] in {"ok", "note"}
    assert not Path("runs").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_torch_process")
def test_the_doctors_words_are_those_of_its_json() -> None:
    shown = riptui("doctor").out
    for found in findings().values():
        for finding in found:
            if not re.search(r"fsync takes|[MG]B free", finding["what"]):
                assert finding["what"] in shown
                assert finding["advice"] in shown


@pytest.mark.needs("diffusion")
@pytest.mark.usefixtures("no_torch_process")
@pytest.mark.parametrize(
    ("package", "extra"),
    [
        ("torch", "diffusion"),
        ("lpips", "diffusion"),
        ("pyarrow", "parquet"),
        ("matplotlib", "report"),
        ("pillow-heif", "pictures"),
        ("av", "video"),
    ],
)
def test_a_missing_extra_is_noted_with_what_to_do(package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = doctor.installed_version
    monkeypatch.setattr(doctor, "installed_version", lambda name: None if name == package else known(name))
    [finding] = [found for found in findings()["packages"] if f"[{extra}]" in found["what"]]
    assert finding["state"] == "note"
    assert f"not installed ({package})" in finding["what"]
    assert finding["advice"] == f"pip install 'riptui[{extra}]'"


@pytest.mark.slow
@pytest.mark.usefixtures("no_torch_process")
def test_a_missing_base_package_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    known = doctor.installed_version
    monkeypatch.setattr(doctor, "installed_version", lambda name: None if name == "msgspec" else known(name))
    [finding] = [found for found in findings()["packages"] if found["state"] == "bad"]
    assert "msgspec" in finding["what"]
    assert "pip install" in finding["advice"]
    assert riptui("doctor").code == 1


def test_without_torch_there_are_no_gpu_and_no_weights_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    found = findings()
    assert [(f["state"], "torch" in f["what"]) for f in found["gpu"]] == [("note", True)]
    assert found["weights"][0]["advice"] == "pip install 'riptui[diffusion]'"


@pytest.mark.needs("diffusion")
@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ({"gpus": [{"name": "H200", "gib": 139.7}], "built": "13.0"}, "ok", "H200, 140 GiB"),
        ({"gpus": [], "built": None}, "note", "none (torch 2.9 for the CPU)"),
        ({"gpus": [], "built": "13.0"}, "note", "none (torch 2.9 for CUDA 13.0)"),
    ],
)
def test_the_gpu_is_what_torch_sees(
    answer: dict[str, Any], state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {"torch": "2.9", "mps": False, **answer}
    monkeypatch.setattr(doctor, "TORCH_PROBE", f"print({json.dumps(json.dumps(seen))})")
    [finding] = findings()["gpu"]
    assert finding["state"] == state
    assert words in finding["what"]


@pytest.mark.parametrize(
    "script", ["raise SystemExit('libcudart.so is missing')", "import os; os.abort()", "print('?')"]
)
def test_a_torch_that_does_not_start_is_noted(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TORCH_PROBE", script)
    [finding] = findings()["gpu"]
    assert finding["state"] == "note"


@pytest.mark.slow
@pytest.mark.needs("diffusion")
@pytest.mark.usefixtures("no_torch_process")
def test_weights_are_told_by_net() -> None:
    missing = findings()["weights"]
    assert [finding["state"] for finding in missing] == ["note"] * 3
    assert all("is missing" in finding["what"] and "riptui fetch lpips-" in finding["advice"] for finding in missing)
    for trunk in map(lpips_weights.weights_path, lpips_weights.TRUNKS):
        trunk.parent.mkdir(parents=True, exist_ok=True)
        trunk.write_bytes(b"x")
    assert [finding["state"] for finding in findings()["weights"]] == ["ok"] * 3


@pytest.mark.slow
def test_the_real_doctor_ends_well_in_a_process_of_its_own() -> None:
    outcome = spawned("doctor", "--json", cwd=Path.cwd(), env=environment())
    assert (outcome.code, outcome.err) == (0, "")
    assert {finding["state"] for finding in json.loads(outcome.out)} <= {"ok", "note"}


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", ["complete -o nosort -F _riptui_completion riptui", "_RIPTUI_COMPLETE=bash_complete"]),
        ("zsh", ["#compdef riptui", "_RIPTUI_COMPLETE=zsh_complete"]),
        ("fish", ["complete --no-files --command riptui", "_RIPTUI_COMPLETE=fish_complete"]),
    ],
)
def test_a_completion_script_is_printed(shell: str, words: list[str]) -> None:
    outcome = riptui("completion", shell)
    assert (outcome.code, outcome.err) == (0, "")
    assert all(word in outcome.out for word in words)
    assert f"completion {shell}" in riptui("completion", "--help").out


def test_an_unknown_shell_is_refused() -> None:
    outcome = riptui("completion", "powershell")
    assert outcome.code == 2
    outcome.require_one_line("powershell", "bash", "zsh", "fish")


def test_the_shells_to_choose_from_are_on_the_line_of_the_error() -> None:
    riptui("completion").require_one_line("Choose from: bash, zsh, fish")


def test_the_doctor_knows_every_extra() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert {*doctor.EXTRAS} == {*project["optional-dependencies"]} - {"test", "dev"}


def test_a_time_that_is_no_number_is_refused() -> None:
    outcome = riptui("resume", "runs", "--timeout", "nan")
    assert outcome.code == 2
    outcome.require_one_line("--timeout", "'nan' is not a number")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("riptui run --inpainter na", 3, ["plain,navier-stokes"]),
        ("riptui sho", 1, ["plain,show"]),
        ("riptui run x.jpg --metrics ssim,ps", 4, ["plain,ssim,psnr"]),
    ],
)
def test_a_real_shell_is_offered_what_fits(line: str, word: int, offered: list[str]) -> None:
    asked = environment(_RIPTUI_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(word))
    done = subprocess.run(COMMAND, env=asked, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout.splitlines(), done.stderr) == (offered, "")


def test_a_real_bash_takes_the_script() -> None:
    script = riptui("completion", "bash").out
    done = subprocess.run(
        ["bash", "-euc", f"{script}\ncomplete -p riptui"], capture_output=True, text=True, check=False
    )
    assert "_riptui_completion" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["run", "-i", ""], list(inpainters.REGISTRY)),
        (["run", "--inpainter", "telea,na"], ["telea,navier-stokes"]),
        (["run", "--metrics", ""], [*metrics.REGISTRY, *features.REGISTRY]),
        (["run", "--metrics", "ssim,lpips-"], ["ssim,lpips-squeeze", "ssim,lpips-alex", "ssim,lpips-vgg"]),
        (["run", "--measure", "h"], ["half"]),
        (["run", "--order", "s"], ["shuffle"]),
        (["run", "--fit", ""], ["bands", "crop", "stretch"]),
        (["run", "--display", "j"], ["json"]),
        (["run", "--no"], ["--no-paste"]),
        (["export", "x", "--at", ""], ["half", "every"]),
        (["run", "rip"], ["riptui:bowl", "riptui:coffee", "riptui:hills", "riptui:tiles"]),
        (["run", "cat.jpg", "riptui:co"], ["riptui:coffee"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_values_are_completed(words: list[str], offered: list[str]) -> None:
    assert completed(*words) == offered


def test_bash_splits_the_name_of_a_picture_at_its_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "riptui run riptui : co")
    assert completed("run", "riptui", ":", "co") == ["coffee"]
    monkeypatch.setenv("COMP_WORDS", "riptui run riptui :")
    assert completed("run", "riptui", ":") == ["bowl", "coffee", "hills", "tiles"]


def test_files_come_before_the_pictures_that_come_with_it() -> None:
    Path("ripe.png").touch()
    assert completed("run", "rip") == ["rip"], "the shell completes files itself"


def test_commands_are_completed() -> None:
    assert set(completed("")) == set(COMMANDS)
    assert completed("re") == ["resume", "restore", "results", "report"]


@pytest.mark.parametrize("name", ["show", "resume", "check", "measure", "export", "ls"])
def test_paths_are_completed_to_folders(name: str, make_trajectory: MakeTrajectory) -> None:
    make_trajectory("group/a-s0")
    make_trajectory("group/a-s1")
    Path("rubble.txt").touch()
    assert completed(name, "ru") == ["runs"]
    assert completed(name, "runs/group/") == ["runs/group/a-s0", "runs/group/a-s1"]
    assert completed(name, "runs/group/a-s1") == ["runs/group/a-s1"]
    assert completed(name, "group/") == ["group/a-s0", "group/a-s1"], "as riptui ls prints them"
    assert completed(name, "gone/") == []


# ── help ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def help_of(name: str) -> str:
    return riptui(name, "--help").out


def options() -> Iterator[Any]:
    for name in COMMANDS:
        for param in command(name).params:
            if isinstance(param, click.Option) and not param.hidden:
                yield pytest.param(name, param, id=f"{name} {param.opts[0]}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "option"), list(options()))
def test_every_option_has_a_sentence_in_the_help(name: str, option: click.Option) -> None:
    assert option.help
    assert option.help[0].isupper() or not option.help[0].isalpha()
    assert option.help.endswith(".")
    shown = help_of(name)
    assert all(re.search(rf"{opt}\b", shown) for opt in [*option.opts, *option.secondary_opts])
    assert option.help.split()[0] in shown


@pytest.mark.parametrize("help_option", ["--help", "-h"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_a_terminal_and_cuts_nothing(name: str, help_option: str) -> None:
    outcome = riptui(*([name] if name else []), help_option)
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "…" not in outcome.out
    assert f"Usage: riptui {name}".strip() in outcome.out


def test_every_command_has_a_file_of_its_own_name() -> None:
    folder = Path(commands.__file__).parent
    for group, names in ((folder, COMMANDS | UNLISTED_COMMANDS), (folder / "study", study.COMMANDS)):
        declared = {path.stem for path in group.iterdir()} - {"__init__", "__pycache__"}
        assert declared == set(names)


def test_help_names_every_command_with_what_it_does() -> None:
    shown = riptui("--help").out
    for name in COMMANDS:
        assert re.search(rf"│ {name} +{re.escape(COMMANDS[name])}", shown)
        assert command(name).help


@pytest.mark.parametrize("name", COMMANDS)
def test_paragraphs_of_the_help_stand_apart(name: str) -> None:
    paragraphs = inspect.cleandoc(command(name).help or "").split("\n\n")
    shown = [line.strip() for line in riptui(name, "--help").out.splitlines()]
    for paragraph in paragraphs[1:]:
        first = paragraph.strip("\b\n").splitlines()[0].strip()
        place = next(i for i, line in enumerate(shown) if line and first.startswith(line[:30]))
        assert shown[place - 1] == "", first


def test_the_choices_of_inpainters_metrics_and_orders_are_in_the_help() -> None:
    shown = " ".join(re.sub("[│╭╮╰╯─]", " ", riptui("run", "--help").out).split())
    for name in (
        *inpainters.REGISTRY,
        *metrics.REGISTRY,
        "replacement",
        "shuffle",
        "raster",
        "bands",
        "crop",
        "stretch",
    ):
        assert name in shown


def test_without_a_command_and_without_a_terminal_there_is_one_line_with_what_to_do() -> None:
    outcome = riptui()
    assert (outcome.code, outcome.out) == (2, "")
    assert "the app needs a terminal (stdin, stdout and stderr); without one, use riptui ls, riptui show" in outcome.err


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_a_line(option: str) -> None:
    assert riptui(option) == (0, f"riptui {__version__}\n", "")


@pytest.mark.parametrize(("typed", "meant"), [("shwo", "show"), ("exprot", "export"), ("rnu", "run"), ("list", "ls")])
def test_a_mistyped_command_is_refused_with_a_suggestion(typed: str, meant: str) -> None:
    outcome = riptui(typed, "x")
    assert outcome.code == 2
    outcome.require_one_line(typed, f"Did you mean {meant}?", "riptui --help")


def test_a_command_like_none_is_refused_without_one() -> None:
    outcome = riptui("zzzzzz")
    assert outcome.code == 2
    outcome.require_one_line("zzzzzz")
    assert "Did you mean" not in outcome.err


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_is_none_is_refused_in_one_line(name: str) -> None:
    outcome = riptui(name, "--nonsense")
    assert outcome.code == 2
    outcome.require_one_line("--nonsense", f"riptui {name} --help")


@pytest.mark.parametrize("name", [n for n in COMMANDS if any(p.required for p in command(n).params)])
def test_a_command_that_lacks_its_argument_says_so(name: str) -> None:
    outcome = riptui(name)
    assert outcome.code == 2
    outcome.require_one_line("Missing argument", f"riptui {name} --help")


def test_python_m_riptui_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "riptui", "-V"], capture_output=True, text=True, check=True)
    assert done.stdout == f"riptui {__version__}\n"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_demo_makes_only_its_own_folder() -> None:
    riptui("demo", "--mask", "256", "--display", "none")
    assert [path.name for path in Path().iterdir()] == ["runs"]
    assert len(list(Path("runs").rglob(layout.SPEC))) == 1
