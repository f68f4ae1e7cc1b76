"""`riptui measure` and `riptui export`, as their users meet them. What the files hold is test_export.py's."""

import csv
import json
import os
import re
import sys
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from riptui import metrics
from riptui.images import decode_png
from riptui.region import Region
from riptui.store import layout
from riptui.store.disk import Folder
from riptui.store.frames import read_frame
from riptui.store.lock import FolderLock
from riptui.store.trajectory import Trajectory
from tests.support.command import Outcome, riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance

pytest_plugins = ["tests.support.random_trunks"]

PLACE = "runs/picture/m64-s0"
OF_REPAINT = ("seam", "seam-original", "seam-delta-e")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_torch_home: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    """16 iterations, of which 0, 8 and 16 are measured."""
    trajectory = make_trajectory(metrics=("psnr",))
    list(run_trajectory(trajectory))
    return trajectory


def stopped(trajectory: Trajectory) -> Trajectory:
    assert advance(trajectory, 9) == 9
    return trajectory


# ── measure ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_more_metrics_are_measured_and_nothing_else_changes(done: Trajectory) -> None:
    before, rows = done.read_metrics(), (done.path / layout.ROWS).read_bytes()
    outcome = riptui("measure", PLACE, "--metrics", "delta-e,entropy")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        ["picture/m64-s0:", f"{k}/16"] for k in (0, 8, 16)
    ]
    after = done.read_metrics()
    assert list(after) == [0, 8, 16]
    for k in after:
        assert after[k].keys() == {"psnr", "delta-e", "entropy"}
        assert after[k]["psnr"] == before[k]["psnr"]
    assert (done.path / layout.ROWS).read_bytes() == rows
    assert f"delta-e {after[16]['delta-e']:.4f}" in outcome.out


@pytest.mark.slow
@pytest.mark.parametrize(("measure", "at"), [("every", list(range(17))), ("5", [0, 5, 8, 10, 15, 16])])
def test_existing_frames_are_measured_at_more_points(measure: str, at: list[int], done: Trajectory) -> None:
    assert riptui("measure", PLACE, "--metrics", "psnr", "--measure", measure).code == 0
    assert list(done.read_metrics()) == at


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["half", "every"])
def test_what_is_measured_later_is_exactly_what_a_run_measures(measure: str, make_trajectory: MakeTrajectory) -> None:
    names = ("psnr", "ssim", "delta-e", "entropy", "lab-a", "ssim@content", *OF_REPAINT, "ssim@previous")
    later, at_once = make_trajectory("a/later"), make_trajectory("a/at-once", metrics=names)
    list(run_trajectory(later))
    list(run_trajectory(at_once))
    argv = ("--metrics", ",".join(names), "--measure", measure)
    assert riptui("measure", "runs/a/later", *argv).code == 0
    if measure == "half":
        assert later.read_metrics() == at_once.read_metrics()
    else:
        values, half = later.read_metrics(), at_once.read_metrics()
        plain = [name for name in names if name != "ssim@previous"]
        assert [[values[k].get(one) for one in plain] for k in half] == [
            [half[k].get(one) for one in plain] for k in half
        ]
    assert later.read_metrics()[0].keys() == {*names} - {"ssim@previous", *OF_REPAINT}
    assert all(values.keys() == {*names} for k, values in later.read_metrics().items() if k)


@pytest.mark.exhaustive
def test_a_metric_of_iterations_is_complete_without_a_value_of_frame_0(done: Trajectory) -> None:
    riptui("measure", PLACE, "--metrics", "seam,ssim@previous")
    measured = (done.path / layout.METRICS).read_bytes()
    again = riptui("measure", PLACE, "--metrics", "seam,ssim@previous")
    assert (again.code, again.err) == (0, "")
    assert (done.path / layout.METRICS).read_bytes() == measured
    last = done.read_rows()[15]
    repaint = metrics.Repaint(read_frame(done, 15), Region(last.box))
    seam = metrics.load_repaint_metric("seam")
    assert done.read_metrics()[16]["seam"] == seam.measure(None, read_frame(done, 16), repaint) > 0


@pytest.mark.slow
@pytest.mark.exhaustive
def test_previous_is_measured_again_where_another_frame_is_measured_before(make_trajectory: MakeTrajectory) -> None:
    first, second = make_trajectory("a/first", metrics=("ssim@previous",)), make_trajectory("a/second")
    list(run_trajectory(first))
    list(run_trajectory(second))
    riptui("measure", "runs/a", "--metrics", "ssim@previous", "--measure", "every")
    assert first.read_metrics() == second.read_metrics()


@pytest.mark.slow
def test_when_there_is_nothing_to_measure_it_says_so_and_writes_nothing(done: Trajectory) -> None:
    before = (done.path / layout.METRICS).stat()
    outcome = riptui("measure", PLACE, "--metrics", "psnr")
    assert outcome == Outcome(0, "picture/m64-s0: already measured\n", "")
    assert (done.path / layout.METRICS).read_bytes().count(b"\n") == 3
    assert (done.path / layout.METRICS).stat().st_size == before.st_size
    assert json.loads(riptui("measure", PLACE, "--metrics", "psnr", "--display", "json").out)["event"] == "already"
    assert riptui("measure", PLACE, "--metrics", "psnr", "--display", "none") == Outcome(0, "", "")


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_the_default_metrics_are_those_at_hand(done: Trajectory) -> None:
    outcome = riptui("measure", PLACE)
    assert outcome.code == 0
    assert outcome.err.startswith("left out: lpips-squeeze, lpips-alex, lpips-vgg (no weights in")
    assert done.read_metrics()[16].keys() == {"psnr", "ssim"}


@pytest.mark.slow
def test_only_what_is_computed_is_measured(make_trajectory: MakeTrajectory) -> None:
    trajectory = stopped(make_trajectory())
    k = len(trajectory.read_rows())
    assert riptui("measure", PLACE, "--metrics", "psnr", "--measure", "every").code == 0
    assert list(trajectory.read_metrics()) == list(range(k + 1))
    assert len(trajectory.read_rows()) == k
    assert riptui("resume", PLACE).code == 0
    assert len(trajectory.read_rows()) == 16


@pytest.mark.slow
def test_json_has_an_object_for_each_measured_frame(done: Trajectory) -> None:
    events = [
        json.loads(line)
        for line in riptui("measure", "runs", "--metrics", "ssim", "--display", "json").out.splitlines()
    ]
    assert [(event["event"], event["k"], event["values"].keys()) for event in events] == [
        ("measured", k, {"ssim"}) for k in (0, 8, 16)
    ]
    assert {event["k"]: event["values"]["ssim"] for event in events} == {
        k: values["ssim"] for k, values in done.read_metrics().items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("display", ["auto", "json", "none"])
def test_what_another_process_computes_is_said_and_the_others_are_measured(
    display: str, make_trajectory: MakeTrajectory
) -> None:
    held, free = (make_trajectory(f"a/{name}", inpainter="noise") for name in ("held", "free"))
    list(run_trajectory(held))
    list(run_trajectory(free))
    with Folder(held.path) as folder, FolderLock(folder):
        outcome = riptui("measure", "runs", "--metrics", "psnr", "--display", display)
    assert outcome.code == 1
    assert f"is being computed by process {os.getpid()} on " in (outcome.out if display == "json" else outcome.err)
    if display != "json":
        assert outcome.err.startswith("error: ")
        assert outcome.err.count("\n") == 1
    assert held.read_metrics() == {}
    assert list(free.read_metrics()) == [0, 8, 16]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["gone"], 2, ["gone does not exist"]),
        ([PLACE, "--metrics", "sim"], 2, ["Did you mean ssim?"]),
        ([PLACE, "--metrics", "entropy@previous"], 2, ["entropy"]),
        ([PLACE, "--measure", "never"], 2, ["--measure", "never", "every"]),
        pytest.param(
            [PLACE, "--metrics", "lpips-alex"], 1, ["LPIPS alex", "alexnet"], marks=pytest.mark.needs("diffusion")
        ),
        ([], 2, ["PATH", "riptui measure --help"]),
    ],
)
def test_measure_refuses_in_one_line(argv: list[str], code: int, words: list[str], done: Trajectory) -> None:
    before = done.read_metrics()
    outcome = riptui("measure", *argv)
    assert outcome.code == code
    outcome.require_one_line(*words)
    assert done.read_metrics() == before


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def pictures(file: str) -> int:
    with PIL.Image.open(file) as opened:
        return getattr(opened, "n_frames", 1)


@pytest.mark.slow
def test_frames_are_whole_and_exact(done: Trajectory) -> None:
    outcome = riptui("export", PLACE, "--frames", "out")
    assert outcome == Outcome(0, "out: 17 frames\n", "")
    assert sorted(path.name for path in Path("out").iterdir()) == [f"{k:05}.png" for k in range(17)]
    for k in (0, 7, 16):
        np.testing.assert_array_equal(decode_png(Path(f"out/{k:05}.png").read_bytes()), read_frame(done, k))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at", "frames"), [("half", [0, 8, 16]), ("5", [0, 5, 10, 15, 16]), ("every", list(range(17)))]
)
def test_at_says_which_frames(at: str, frames: list[int], done: Trajectory) -> None:
    assert riptui("export", PLACE, "--frames", "out", "--gif", "x.png", "--at", at).code == 0
    assert sorted(int(path.stem) for path in Path("out").iterdir()) == frames
    images = [read_frame(done, k) for k in frames]
    changes = sum(not np.array_equal(one, other) for one, other in pairwise(images))
    assert pictures("x.png") == 1 + changes  # Pillow shows one of two equal frames, for as long as both


@pytest.mark.slow
@pytest.mark.parametrize(("file", "kind"), [("x.gif", "GIF"), ("x.webp", "WEBP"), ("x.png", "PNG")])
def test_an_animation_is_what_its_name_ends_in(file: str, kind: str, done: Trajectory) -> None:
    assert riptui("export", PLACE, "--gif", file) == Outcome(0, f"{file}\n", "")
    with PIL.Image.open(file) as opened:
        assert (opened.format, opened.size) == (kind, (256, 256))


@pytest.mark.slow
def test_a_strip_has_a_picture_every_50_percent(done: Trajectory) -> None:
    assert riptui("export", PLACE, "--strip", "strip.png").code == 0
    with PIL.Image.open("strip.png") as opened:
        width, height = opened.size
    assert 3 * 256 < width < 4 * 256
    assert 256 < height < 2 * 256


@pytest.mark.slow
def test_a_csv_has_what_was_measured(done: Trajectory) -> None:
    assert riptui("export", PLACE, "--csv", "x.csv").code == 0
    with Path("x.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["k"]) for row in rows] == [0, 8, 16]
    assert [float(row["psnr"]) for row in rows] == [inf, *(done.read_metrics()[k]["psnr"] for k in (8, 16))]


@pytest.mark.slow
def test_a_parquet_has_the_same(done: Trajectory) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs riptui[parquet]")
    assert riptui("export", PLACE, "--parquet", "x.parquet").code == 0
    assert parquet.read_table("x.parquet")["k"].to_pylist() == [0, 8, 16]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_all_of_it_at_once(done: Trajectory) -> None:
    given = ["--frames", "f", "--gif", "x.gif", "--strip", "x.png", "--csv", "x.csv"]
    outcome = riptui("export", PLACE, *given)
    assert outcome == Outcome(0, "f: 17 frames\nx.gif\nx.png\nx.csv\n", "")


@pytest.mark.slow
def test_what_is_unfinished_is_exported_as_far_as_it_is(make_trajectory: MakeTrajectory) -> None:
    k = len(stopped(make_trajectory()).read_rows())
    assert riptui("export", PLACE, "--frames", "f", "--strip", "s.png", "--at", "half").code == 0
    assert sorted(int(path.stem) for path in Path("f").iterdir()) == [0, 8]
    assert riptui("export", PLACE, "--frames", "g").out == f"g: {k + 1} frames\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--gif", "x.gif"),
        ("--strip", "x.png"),
        ("--png", "x.png"),
        ("--csv", "x.csv"),
        pytest.param("--parquet", "x.parquet", marks=pytest.mark.needs("parquet")),
        pytest.param("--mp4", "x.mp4", marks=pytest.mark.needs("video")),
    ],
)
def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(option: str, name: str, done: Trajectory) -> None:
    file = Path(name)
    file.write_text("mine")
    outcome = riptui("export", PLACE, option, file)
    assert outcome.code == 2
    outcome.require_one_line(str(file), "exists", "--overwrite")
    assert file.read_text() == "mine"
    assert riptui("export", PLACE, option, file, "--overwrite").code == 0
    assert file.read_bytes() != b"mine"


@pytest.mark.slow
def test_a_folder_with_something_in_it_is_kept_unless_frames_may_be_replaced(done: Trajectory) -> None:
    Path("f").mkdir()
    Path("f/notes.txt").write_text("mine")
    outcome = riptui("export", PLACE, "--frames", "f")
    assert outcome.code == 2
    outcome.require_one_line("f is not empty", "--overwrite")
    assert riptui("export", PLACE, "--frames", "f", "--overwrite").code == 0
    assert Path("f/notes.txt").read_text() == "mine"
    assert len(list(Path("f").iterdir())) == 18


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ["nothing to export", "--frames", "--gif", "--mp4", "--png", "--strip", "--csv", "--parquet"]),
        (["--at", "half"], ["nothing to export"]),
        (["--gif", "x.mp4"], ["x.mp4", ".gif or .webp or .png"]),
        pytest.param(["--mp4", "x.avi"], ["x.avi", ".mp4"], marks=pytest.mark.needs("video")),
        (["--png", "x.jpg"], ["x.jpg", ".png"]),
        (["--png", "x.png", "--frame", "17"], ["frames 0 to 16, not 17"]),
        (["--csv", "x.csv", "--frame", "3"], ["--frame", "--png"]),
        (["--strip", "x.jpg"], ["x.jpg", ".png"]),
        (["--csv", "x.txt"], ["x.txt", ".csv"]),
        (["--parquet", "x.csv"], ["x.csv", ".parquet"]),
        (["--csv", "gone/x.csv"], ["gone does not exist"]),
        (["--csv", "runs"], ["runs"]),
        (["--frames", "gone/f"], ["gone does not exist"]),
        (["--csv", "a.csv", "--parquet", "a.csv"], ["--csv and --parquet name the same file, a.csv"]),
        (["--png", "a.png", "--strip", "./a.png", "--overwrite"], ["--png and --strip name the same file"]),
        (["--png", "a.png", "--csv", "a.txt"], ["a.txt", ".csv"]),
        (["--frames", "f", "--csv", "runs"], ["runs"]),
        (["--gif", "x.gif", "--png", "x.png", "--frame", "17"], ["frames 0 to 16, not 17"]),
        (["--gif", "x.gif", "--at", "often"], ["--at", "often"]),
        (["--gif", "x.gif", "--at", "0"], ["--at"]),
    ],
)
def test_export_refuses_in_one_line_and_writes_nothing(argv: list[str], words: list[str], done: Trajectory) -> None:
    before = sorted(Path().iterdir())
    outcome = riptui("export", PLACE, *argv)
    assert outcome.code == 2
    outcome.require_one_line(*words)
    assert sorted(Path().iterdir()) == before


def test_export_of_a_group_says_what_takes_one(make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    for option, advice in (("--csv", "riptui results runs --csv FILE"), ("--gif", "riptui ls runs")):
        outcome = riptui("export", "runs", option, f"x.{option[2:]}")
        assert outcome.code == 2
        outcome.require_one_line("runs is a group", advice)


def test_export_tells_in_json_what_it_wrote(make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    outcome = riptui("export", PLACE, "--png", "x.png", "--frames", "f", "--json")
    assert json.loads(outcome.out) == {"frames": "f", "png": "x.png"}


def test_export_of_nothing_measured_says_what_to_do(make_trajectory: MakeTrajectory) -> None:
    make_trajectory()
    outcome = riptui("export", PLACE, "--csv", "x.csv")
    assert outcome.code == 2
    outcome.require_one_line("nothing is measured", "riptui measure")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "words"),
    [
        (["--csv", "x.csv"], "nothing is measured"),
        pytest.param(["--parquet", "x.parquet"], "nothing is measured", marks=pytest.mark.needs("parquet")),
        pytest.param(
            ["--parquet", "x.parquet", "--features", "inception"], "no features", marks=pytest.mark.needs("parquet")
        ),
        (["--strip", "x.png"], "3 pictures of 256 px"),
        (["--gif", "x.gif"], "17 frames are too many"),
        (["--frames", "f"], "need about"),
    ],
)
def test_what_one_file_lacks_is_refused_before_another_is_written(
    last: list[str], words: str, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(run_trajectory(make_trajectory(metrics=())))
    monkeypatch.setattr("riptui.export.strip.MAX_PIXELS", 1)
    monkeypatch.setattr("riptui.export.animation.MAX_PIXELS", 256**2)
    monkeypatch.setattr("riptui.export.png_frames.free_bytes", lambda folder: 1)
    outcome = riptui("export", PLACE, "--png", "first.png", *last)
    assert outcome.code in (1, 2)
    outcome.require_one_line(words)
    assert [path.name for path in Path().iterdir()] == ["runs"]


@pytest.mark.slow
@pytest.mark.parametrize("others", [("--png", "x.png"), ("--csv", "x.csv")])
def test_a_missing_extra_is_named_before_another_file_is_written(
    others: tuple[str, ...], done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    riptui("export", PLACE, *others, "--parquet", "x.parquet").require_one_line("pip install 'riptui[parquet]'")
    if others[0] == "--csv":
        riptui("results", "runs", *others, "--parquet", "x.parquet").require_one_line("pip install 'riptui[parquet]'")
    assert [path.name for path in Path().iterdir()] == ["runs"]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "words"), [("gone", "does not exist"), ("runs", "is a group")])
def test_export_of_no_trajectory_is_refused(path: str, words: str, done: Trajectory) -> None:
    outcome = riptui("export", path, "--csv", "x.csv")
    assert outcome.code == 2
    outcome.require_one_line(words, "riptui ls")


@pytest.mark.slow
@pytest.mark.parametrize(("package", "extra", "file"), [("pyarrow", "parquet", "x.parquet"), ("av", "video", "x.mp4")])
def test_a_missing_extra_is_named(
    package: str, extra: str, file: str, done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    outcome = riptui("export", PLACE, f"--{Path(file).suffix[1:]}", file)
    assert outcome.code == 2
    outcome.require_one_line(package, f"pip install 'riptui[{extra}]'")
    assert not Path(file).exists()


@pytest.mark.slow
def test_a_frame_is_exported_with_its_spec(done: Trajectory) -> None:
    assert riptui("export", PLACE, "--png", "x.png", "--frame", "3").out == "x.png\n"
    with PIL.Image.open("x.png") as picture:
        assert json.loads(picture.info["riptui"])["k"] == 3
    assert riptui("export", PLACE, "--png", "newest.png").code == 0
    with PIL.Image.open("newest.png") as picture:
        assert json.loads(picture.info["riptui"])["k"] == 16


@pytest.mark.slow
def test_messages_of_export_name_the_options_that_there_are(done: Trajectory) -> None:
    [error] = riptui("export", PLACE).err.splitlines()
    named: Any = re.findall(r"--[a-z]+", error)
    help_text = riptui("export", "--help").out
    assert all(option in help_text for option in named)
