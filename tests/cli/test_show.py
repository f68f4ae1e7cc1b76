"""`riptui show`, as its users meet it."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.cli import console
from riptui.store.claim import claim
from riptui.store.disk import Folder
from riptui.store.lock import FolderLock
from tests.support.command import riptui
from tests.support.ended_trajectories import computed, failed, stopped
from tests.support.trajectories import MakeTrajectory

pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.slow
def test_show_tells_status_measurements_and_spec(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(metrics=("psnr", "ssim")))
    outcome = riptui("show", "runs/picture/m64-s0")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    row = trajectory.read_rows()[-1]
    status = lines.index("✓ done  runs/picture/m64-s0")
    assert lines[status : status + 3] == [
        "✓ done  runs/picture/m64-s0",
        "navier-stokes · 64 px · seed 0 · picture.png",
        f"iteration 16 of 16 · 100 % inpainted · {row.coverage:.1f} % coverage",
    ]
    table = [line.split() for line in lines if line.split()[:1] in (["0"], ["8"], ["16"])]
    assert [cells[:3] for cells in table] == [["0", "0", "%"], ["8", "50", "%"], ["16", "100", "%"]]
    assert [float(cells[-1]) for cells in table] == pytest.approx(
        [trajectory.read_metrics()[k]["ssim"] for k in (0, 8, 16)], abs=1e-4
    )
    assert "∞" in table[0]
    assert any(set(line.split()[-1]) <= set("▁▂▃▄▅▆▇█") for line in lines if line.strip())
    for name, value in json.loads(msgspec.json.encode(trajectory.spec)).items():
        assert re.search(rf"^{name} +", outcome.out, re.MULTILINE), value
    assert trajectory.spec.digest in outcome.out
    assert "▀" not in outcome.out


@pytest.mark.slow
def test_show_in_json_is_complete(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory(metrics=("psnr", "psnr@previous")))
    outcome = riptui("show", trajectory.path, "--json")
    shown = json.loads(outcome.out)
    assert outcome.code == 0
    assert outcome.out.count("\n") == 1
    assert shown.keys() == {
        *("path", "status", "k", "iterations", "inpainted", "coverage", "digest", "spec", "request", "sessions"),
        *("metrics", "failure", "holder", "mixed", "silent", "tags", "note"),
    }
    assert shown["metrics"] == [{"k": k, **values} for k, values in trajectory.read_metrics().items()]
    assert (shown["status"], shown["k"], shown["failure"], shown["holder"]) == ("done", 16, None, None)
    assert shown["sessions"][0]["versions"].keys() >= {"riptui", "python", "numpy", "opencv-python-headless"}
    assert shown["request"] == {
        **{"state": "run", "metrics": ["psnr", "psnr@previous"], "measure": "half"},
        "queued": 0.0,
    }


@pytest.mark.slow
def test_show_draws_the_original_beside_a_frame(make_trajectory: MakeTrajectory, narrow: Any) -> None:
    computed(make_trajectory())
    lines = narrow(80, "show", "runs/picture/m64-s0", "--picture", "--frame", "8")
    drawn = [line for line in lines if "▀" in line]
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn[0]) <= 80
    assert drawn[0].count("▀") == 2 * len(drawn) * 2
    assert len(drawn) == 24 - 6  # the rest of the window is for the state
    caption = lines[lines.index(drawn[0]) + len(drawn)]
    assert caption.split() == ["original", "frame", "8,", "50", "%"]
    assert not any("▀" in line for line in narrow(80, "show", "runs/picture/m64-s0", "--no-picture"))


@pytest.mark.slow
def test_under_no_color_half_blocks_are_not_drawn_without_their_colours(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed(make_trajectory())
    monkeypatch.setattr(console.out, "no_color", True)
    outcome = riptui("show", "runs/picture/m64-s0", "--picture")
    assert outcome.code == 0
    assert "▀" not in outcome.out
    assert outcome.err.startswith("no pictures: there are no colours here (NO_COLOR")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_show_draws_by_itself_on_a_terminal_alone(make_trajectory: MakeTrajectory, narrow: Any) -> None:
    computed(make_trajectory())
    assert any("frame 16, 100 %" in line for line in narrow(80, "show", "runs/picture/m64-s0"))
    assert "▀" in riptui("show", "runs/picture/m64-s0", "--picture").out
    assert "▀" not in riptui("show", "runs/picture/m64-s0").out


@pytest.mark.slow
@pytest.mark.parametrize("argv", [["--frame", "17", "--picture"], ["--frame", "-1"], ["--frame", "last"]])
def test_a_frame_that_there_is_not_is_refused(argv: list[str], make_trajectory: MakeTrajectory) -> None:
    computed(make_trajectory())
    outcome = riptui("show", "runs/picture/m64-s0", *argv)
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert argv[1] in outcome.err


def test_show_of_what_is_unfinished_tells_how_far_it_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory(metrics=("psnr",)))
    k = len(trajectory.read_rows())
    lines = riptui("show", trajectory.path, "--picture").out.splitlines()
    status = lines.index("◼ stopped  runs/picture/m64-s0")
    assert lines[status + 2].startswith(f"iteration {k} of 16 · {100 * k / 16:.0f} % inpainted")
    assert any(f"frame {k}," in line for line in lines)


def test_show_of_what_was_never_started_works(make_trajectory: MakeTrajectory) -> None:
    outcome = riptui("show", make_trajectory().path, "--picture")
    assert outcome.code == 0
    assert "\n○ queued" in outcome.out
    assert "frame 0, 0 %" in outcome.out


def test_show_of_a_failure_tells_why_and_where_the_traceback_is(make_trajectory: MakeTrajectory) -> None:
    trajectory = failed(make_trajectory())
    outcome = riptui("show", trajectory.path)
    assert outcome.code == 0
    assert "✗ failed" in outcome.out
    assert "failed at iteration 1: it broke" in outcome.out
    assert "see the traceback with: riptui logs runs/picture/m64-s0;" in outcome.out
    assert "riptui resume runs/picture/m64-s0" in outcome.out
    assert "traceback" in Path("runs/picture/m64-s0/log.txt").read_text()
    assert json.loads(riptui("show", trajectory.path, "--json").out)["failure"]["error"] == "it broke"


def test_show_of_what_is_running_tells_who_computes_it(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    with Folder(trajectory.path) as folder, FolderLock(folder):
        outcome = riptui("show", trajectory.path)
    assert "● running" in outcome.out
    assert re.search(r"process \d+ on .* is running it", outcome.out)


@pytest.mark.parametrize(("path", "words"), [("runs", "has no spec.json"), ("gone", "does not exist")])
def test_show_of_what_is_no_trajectory_is_refused(path: str, words: str, make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    outcome = riptui("show", path)
    assert outcome.code == 2
    outcome.require_one_line(path, words, "riptui ls")


MANY = {"ssim": 0.98765, "psnr": 23.123, "lpips-squeeze": 0.3456, "lpips-alex": 0.4567, "lpips-vgg": 0.5678}
SHOWN = ["0.9877", "23.12", "0.3456", "0.4567", "0.5678"]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [200, 120, 80, 60, 40])
def test_the_default_metrics_are_readable_at_any_width(
    columns: int, make_trajectory: MakeTrajectory, narrow: Any
) -> None:
    trajectory = computed(make_trajectory())
    with claim(trajectory) as claimed:
        for k in range(17):
            claimed.add_measurement(k, MANY)
    lines = narrow(columns, "show", trajectory.path, "--no-picture")
    values = [line.split()[-5:] for line in lines if line.split()[-1:] == SHOWN[-1:]]
    assert values == [SHOWN] * 17
    assert max(map(len, lines[-21:])) <= columns
    assert "…" not in "".join(lines)
    assert "squeeze" in "".join(lines)


def test_a_name_is_not_broken_before_its_last_letter(make_trajectory: MakeTrajectory, narrow: Any) -> None:
    trajectory = computed(make_trajectory())
    with claim(trajectory) as claimed:
        claimed.add_measurement(0, MANY | {"delta-e": 5.8291})
    words = " ".join(narrow(60, "show", trajectory.path, "--no-picture")).split()
    assert "delta-e" in words
    assert "lpips-" in words, "others are"


@pytest.mark.slow
def test_a_file_gets_the_whole_table(make_trajectory: MakeTrajectory) -> None:
    trajectory = computed(make_trajectory())
    names = [f"{name}{at}" for name in MANY for at in ("", "@previous")]
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, dict.fromkeys(names, 0.1234))
    [heading] = [line for line in riptui("show", trajectory.path).out.splitlines() if "psnr" in line]
    assert heading.split() == ["k", "inpainted", "coverage", *names]


def test_show_prints_settings_as_people_write_them(make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    lines = [line.split(maxsplit=1) for line in riptui("show", "runs/picture/m64-s0").out.splitlines()]
    assert ["parameters", "radius 3"] in lines
    assert ["paste", "yes"] in lines
    assert not [line for line in lines if set("{}[]") & set("".join(line))]


def test_show_has_tags_and_the_note(make_trajectory: MakeTrajectory) -> None:
    path = make_trajectory("cat/one").path
    riptui("tag", path, "-a", "usable")
    riptui("note", path, "the whiskers go")
    outcome = riptui("show", path)
    assert "#usable\nthe whiskers go\n" in outcome.out
    [tags, note] = [json.loads(riptui("show", path, "--json").out)[name] for name in ("tags", "note")]
    assert (tags, note) == (["usable"], "the whiskers go")


def test_a_frame_that_is_not_there_is_refused_without_pictures_too(make_trajectory: MakeTrajectory) -> None:
    outcome = riptui("show", make_trajectory("cat/one").path, "--no-picture", "--frame", "99")
    assert outcome.code == 2
    outcome.require_one_line("has frames 0 to 0, not 99")


def test_several_trajectories_are_shown_one_after_the_other(make_trajectory: MakeTrajectory) -> None:
    paths = [make_trajectory("a/one").path, make_trajectory("b/two", seed=7).path]
    outcome = riptui("show", *paths)
    assert [line.split()[1] for line in outcome.out.splitlines() if line.startswith("seed ")] == ["0", "7"]
    assert [found["spec"]["seed"] for found in json.loads(riptui("show", *paths, "--json").out)] == [0, 7]
    assert riptui("show", paths[0], "gone").out == ""
