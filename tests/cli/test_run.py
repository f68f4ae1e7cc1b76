"""`riptui run` and `riptui resume`, as their users meet them."""

import json
import os
import re
import termios
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from riptui.images import decode_png
from riptui.metrics.availability import DEFAULT_METRICS
from riptui.spec import measured_iterations
from riptui.store import layout
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import PATIENCE, RICH, Outcome, environment, riptui, spawned, started
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, picture

pytest_plugins = ["tests.support.random_trunks"]

SMALL = ("--size", "256", "--mask", "64", "--amount", "100")
"""16 iterations, keyframes and measurements at 8 and 16."""
NAME = "m64-s0-a100-256px"
QUICK = ("--size", "256", "--amount", "50", "-i", "noise", "--metrics", "psnr")
LPIPS = tuple(name for name in DEFAULT_METRICS if name.startswith("lpips"))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_torch_home: Path) -> Path:
    """The current folder, with a picture in it. LPIPS is not at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    PIL.Image.fromarray(picture()).save("cat.png")
    return tmp_path


def run(*options: str | Path, image: str = "cat.png") -> Outcome:
    return riptui("run", image, *options)


def folders(runs: str = "runs") -> set[str]:
    return {path.parent.relative_to(runs).as_posix() for path in Path(runs).rglob(layout.SPEC)}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of change of all files, but the lock, which every holder writes to."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def objects(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.out.splitlines()]


def metrics_of(name: str) -> dict[int, dict[str, float | None]]:
    return Trajectory(Path("runs", "cat", name)).read_metrics()


# ── what is computed ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_by_default_it_is_the_papers_protocol() -> None:
    assert run().code == 0
    trajectory = Trajectory(Path("runs/cat/m128-s0"))
    spec = trajectory.spec
    assert (spec.mask, spec.amount, spec.seed, spec.order, spec.size) == (128, 400, 0, "replacement", 512)
    assert (spec.paste, spec.fit, spec.inpainter, spec.parameters) == (True, "bands", "navier-stokes", {"radius": 3})
    assert len(trajectory.read_rows()) == 64
    assert list(trajectory.read_metrics()) == [0, 8, 16, 24, 32, 40, 48, 56, 64]
    assert {name for values in trajectory.read_metrics().values() for name in values} == {"ssim", "psnr"}
    assert trajectory.read_status() == Status.DONE
    assert folders() == {"cat/m128-s0"}


@pytest.mark.slow
def test_pictures_masks_seeds_and_inpainters_make_a_trajectory_each() -> None:
    PIL.Image.fromarray(255 - picture()).save("dog.jpg")
    options = ("--mask", "64,128", "--seed", "1-2", "-i", "noise,identity", "--size", "256", "--amount", "20")
    assert riptui("run", "cat.png", "dog.jpg", *options, "--display", "none").code == 0
    assert folders() == {
        f"{animal}/m{mask}-s{seed}-{inpainter}-a20-256px"
        for animal in ("cat", "dog")
        for mask in (64, 128)
        for seed in (1, 2)
        for inpainter in ("noise", "identity")
    }
    assert {line.split()[0] for line in riptui("ls").out.splitlines()[:-1]} == {"✓"}


@pytest.mark.slow
def test_an_option_given_twice_means_both() -> None:
    short = ("--size", "256", "--amount", "20", "--display", "none")
    several = ("--mask", "64", "--mask", "128", "-i", "noise", "-i", "identity,noise", "--seed", "1", "--seed", "1-2")
    assert riptui("run", "cat.png", *several, *short).code == 0
    assert folders() == {
        f"cat/m{mask}-s{seed}-{inpainter}-a20-256px"
        for mask in (64, 128)
        for seed in (1, 2)
        for inpainter in ("noise", "identity")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        ("3", [3]),
        ("0-9,12", [*range(10), 12]),
        ("5,1,5,0-1", [0, 1, 5]),
        (" 1 , 2 - 3 ", [1, 2, 3]),
        ("9007199254740992", [2**53]),
    ],
)
def test_seeds_are_numbers_and_ranges(given: str, seeds: list[int]) -> None:
    assert run(*QUICK, "--mask", "256", "--seed", given, "--display", "none").code == 0
    assert {Trajectory(Path("runs", folder)).spec.seed for folder in folders()} == set(seeds)
    assert len(folders()) == len(seeds)


@pytest.mark.parametrize("order", ["replacement", "shuffle", "raster"])
def test_the_order_decides_the_squares(order: str) -> None:
    run(*SMALL, "--order", order, "--metrics", "psnr", "--name", "x")
    boxes = [row.box[:2] for row in Trajectory(Path("runs/cat/x")).read_rows()]
    grid = [(x, y) for y in range(0, 256, 64) for x in range(0, 256, 64)]
    assert (boxes == grid) == (order == "raster")
    assert (sorted(boxes, key=grid.index) == grid) == (order != "replacement")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amount", "iterations"), [("0.001", 1), ("33.3", 6), ("50", 8), ("100", 16), ("100.1", 17), ("1000", 160)]
)
def test_any_amount_is_reached(amount: str, iterations: int) -> None:
    assert run("--size", "256", "--mask", "64", "--amount", amount, "-i", "identity", "--metrics", "psnr").code == 0
    [folder] = folders()
    rows = Trajectory(Path("runs", folder)).read_rows()
    assert len(rows) == iterations
    assert rows[-1].inpainted >= float(amount)
    assert folder == f"cat/m64-s0-identity-a{amount}-256px"


def test_without_paste_all_pixels_may_change() -> None:
    run(*QUICK, "--no-paste", "--name", "all")
    run(*QUICK, "--paste", "--name", "square")
    [all_of_it] = {value["psnr"] for k, value in metrics_of("all").items() if k == 2}
    [square] = {value["psnr"] for k, value in metrics_of("square").items() if k == 2}
    assert all_of_it is not None
    assert square is not None
    assert all_of_it < square - 1


@pytest.mark.parametrize(("fit", "black"), [("bands", True), ("crop", False), ("stretch", False)])
def test_the_fit_decides_what_becomes_of_a_picture_that_is_not_square(fit: str, black: bool) -> None:
    PIL.Image.fromarray(picture()[:128] | 1).save("wide.png")
    assert riptui("run", "wide.png", *QUICK, "--fit", fit, "--name", "x").code == 0
    original = decode_png(Path("runs/wide/x/original.png").read_bytes())
    assert original.shape == (256, 256, 3)
    assert (original[0, 128].max() == 0) == black


@pytest.mark.slow
def test_a_parameter_is_set_and_named() -> None:
    assert run(*SMALL, "--metrics", "psnr").code == 0
    assert run(*SMALL, "--metrics", "psnr", "--set", "radius=9.5").code == 0
    assert folders() == {f"cat/{NAME}", "cat/m64-s0-radius9.5-a100-256px"}
    assert Trajectory(Path("runs/cat/m64-s0-radius9.5-a100-256px")).spec.parameters == {"radius": 9.5}
    assert metrics_of(NAME)[16] != metrics_of("m64-s0-radius9.5-a100-256px")[16]


def test_what_was_done_to_a_picture_is_said() -> None:
    PIL.Image.fromarray(picture(100)).save("small.png")
    outcome = riptui("run", "small.png", *QUICK)
    assert outcome.code == 0
    assert outcome.err == "small.png: enlarged from 100x100\n"


# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_runs_folder_is_an_option_or_in_the_environment_or_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIPTUI_RUNS", "there")
    assert run(*QUICK).code == 0
    assert folders("there") == {"cat/m128-s0-noise-a50-256px"}
    assert run(*QUICK, "--runs", "elsewhere/deep").code == 0
    assert folders("elsewhere/deep") == folders("there")
    monkeypatch.delenv("RIPTUI_RUNS")
    assert run(*QUICK).code == 0
    assert folders("runs") == folders("there")


def test_groups_nest_and_a_name_is_given() -> None:
    assert run(*QUICK, "--group", "fig7/cats", "--name", "first.try").code == 0
    assert folders() == {"fig7/cats/cat/first.try"}


def test_two_pictures_with_one_stem_are_kept_apart() -> None:
    Path("b").mkdir()
    PIL.Image.fromarray(255 - picture()).save("b/cat.jpg")
    assert riptui("run", "cat.png", "b/cat.jpg", *QUICK).code == 0
    usual = "cat/m128-s0-noise-a50-256px"
    [other] = folders() - {usual}
    assert other == f"{usual}-{Trajectory(Path('runs', other)).spec.digest[:8]}"
    assert Trajectory(Path("runs", usual)).spec.source_name == "cat.png"


def test_a_name_that_another_spec_has_is_refused_with_what_differs() -> None:
    assert run(*QUICK, "--name", "x").code == 0
    before = contents(Path("runs"))
    outcome = run(*QUICK, "--name", "x", "--seed", "3", "--order", "shuffle")
    outcome.require_one_line("runs/cat/x", "order replacement, not shuffle", "seed 0, not 3", "--name")
    assert outcome.code == 2
    assert contents(Path("runs")) == before


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mask", "100"], ["mask 100 px", "64, 128"]),
        (["--mask", "64,big"], ["--mask", "big"]),
        (["--mask", ""], ["--mask"]),
        (["--mask"], ["--mask", "requires an argument"]),
        (["--seed", "9-0"], ["--seed", "9-0 runs backwards"]),
        (["--seed", "-1"], ["--seed", "-1"]),
        (["--seed", "1.5"], ["--seed", "1.5"]),
        (["--seed", "0-1000000"], ["--seed", "more than 100,000"]),
        (["--seed", "9007199254740993"], ["9007199254740993", "9,007,199,254,740,992"]),
        (["--amount", "0"], ["amount", "above 0"]),
        (["--amount", "-5"], ["amount", "above 0"]),
        (["--amount", "nan"], ["amount"]),
        (["--amount", "inf"], ["amount"]),
        (["--amount", "much"], ["--amount", "much"]),
        (["--size", "300"], ["size 300 px", "multiple of 64"]),
        (["--order", "random"], ["--order", "replacement", "shuffle", "raster"]),
        (["--fit", "squeeze"], ["--fit", "bands", "crop", "stretch"]),
        (["-i", "tela"], ["Did you mean telea?", "navier-stokes"]),
        (["-i", ","], ["at least one inpainter"]),
        (["--set", "radius"], ["--set", "KEY=VALUE"]),
        (["--set", "raduis=3"], ["no parameter raduis", "Did you mean radius? Available: radius"]),
        (["--set", "radius=wide"], ["radius", "wide"]),
        (["--set", "radius=0"], ["radius", "above 0"]),
        (["--set", "radius=5", "-i", "noise"], ["noise has no parameter radius"]),
        (["--metrics", "ssim,lpips-vg"], ["lpips-vg", "Did you mean lpips-vgg?"]),
        (["--metrics", "entropy@previous"], ["entropy"]),
        (["--metrics", "ssim@next"], ["@previous"]),
        (["--measure", "often"], ["--measure", "often", "half", "every"]),
        (["--measure", "0"], ["--measure"]),
        (["--measure", "-3"], ["--measure"]),
        (["--display", "fancy"], ["--display", "plain"]),
        (["--name", "x", "--seed", "0-1"], ["--name x", "these are 2", "--group"]),
        (["--name", "a/b"], ["a/b", "is not a name"]),
        (["--name", ".x"], [".x", "is not a name"]),
        (["--group", "a//b"], ["is not a name"]),
        (["--group", "../up"], ["is not a name"]),
        (["--sed", "3"], ["--sed", "--seed"]),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_made(options: list[str], words: list[str]) -> None:
    outcome = run(*options)
    outcome.require_one_line(*words)
    assert outcome.code == 2
    assert not Path("runs").exists()


def test_all_pictures_that_cannot_be_read_are_named_at_once() -> None:
    Path("empty.png").touch()
    outcome = riptui("run", "missing.png", "cat.png", "empty.png", *QUICK)
    assert outcome.code == 2
    assert [line.split(":")[1].strip() for line in outcome.err.splitlines()] == ["missing.png", "empty.png"]
    assert not Path("runs").exists()


@pytest.mark.needs("diffusion")
def test_weights_that_were_asked_for_and_cannot_be_had_are_an_error() -> None:
    outcome = run("--size", "256", "--metrics", "ssim,lpips-vgg")
    assert outcome.code == 1
    outcome.require_one_line("LPIPS vgg", "vgg16-397923af.pth")
    assert not Path("runs").exists()


def test_a_run_without_a_picture_says_how_to_get_help() -> None:
    outcome = riptui("run")
    assert outcome.code == 2
    outcome.require_one_line("IMAGE", "riptui run --help")


def test_a_mistyped_name_is_said_before_weights_are_missed() -> None:
    run("--name", "a/b").require_one_line("a/b")
    run("--name", "x", "--mask", "64,128").require_one_line("--name x")


# ── when it is measured ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "at"),
    [
        ("half", [0, 8, 16]),
        ("every", list(range(17))),
        ("5", [0, 5, 10, 15, 16]),
        ("999", [0, 16]),
        ("007", [0, 7, 14, 16]),
    ],
)
def test_it_is_measured_when_asked_for(measure: str, at: list[int]) -> None:
    assert run(*SMALL, "--metrics", "psnr", "--measure", measure).code == 0
    assert list(metrics_of(NAME)) == at


@pytest.mark.slow
def test_previous_is_the_distance_to_the_frame_measured_before() -> None:
    run(*SMALL, "--metrics", "psnr,psnr@previous")
    values = metrics_of(NAME)
    assert values[0] == {"psnr": None}
    assert values[8]["psnr@previous"] == values[8]["psnr"]
    assert values[16]["psnr@previous"] != values[16]["psnr"]


def test_metrics_can_be_none_at_all() -> None:
    outcome = run(*SMALL, "--metrics", "")
    assert outcome.code == 0
    assert outcome.err == ""
    assert metrics_of(NAME) == {}


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_without_weights_it_says_so_once_and_goes_on() -> None:
    outcome = run(*SMALL, "--seed", "0-1")
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"left out: {', '.join(LPIPS)} (no weights in")
    assert "add them later with `riptui measure`" in outcome.err
    assert all(values.keys() == {"ssim", "psnr"} for values in metrics_of(NAME).values())


@pytest.mark.slow
def test_lpips_that_is_measured_later_is_exactly_that_of_a_run_that_had_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*SMALL, "--name", "later")
    assert not any(name in values for values in metrics_of("later").values() for name in LPIPS)
    request.getfixturevalue("torch_home")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    outcome = riptui("measure", "runs/cat/later")
    assert (outcome.code, outcome.err) == (0, "")
    run(*SMALL, "--name", "at-once")
    assert metrics_of("later") == metrics_of("at-once")
    assert metrics_of("later")[16].keys() == {"ssim", "psnr", *LPIPS}
    assert all(metrics_of("later")[16][name] > 0 for name in LPIPS)


# ── again ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_command_again_says_done_and_touches_nothing() -> None:
    run(*SMALL, "--metrics", "psnr")
    before = contents(Path("runs"))
    again = run(*SMALL, "--metrics", "psnr")
    assert (again.code, again.out, again.err) == (0, f"cat/{NAME}: already done\n", "")
    assert contents(Path("runs")) == before


@pytest.mark.slow
def test_with_another_metric_it_measures_and_computes_nothing() -> None:
    run(*SMALL, "--metrics", "psnr")
    old, values = contents(Path("runs")), metrics_of(NAME)
    events = objects(run(*SMALL, "--metrics", "delta-e", "--display", "json"))
    assert [event["event"] for event in events] == ["started", "measured", "measured", "measured", "ended"]
    assert [event["k"] for event in events] == [16, 0, 8, 16, 16]
    new = contents(Path("runs"))
    changed = {name.rpartition("/")[2] for name in new if new[name][0] != old[name][0]}
    assert changed == {layout.METRICS, layout.REQUEST}
    assert all(metrics_of(NAME)[k]["psnr"] == values[k]["psnr"] for k in values)
    assert all("delta-e" in values for values in metrics_of(NAME).values())


@pytest.mark.slow
def test_with_another_metric_only_that_one_is_measured() -> None:
    run(*SMALL, "--metrics", "psnr")
    events = objects(run(*SMALL, "--metrics", "delta-e", "--display", "json"))
    assert [event["values"].keys() for event in events if event["event"] == "measured"] == [{"delta-e"}] * 3


@pytest.mark.slow
def test_after_a_stop_it_goes_on_to_the_same_bytes(make_trajectory: MakeTrajectory) -> None:
    run(*SMALL, "--metrics", "psnr", "--group", "whole")
    whole = Trajectory(Path("runs/whole/cat", NAME))
    parts = make_trajectory(f"cat/{NAME}", metrics=("psnr",))
    assert advance(parts, 3) == 3
    assert parts.read_status() == Status.INTERRUPTED
    outcome = run(*SMALL, "--metrics", "psnr")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == f"cat/{NAME}: resumes at 3, 16 iterations"
    assert [row.sha256 for row in parts.read_rows()] == [row.sha256 for row in whole.read_rows()]
    assert parts.read_metrics() == whole.read_metrics()
    for name in (layout.PATCHES, f"{layout.KEYFRAMES}/8.png", f"{layout.KEYFRAMES}/16.png"):
        assert (parts.path / name).read_bytes() == (whole.path / name).read_bytes()


# ── resume ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_resume_brings_one_to_its_end(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr",))
    advance(trajectory, 3)
    outcome = riptui("resume", trajectory.path)
    assert outcome.code == 0
    assert "resumes at" in outcome.out
    assert trajectory.read_status() == Status.DONE
    assert list(trajectory.read_metrics()) == [0, 8, 16]


@pytest.mark.slow
def test_resume_of_a_folder_takes_all_that_is_not_done(make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"g/a/m64-s{seed}", seed=seed, inpainter="noise") for seed in range(4)]
    list(run_trajectory(made[0]))
    advance(made[1], 3)
    before = contents(made[0].path)
    outcome = riptui("resume", "runs/g")
    assert outcome.code == 0
    assert {trajectory.read_status() for trajectory in made} == {Status.DONE}
    assert outcome.out.splitlines()[0] == "a/m64-s0: already done"
    assert "a/m64-s2 (2 of 4): starts, 16 iterations" in outcome.out
    assert contents(made[0].path) == before


@pytest.mark.slow
def test_resume_takes_several_paths_and_each_trajectory_once(make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"g/m64-s{seed}", seed=seed, inpainter="noise") for seed in range(3)]
    events = objects(riptui("resume", "runs/g", "runs/g/m64-s1", "runs", "--display", "json"))
    assert Counter(event["event"] for event in events) == {"started": 3, "iterated": 48, "ended": 3}
    assert {trajectory.read_status() for trajectory in made} == {Status.DONE}


@pytest.mark.parametrize(
    ("path", "words"), [("cat.png", "holds no trajectory"), ("void", "holds no trajectory"), ("gone", "does not exist")]
)
def test_resume_refuses_what_is_no_trajectory(path: str, words: str, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    Path("void").mkdir()
    outcome = riptui("resume", trajectory.path, path)
    assert outcome.code == 2
    outcome.require_one_line(path, words)
    assert trajectory.read_rows() == []


# ── displays ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_json_has_an_object_a_line_for_all_that_happens_in_order() -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--measure", "5", "--display", "json")
    events = objects(outcome)
    assert outcome.err == ""
    assert events[0] == {
        "event": "started",
        "trajectory": str(Path.cwd() / "runs" / "cat" / NAME),
        "k": 0,
        "iterations": 16,
        "recovered": [],
    }
    assert events[-1]["event"] == "ended"
    assert (events[-1]["k"], events[-1]["done"]) == (16, True)
    assert [event["k"] for event in events if event["event"] == "iterated"] == list(range(1, 17))
    spec = Trajectory(Path("runs/cat", NAME)).spec
    assert [event["k"] for event in events if event["event"] == "measured"] == measured_iterations(spec, 5)
    order = [(event["k"], event["event"]) for event in events[1:-1]]
    assert order == sorted(order)  # iterated before measured
    assert len({event["trajectory"] for event in events}) == 1


@pytest.mark.slow
def test_json_has_what_is_on_disk() -> None:
    events = objects(run(*SMALL, "--metrics", "psnr,ssim", "--display", "json"))
    trajectory = Trajectory(Path("runs/cat", NAME))
    rows = [event for event in events if event["event"] == "iterated"]
    for event, row in zip(rows, trajectory.read_rows(), strict=True):
        assert (event["k"], tuple(event["box"]), event["inpainted"]) == (row.k, row.box, row.inpainted)
        assert (event["coverage"], event["seconds"]) == (row.coverage, row.seconds)
    assert {
        event["k"]: event["values"] for event in events if event["event"] == "measured"
    } == trajectory.read_metrics()
    assert trajectory.read_metrics()[0]["psnr"] is None  # of equal pictures: infinite, which JSON has not


def test_json_says_what_is_done_already() -> None:
    run(*QUICK)
    [event] = objects(run(*QUICK, "--display", "json"))
    assert event == {"event": "already", "trajectory": str(Path.cwd() / "runs/cat/m128-s0-noise-a50-256px")}


@pytest.mark.slow
def test_none_prints_nothing() -> None:
    assert run(*SMALL, "--metrics", "psnr", "--display", "none") == Outcome(0, "", "")
    assert len(Trajectory(Path("runs/cat", NAME)).read_rows()) == 16


@pytest.mark.slow
@pytest.mark.parametrize("display", ["auto", "plain"])
def test_without_a_terminal_there_are_plain_lines(display: str) -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--display", display)
    lines = outcome.out.splitlines()
    assert lines[0] == f"cat/{NAME}: starts, 16 iterations"
    assert [line.split()[1:4] for line in lines[1:4]] == [
        ["0/16", "0", "%"],
        ["8/16", "50", "%"],
        ["16/16", "100", "%"],
    ]
    assert lines[1].endswith("psnr ∞")
    assert lines[4].startswith(f"cat/{NAME}: done at 16, 16 in ")
    assert len(lines) == 5
    assert "\x1b" not in outcome.out


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 40])
def test_a_terminal_has_bars_that_leave_a_line_for_each_that_ended(columns: int) -> None:
    text = on_terminal(columns, "run", "cat.png", *SMALL, "--seed", "0-1", "--metrics", "psnr")
    ended = [line.rpartition("\x1b[2K")[2] for line in text.splitlines() if "✓" in line]
    psnr = [metrics_of(f"m64-s{seed}-a100-256px")[16]["psnr"] for seed in (0, 1)]
    assert [RICH.sub("", line) for line in ended] == [
        f"✓ cat/m64-s{seed}-a100-256px  100 %  psnr {value:.2f}" for seed, value in enumerate(psnr)
    ]
    bars = [RICH.sub("", part) for part in re.split(r"\r|\n|\x1b\[2K", text) if "✓" not in part]
    assert any("2 traj" in bar for bar in bars)
    assert all(len(bar) <= columns for bar in bars)


def on_terminal(columns: int, *argv: str) -> str:
    """All that the command sends to a terminal of 24 lines."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    with started(*argv, stdout=slave, stderr=slave, env=environment(TERM="xterm-256color")) as process:
        os.close(slave)
        sent = b""
        with suppress(OSError):  # Linux's way of saying that nobody writes any more
            while data := os.read(master, 65536):
                sent += data
        os.close(master)
        assert process.wait(PATIENCE) == 0
    return sent.decode()


@pytest.mark.slow
def test_bars_without_a_terminal_leave_only_the_lines() -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--display", "rich")
    psnr = metrics_of(NAME)[16]["psnr"]
    assert outcome.out.strip() == f"✓ cat/{NAME}  100 %  psnr {psnr:.2f}"
    again = run(*SMALL, "--metrics", "psnr", "--display", "rich")
    assert again.out.strip() == f"✓ cat/{NAME}  already done  psnr {psnr:.2f}"


@pytest.mark.slow
@pytest.mark.parametrize("display", ["plain", "json", "rich", "none"])
def test_a_failure_ends_with_1_and_the_others_go_on(
    display: str, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_trajectory("a/bad", mask=64), make_trajectory("a/good", mask=64, inpainter="noise")
    monkeypatch.setattr("riptui.inpainters.opencv.cv2.inpaint", lambda *given, **named: 1 / 0)
    outcome = riptui("resume", "runs", "--display", display)
    assert outcome.code == 1
    assert (bad.read_status(), good.read_status()) == (Status.FAILED, Status.DONE)
    text = outcome.out if display in ("json", "rich") else outcome.err
    assert "navier-stokes failed at iteration 1: ZeroDivisionError: division by zero" in text
    assert "Traceback" not in outcome.out + outcome.err
    if display == "json":
        assert Counter(event["event"] for event in objects(outcome))["failed"] == 1
    else:
        assert text.count("ZeroDivisionError") == 1


@pytest.mark.slow
def test_a_failure_is_forgotten_once_it_goes_on(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory()
    with monkeypatch.context() as broken:
        broken.setattr("riptui.inpainters.opencv.cv2.inpaint", lambda *given, **named: 1 / 0)
        assert riptui("resume", "runs").code == 1
    assert riptui("resume", "runs").code == 0
    assert trajectory.failure is None
    assert trajectory.read_status() == Status.DONE


@pytest.mark.slow
def test_the_command_itself_gives_the_exit_codes() -> None:
    given = {"cwd": Path.cwd(), "env": environment()}
    assert spawned("run", "cat.png", *QUICK, **given).code == 0
    refused = spawned("run", "cat.png", *QUICK, "--mask", "100", **given)
    assert refused.code == 2
    refused.require_one_line("mask 100 px")
