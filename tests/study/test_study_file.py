"""The study file: what it says, what is refused and where, and which trajectories come of it."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from riptui.errors import InputError, RiptuiError, StudyError, WorkerError
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.listing import find_trajectories
from riptui.store.records import Failure, Request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Worker, WorkerOptions, WorkerRecord
from riptui.study import manifest, sources
from riptui.study.presets import PRESETS, write_preset
from riptui.study.slurm import SlurmResources, make_script
from riptui.study.study_estimate import estimate_study
from riptui.study.study_file import Study, read_study
from riptui.study.submission import SkippedPicture, Submission, SubmittedPicture
from riptui.supervision.bulk import request_all, retry_all
from riptui.supervision.client import list_running_workers
from riptui.supervision.pool import LocalPool, plan_workers
from riptui.supervision.progress import ProgressTracker
from tests.support.command import riptui, wait_until
from tests.support.trajectories import picture
from tests.tools.draw_pictures import PICTURES, draw

RUNS = Path()

SWEEP = """
[sweep]
inpainter = "noise"
mask = [64, 128]
seed = "0-1"
amount = 100
size = 256
"""

Written = Callable[..., Path]


def save(path: Path, shade: int = 0, side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(side) ^ np.uint8(shade)).save(path)
    return path


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """A study file of two pictures, with these lines before [sweep]; and the file."""
    save(tmp_path / "pictures" / "a.png")
    save(tmp_path / "pictures" / "b.png", 1)
    monkeypatch.chdir(tmp_path)  # where ./runs is

    def write(text: str = 'images = ["pictures"]\nmetrics = []', sweep: str = SWEEP) -> Path:
        file = tmp_path / "small.toml"
        file.write_text(f"{text}\n{sweep}")
        return file

    return write


def submitted(study: Study, metrics: tuple[str, ...] = ()) -> list[SubmittedPicture | SkippedPicture]:
    return [*Submission(study, metrics)]


def counts(study: Study) -> list[tuple[int, int]]:
    return [(one.made, one.found) for one in submitted(study) if isinstance(one, SubmittedPicture)]


def specs(study: Study) -> list[dict[str, Any]]:
    """What the study's sweep gives for one picture, as values that vary."""
    found = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
    return [
        {"inpainter": spec.inpainter, "mask": spec.mask, "seed": spec.seed, "order": spec.order, **spec.parameters}
        for spec in found
    ]


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_study_is_every_combination(written: Written) -> None:
    study = read_study(written())
    assert [(one["mask"], one["seed"]) for one in specs(study)] == [(64, 0), (64, 1), (128, 0), (128, 1)]
    assert len(study) == 4
    assert study.group == study.name == "small"


def test_what_the_file_does_not_say_is_as_usual(written: Written, tmp_path: Path) -> None:
    study = read_study(written('images = "pictures"', sweep=""), runs=Path("elsewhere"))
    assert specs(study) == [{"inpainter": "navier-stokes", "mask": 128, "seed": 0, "order": "replacement", "radius": 3}]
    assert (study.metrics, study.measure, study.sample) == (None, "half", None)
    assert study.runs == Path.cwd() / "elsewhere"
    assert read_study(written('images = "pictures"\nruns = "here"')).runs == tmp_path / "here"


def test_a_parameter_is_for_the_inpainters_that_have_it(written: Written) -> None:
    sweep = '[sweep]\ninpainter = ["telea", "noise"]\nradius = [3, 5]\norder = ["raster", "shuffle"]'
    found = specs(read_study(written(sweep=sweep)))
    assert [(one["inpainter"], one.get("radius"), one["order"]) for one in found] == [
        ("telea", 3, "raster"),
        ("telea", 3, "shuffle"),
        ("telea", 5, "raster"),
        ("telea", 5, "shuffle"),
        ("noise", None, "raster"),
        ("noise", None, "shuffle"),
    ]


@pytest.mark.parametrize(
    ("seed", "seeds"), [("3", [3]), ('"0-2,7"', [0, 1, 2, 7]), ("[5, 1, 5]", [5, 1]), ('["0-1", 9]', [0, 1, 9])]
)
def test_seeds_are_numbers_lists_or_ranges(seed: str, seeds: list[int], written: Written) -> None:
    assert [one["seed"] for one in specs(read_study(written(sweep=f"[sweep]\nseed = {seed}")))] == seeds


@pytest.mark.parametrize(
    ("text", "sweep", "line", "words"),
    [
        ("images = 3", SWEEP, 1, "images is 3; it must be a list"),
        ("images = []", SWEEP, 1, "images is required: a list"),
        ('images = ["x"]\nimage = 1', SWEEP, 2, "unknown key 'image'. Did you mean images?"),
        ('images = ["x"]\nmask = 64', SWEEP, 2, "mask belongs below [sweep]"),
        ('images = ["x"]\n\nsample = 0', SWEEP, 3, "sample is 0; it must be a whole number of at least 1"),
        ('images = ["x"]\nsample = true', SWEEP, 2, "sample is True"),
        ('images = ["x"]\ngroup = "a/../b"', SWEEP, 2, "'..' is not a name"),
        ('images = ["x"]\nmetrics = ["sim"]', SWEEP, 2, "Did you mean ssim?"),
        ('images = ["x"]\nmeasure = "often"', SWEEP, 2, "measure is 'often'"),
        ('images = ["x"', SWEEP, 3, "this is not TOML"),
        ('images = ["x"]', "[sweep]\nmaks = 64", 3, "unknown key 'maks'. Did you mean mask?"),
        ('images = ["x"]', "[sweep]\nruns = 64", 3, "runs belongs above [sweep]"),
        ('images = ["x"]', "[sweep]\nseed = 1\nmask = [64, 100]", 4, "mask 100 px does not divide"),
        ('images = ["x"]', "[sweep]\nmask = 64\nsize = [256, 300]", 4, "size 300 px"),
        ('images = ["x"]', "[sweep]\nmask = []", 3, "mask is []"),
        ('images = ["x"]', '[sweep]\nmask = "64"', 3, "mask is '64'; it must be a whole number of px"),
        ('images = ["x"]', "[sweep]\nmask = [[64]]", 3, "mask is [[64]]"),
        ('images = ["x"]', '[sweep]\nseed = "9-0"', 3, "seed is '9-0'"),
        ('images = ["x"]', "[sweep]\nseed = -1", 3, "seed is -1"),
        ('images = ["x"]', "[sweep]\nseed = 1.5", 3, "seed is 1.5"),
        ('images = ["x"]', "[sweep]\nseed = 99999999999999999", 3, "seed is"),
        ('images = ["x"]', '[sweep]\nseed = "0-999999"', 3, "more than 100,000 numbers"),
        ('images = ["x"]', "[sweep]\namount = 0", 3, "amount 0"),
        ('images = ["x"]', "[sweep]\npaste = 1", 3, "paste is 1; it must be true or false"),
        ('images = ["x"]', '[sweep]\norder = "random"', 3, "one of replacement, shuffle, raster"),
        ('images = ["x"]', '[sweep]\ninpainter = ["telea", "tela"]', 3, "Did you mean telea?"),
        ('images = ["x"]', "[sweep]\nradius = [3, 500]", 3, "radius is 500"),
        ('images = ["x"]', '[sweep]\nsteps = 30\ninpainter = "telea"', 3, "none of the inpainters: telea"),
        ('images = ["x"]', '[sweep]\ninpainter = "sd2"\nmask = 4\nsteps = [20, 30]', 4, "multiples of 8 px"),
        ('images = ["x"]', "sweep = 3", 2, "sweep is 3; it must be a table"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, sweep: str, line: int, words: str, written: Written) -> None:
    file = written(text, sweep)
    with pytest.raises(StudyError) as caught:
        read_study(file)
    assert str(caught.value).startswith(f"{file}, line {line}: ")
    assert words in str(caught.value)


def test_values_that_cannot_be_together_are_told_at_the_key_that_spoils_it(written: Written) -> None:
    file = written(sweep="[sweep]\nsize = [512, 768]\nmask = [64, 512]")
    with pytest.raises(StudyError, match=r"line 4: mask 512 px does not divide the image's 768 px") as caught:
        read_study(file)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_there_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="riptui study new"):
        read_study(tmp_path / "none.toml")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_study(preset: str, tmp_path: Path) -> None:
    write_preset(preset, tmp_path / "it's.toml")
    text = (tmp_path / "it's.toml").read_text()
    study = read_study(tmp_path / "it's.toml")
    assert len(study) == {"quick": 12, "orders": 24, "paper-1": 3, "paper-2": 30}[preset]
    assert len([line for line in text.splitlines() if re.match("#[a-z]+ = ", line)]) >= 6
    with pytest.raises(StudyError, match="exists: choose another name"):
        write_preset(preset, tmp_path / "it's.toml")
    assert (tmp_path / "it's.toml").read_text() == text


def test_the_papers_experiments_are_the_papers(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / "pictures" / f"{name}.png")
    for preset, pictures in (("paper-1", 100), ("paper-2", 10)):
        write_preset(preset, tmp_path / f"{preset}.toml")
        study = read_study(tmp_path / f"{preset}.toml")
        found = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
        assert study.sample == pictures
        assert pictures * sum(spec.iterations for spec in found) == 33_600


# ── the pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_gives_its_pictures_in_natural_order_and_a_glob_what_it_finds(
    tmp_path: Path, written: Written
) -> None:
    for name in ("p10.png", "p9.JPG", ".hidden.png", "notes.txt"):
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / name).touch()
    found = sources.resolve(read_study(written('images = ["more", "pictures/b*", "pictures"]')))
    assert [path.name for path in found.paths] == ["p9.JPG", "p10.png", "b.png", "a.png"]
    assert found.notices == ["more: left out what is not a picture: notes.txt"]


def test_a_named_file_need_not_be_there_but_a_glob_must_find_something(written: Written, tmp_path: Path) -> None:
    assert sources.resolve(read_study(written('images = ["none.png"]'))).paths == [tmp_path / "none.png"]
    with pytest.raises(StudyError, match=r"'\*\.webp' matches no image"):
        sources.resolve(read_study(written('images = ["*.webp"]')))
    with pytest.raises(
        StudyError,
        match=r"unknown picture riptui:cofee. Did you mean riptui:coffee\? Available: riptui:bowl, riptui:coffee",
    ):
        sources.resolve(read_study(written('images = ["riptui:cofee"]')))


def test_a_sample_is_seeded_stays_when_others_go_and_grows() -> None:
    paths = [Path(f"/x/{number}.png") for number in range(200)]
    ten = sources.rank(paths, 10, 0, base=Path("/x"))[:10]
    assert ten == sources.rank(paths, 100, 0, base=Path("/x"))[:10]
    assert set(ten) != set(sources.rank(paths, 10, 1, base=Path("/x"))[:10])
    fewer = [path for path in paths if path != ten[3]]
    assert set(ten) - {ten[3]} < set(sources.rank(fewer, 10, 0, base=Path("/x"))[:10])
    assert sources.rank(paths, 500, 0, base=Path("/x")) == paths
    moved = [Path(f"/y/{number}.png") for number in range(200)]
    assert [path.name for path in sources.rank(moved, 10, 0, base=Path("/y"))[:10]] == [path.name for path in ten]


def test_a_sample_is_in_the_order_of_its_pictures_and_takes_copies_once(written: Written, tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / "many" / f"{number}.png", number // 2 if number < 8 else number)
    study = read_study(written('images = ["many"]\nsample = 7'))
    found = sources.resolve(study)
    assert found.paths == sorted(found.paths, key=lambda path: int(path.stem))
    assert len({path.read_bytes() for path in found.paths}) == len(found.paths) == 7
    assert all(text.endswith(": counted once") for text in found.notices)
    everything = sources.resolve(read_study(written('images = ["many"]')))
    assert len(everything.paths) == 8
    assert [path.stem for path in everything.paths[:4]] == ["0", "2", "4", "6"]
    assert len(everything.notices) == 4


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_pipes_and_endless_devices_are_refused_at_once(
    written: Written, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "odd.png")
    made = [*Submission(read_study(written('images = ["odd.png", "pictures"]')), ())]
    assert isinstance(made[0], SkippedPicture)
    assert "odd.png: is a pipe, a socket or a device" in made[0].reason
    assert [type(one) for one in made[1:]] == [SubmittedPicture] * 2


def test_pictures_that_are_no_longer_taken_are_told(written: Written, tmp_path: Path) -> None:
    assert counts(read_study(written('images = ["pictures"]'))) == [(4, 0), (4, 0)]
    submission = Submission(read_study(written('images = ["pictures/a.png"]')), ())
    assert [text for text in submission.notices if "b.png; their trajectories stay" in text]


def test_a_study_that_an_older_release_ran_keeps_its_names(written: Written, tmp_path: Path) -> None:
    """Releases whose names had ASCII letters only."""
    file = written().rename(tmp_path / "köln.toml")
    assert (read_study(file).group, read_study(file).name) == ("köln", "köln")
    (tmp_path / "runs" / "koln").mkdir(parents=True)
    (tmp_path / "runs" / "koln" / "koln.study.json").touch()
    assert (read_study(file).group, read_study(file).name) == ("koln", "koln")


def test_strict_leaves_out_what_is_damaged_inside(written: Written, tmp_path: Path) -> None:
    data = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    Image.fromarray(noise).save(data, "JPEG")
    (tmp_path / "half.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2] + b"\xff\xd9")
    [taken] = Submission(read_study(written('images = ["half.jpg"]')), ())
    assert isinstance(taken, SubmittedPicture)
    assert taken.notes[0].startswith("damaged inside (")
    [left_out] = Submission(read_study(written('images = ["half.jpg"]\nstrict = true\ngroup = "other"')), ())
    assert isinstance(left_out, SkippedPicture)
    with pytest.raises(StudyError, match="strict is 'yes'; it must be true or false"):
        read_study(written('images = ["half.jpg"]\nstrict = "yes"'))


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_that_come_with_it_are_what_is_drawn(name: str) -> None:
    shipped = np.asarray(Image.open(sources.list_bundled()[name]))
    assert np.abs(shipped.astype(int) - draw(name)).mean() < 4


# ── what comes of it ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_submitting_makes_each_trajectory_once(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    assert counts(study) == [(4, 0), (4, 0)]
    assert counts(study) == [(0, 4), (0, 4)]
    known = manifest.read(study)
    assert known is not None
    assert (known.expected, len(known.trajectories)) == (8, 8)
    assert {Path(one.path).name: one.sha256 for one in known.pictures}.keys() == {"a.png", "b.png"}
    for place, iterations in known.trajectories.items():
        trajectory = Trajectory(study.folder / place)
        assert trajectory.spec.iterations == iterations
        assert trajectory.request.state == "run"


def test_values_added_later_add_trajectories_and_repeat_none(written: Written) -> None:
    assert counts(read_study(written())) == [(4, 0), (4, 0)]
    more = read_study(written(sweep=SWEEP.replace("[64, 128]", "[32, 64, 128]").replace("0-1", "0-2")))
    assert counts(more) == [(5, 4), (5, 4)]
    assert len(manifest.read(more).trajectories) == 18
    fewer = read_study(written())
    assert counts(fewer) == [(0, 4), (0, 4)]
    assert len(manifest.read(fewer).trajectories) == 8
    assert len([*fewer.folder.glob("*/*/spec.json")]) == 18


def test_known_pictures_are_not_decoded_again(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(read_study(written()))
    monkeypatch.setattr("riptui.study.submission.prepare_original", None)
    assert counts(read_study(written())) == [(0, 4), (0, 4)]


def test_metrics_added_later_are_asked_for(written: Written) -> None:
    study = read_study(written())
    submitted(study, ("psnr",))
    [*_] = submitted(study, ("psnr", "ssim"))
    for place in manifest.read(study).trajectories:
        assert Trajectory(study.folder / place).request.metrics == ("psnr", "ssim")


def test_a_stopped_study_is_asked_for_again_and_what_failed_is_not(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    one, other, *_ = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories).remaining
    (one.path / layout.REQUEST).write_text('{"state": "stop"}')
    with claim(other) as claimed:
        claimed.record_failure(Failure("", 1, "it is broken", ""))
    (other.path / layout.REQUEST).write_text('{"state": "stop"}')
    submitted(study)
    assert one.request.state == "run"
    assert other.request == Request("stop")
    progress = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories).poll(full=True)
    assert progress.statuses == {"queued": 7, "failed": 1}
    assert [*progress.failed.values()] == ["it is broken"]


def test_what_is_tried_again_or_resumed_while_a_study_is_watched_is_watched_again(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    following = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories)
    failed, *others = following.remaining
    with claim(failed) as claimed:
        claimed.record_failure(Failure("", 1, "it is broken", ""))
    request_all(others, "pause")
    assert following.poll().statuses == {"failed": 1, "paused": 7}
    assert following.is_over
    assert retry_all([failed]) + request_all(others[:2], "run") == 3
    progress = following.poll()
    assert progress.statuses == {"queued": 3, "paused": 5}
    assert progress.failed == {}
    assert {one.path for one in following.remaining} == {one.path for one in (failed, *others[:2])}


def test_two_pictures_of_one_name_have_trajectories_of_their_own(written: Written, tmp_path: Path) -> None:
    save(tmp_path / "other" / "a.png", 3)
    study = read_study(written('images = ["pictures/a.png", "other/a.png"]'))
    assert counts(study) == [(4, 0), (4, 0)]
    assert counts(study) == [(0, 4), (0, 4)]


def test_a_poison_picture_is_left_out_and_the_others_are_not(written: Written, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "aa.png").write_bytes(b"\x89PNG\r\n\x1a\n poison")
    first, poison, last = submitted(read_study(written()))
    assert isinstance(first, SubmittedPicture)
    assert isinstance(last, SubmittedPicture)
    assert isinstance(poison, SkippedPicture)
    assert "aa.png" in poison.reason
    assert poison.kept == 0


def test_a_deleted_picture_is_named_and_its_trajectories_go_on(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    submitted(study)
    (tmp_path / "pictures" / "a.png").unlink()
    other, gone = submitted(study)
    assert isinstance(other, SubmittedPicture)
    assert isinstance(gone, SkippedPicture)
    assert gone.reason == f"{tmp_path}/pictures/a.png: it has disappeared since the first run"
    assert gone.kept == 4
    assert len(manifest.read(study).trajectories) == 8


def test_a_named_picture_that_never_was_there_is_refused(written: Written, tmp_path: Path) -> None:
    [missing] = submitted(read_study(written('images = ["none.png"]')))
    assert missing == SkippedPicture(
        tmp_path / "none.png", f"{tmp_path}/none.png: it does not exist: check the path", 0
    )


def test_a_changed_picture_is_noticed_and_one_that_was_only_copied_is_not(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    submitted(study)
    shutil.copy(tmp_path / "pictures" / "a.png", tmp_path / "copy.png")
    (tmp_path / "copy.png").replace(tmp_path / "pictures" / "a.png")
    assert counts(study) == [(0, 4), (0, 4)]
    save(tmp_path / "pictures" / "a.png", 9, side=65)
    changed, _ = submitted(study)
    assert isinstance(changed, SkippedPicture)
    assert "it has changed since the first run" in changed.reason
    assert changed.kept == 4


def test_a_study_keeps_what_it_read_when_its_file_is_edited(written: Written) -> None:
    study = read_study(written())
    submission = iter(Submission(study, ()))
    next(submission)
    written(sweep=SWEEP.replace("0-1", "0-9"))
    assert [one.made for one in submission if isinstance(one, SubmittedPicture)] == [4]
    assert manifest.read(study).text == study.text


def test_a_submission_that_is_cut_short_leaves_a_manifest_of_what_is_there(written: Written) -> None:
    study = read_study(written())
    submission = iter(Submission(study, ()))
    next(submission)
    submission.close()
    known = manifest.read(study)
    assert known is not None
    assert (known.expected, len(known.trajectories)) == (8, 4)


def test_who_is_asked_to_stop_makes_no_more_of_a_picture(written: Written) -> None:
    study = read_study(written())
    submission = Submission(study, (), should_stop=lambda: len([*study.folder.glob("*/*/spec.json")]) >= 1)
    assert sum(one.made for one in submission if isinstance(one, SubmittedPicture)) < 8
    known = manifest.read(study)
    assert known is not None
    assert len(known.trajectories) == len([*study.folder.glob("*/*/spec.json")])


def test_a_manifest_that_is_damaged_says_what_to_do(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    manifest.manifest_file(study).write_bytes(b"{")
    with pytest.raises(RiptuiError, match="delete it, and `riptui study run` writes it again"):
        manifest.read(study)
    manifest.manifest_file(study).unlink()
    assert counts(study) == [(0, 4), (0, 4)]


# ── what it will take ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_forecast_counts_before_anything_is_made(written: Written) -> None:
    study = read_study(written('images = ["pictures", "none.png"]'))
    told = estimate_study(study)
    assert (told.pictures, told.trajectories, told.existing) == (3, 12, 0)
    assert told.iterations == 3 * 2 * (16 + 4)
    assert [path.name for path in told.missing] == ["none.png"]
    assert told.hours is not None
    assert 0 < told.hours < 0.1
    assert 0 < told.room < 10**8 < told.free
    assert not study.runs.exists()


@pytest.mark.slow
def test_the_forecast_knows_what_is_there_and_how_long_it_took(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    for trajectory in ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories).remaining:
        riptui("resume", trajectory.path, "--display", "none")
        break
    told = estimate_study(read_study(written(sweep=SWEEP.replace("[64, 128]", "64"))))
    assert (told.existing, told.done) == (4, 16)
    assert told.hours is not None
    assert 0 < told.hours < 1


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_plan_tells_it_and_in_json(written: Written) -> None:
    file = written()
    told = riptui("study", "plan", file)
    assert told.code == 0
    assert "2 pictures, 8 trajectories in" in told.out
    assert "80 iterations, 0 of them done" in told.out
    assert re.search(r"on one device: about [01] s\n", told.out)
    assert json.loads(riptui("study", "plan", file, "--json").out)["iterations"] == 80
    assert "on one device: time unknown" in riptui("study", "plan", written(sweep='[sweep]\ninpainter = "sd2"')).out


def test_new_never_replaces_a_file(tmp_path: Path) -> None:
    assert riptui("study", "new", tmp_path / "x.toml", "--preset", "paper-2").code == 0
    before = (tmp_path / "x.toml").read_text()
    assert "[sweep]" in before
    again = riptui("study", "new", tmp_path / "x.toml")
    assert again.code == 2
    again.require_one_line("x.toml exists: choose another name")
    assert (tmp_path / "x.toml").read_text() == before


def test_what_was_never_run_has_no_status(written: Written) -> None:
    for command in ("status", "pause", "stop", "resume", "retry"):
        told = riptui("study", command, written())
        assert told.code == 2
        told.require_one_line("has not been run yet; start it with: riptui study run")


def test_a_mistake_in_the_file_is_one_line(written: Written) -> None:
    told = riptui("study", "run", written(sweep="[sweep]\nmask = 100"))
    assert told.code == 2
    told.require_one_line("small.toml, line 4: mask 100 px")


@pytest.mark.parametrize("word", ["stat", "polt"])
def test_a_mistyped_command_is_answered(word: str) -> None:
    told = riptui("study", word)
    assert told.code == 2
    assert "No such command" in told.err


def test_the_slurm_script_has_a_worker_in_each_task(written: Written) -> None:
    text = make_script(read_study(written()), SlurmResources(tasks=8, gpus=1, memory="32G"))
    assert text.startswith("#!/bin/bash\n#SBATCH --job-name=small\n#SBATCH --array=0-7\n#SBATCH --gpus-per-task=1\n")
    assert "#SBATCH --mem=32G\n" in text
    assert "--time=" not in text
    [last] = [line for line in text.splitlines() if line.endswith(" &")]
    assert f"worker --runs {read_study(written()).runs} --idle 0 --device cuda" in last
    assert "--gpus-per-task" not in riptui("study", "sbatch", written()).out
    assert "--gpus-per-task=1" in riptui("study", "sbatch", written(sweep='[sweep]\ninpainter = "sd2"')).out


@pytest.mark.parametrize("time", ["30", "30:00", "12:00:00", "2-12", "2-12:30", "1-00:00:00", "infinite"])
def test_the_slurm_script_takes_times_as_slurm_does(time: str, written: Written) -> None:
    assert f"#SBATCH --time={time}\n" in make_script(read_study(written()), SlurmResources(time=time))


@pytest.mark.parametrize("time", ["two hours", "12h", "1:2:3:4", "12:0", "2-", "30\n#SBATCH --uid=0"])
def test_the_slurm_script_refuses_other_times(time: str, written: Written) -> None:
    with pytest.raises(InputError):
        make_script(read_study(written()), SlurmResources(time=time))


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "requeued"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_slurm_task_is_queued_again_at_the_time_limit_only(
    sent: signal.Signals, requeued: bool, written: Written, tmp_path: Path
) -> None:
    """With a stand-in scontrol, and the script run as SLURM's batch shell does."""
    study = read_study(written(sweep='[sweep]\nmask = 32\namount = 100_000\nseed = "0-3"'))
    submitted(study)
    log = tmp_path / "requeued"
    (tmp_path / "scontrol").write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    (tmp_path / "scontrol").chmod(0o755)
    script = tmp_path / "job.sh"
    script.write_text(make_script(study, SlurmResources(gpus=0)))
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SLURM_ARRAY_JOB_ID": "77", "SLURM_ARRAY_TASK_ID": "3"}
    with subprocess.Popen(["bash", str(script)], env=environment, stdout=subprocess.DEVNULL) as task:
        wait_until(lambda: [worker for worker in list_running_workers(study.runs) if worker.live], 30)
        task.send_signal(sent)
        assert task.wait(30) == 0
    assert log.exists() is requeued
    assert not requeued or log.read_text() == "requeue 77_3\n"
    assert not list_running_workers(study.runs)


def test_a_slurm_task_that_finds_nothing_ends_at_once(written: Written, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text(make_script(read_study(written()), SlurmResources(gpus=0)))
    assert subprocess.run(["bash", str(script)], timeout=60, stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_the_slurm_script_looks_for_weights_where_this_shell_does(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "a folder"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    script = make_script(read_study(written()), SlurmResources())
    assert f"\nexport HF_HOME='{tmp_path.resolve()}/a folder'\n" in script
    assert "secret" not in script


@pytest.mark.parametrize(
    ("devices", "workers", "weights", "expected"),
    [
        ("cpu", None, True, ["cpu"]),
        ("cpu", 3, False, ["cpu"] * 3),
        ("", 2, True, ["cpu"] * 2),
        ("", 0, False, []),
    ],
)
def test_a_worker_is_wished_for_each_device(
    devices: str, workers: int | None, weights: bool, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riptui.supervision.pool.count_cuda_devices", lambda: 0)
    assert [
        wish.device for wish in plan_workers(devices, workers, WorkerOptions(batch=4), needs_weights=weights, runs=RUNS)
    ] == expected


def test_workers_that_die_and_die_are_not_replaced_for_ever(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Worker] = []

    def stillborn(runs: Path, options: WorkerOptions, count: int) -> list[Worker]:
        identity = {"id": f"w{len(started)}", "pid": 1, "host": "host", "started": "", "version": ""}
        record = WorkerRecord(device=options.device, **identity)  # type: ignore[arg-type]
        started.append(Worker(record, None, False, tmp_path / record.id))
        return started[-1:]

    monkeypatch.setattr("riptui.supervision.pool.ensure_workers", stillborn)
    study = read_study(written())
    submitted(study)
    crew = LocalPool(study.runs, plan_workers("cpu", 1, WorkerOptions(), needs_weights=False, runs=RUNS))
    crew.start()
    following = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories)
    with pytest.raises(WorkerError, match="gave up: 3 workers in a row ended without starting a trajectory"):
        [*crew.watch(following, poll_seconds=0)]
    assert len(started) == 3


def test_all_gpus_are_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riptui.supervision.pool.count_cuda_devices", lambda: 3)
    monkeypatch.setattr("riptui.supervision.device_choice.count_cuda_devices", lambda: 3)
    monkeypatch.setattr("riptui.supervision.device_choice.require_device", lambda device: None)
    assert [wish.device for wish in plan_workers("", None, WorkerOptions(), needs_weights=True, runs=RUNS)] == [
        "cuda:0",
        "cuda:1",
        "cuda:2",
    ]
    assert {wish.device for wish in plan_workers("", None, WorkerOptions(), needs_weights=False, runs=RUNS)} == {"cpu"}
    assert [wish.device for wish in plan_workers("2,0,2", None, WorkerOptions(), needs_weights=True, runs=RUNS)] == [
        "cuda:2",
        "cuda:0",
    ]
    monkeypatch.setattr("riptui.supervision.device_choice.count_cuda_devices", lambda: 0)
    with pytest.raises(RiptuiError, match="no GPU found"):
        plan_workers("all", None, WorkerOptions(), needs_weights=True, runs=RUNS)


# --- whose squares


def squares_of(study: Study) -> set[str]:
    return {trajectory.spec.squares for trajectory in find_trajectories(study.folder)}


def begun_before_there_was_a_choice(study: Study) -> None:
    """What a study left that was run by a release whose seeds gave all pictures the same squares."""
    shared = dataclasses.replace(
        study, sweeps=tuple(dataclasses.replace(one, squares="shared") for one in study.sweeps)
    )
    submitted(dataclasses.replace(shared, names_squares=True))
    file = manifest.manifest_file(study)
    written = json.loads(file.read_bytes())
    del written["squares"]
    file.write_text(json.dumps(written))


def test_a_study_draws_squares_of_each_pictures_own(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    assert squares_of(study) == {"own"}
    assert counts(study) == [(0, 4), (0, 4)]


def test_a_study_that_was_begun_with_shared_squares_finds_its_trajectories_and_adds_such(written: Written) -> None:
    study = read_study(written())
    begun_before_there_was_a_choice(study)
    assert counts(study) == [(0, 4), (0, 4)]
    grown = read_study(written(sweep=SWEEP.replace("0-1", "0-2")))
    assert counts(grown) == [(2, 4), (2, 4)]
    assert counts(grown) == [(0, 6), (0, 6)]
    assert squares_of(study) == {"shared"}


@pytest.mark.slow
def test_a_study_file_says_whose_squares_whenever_it_was_begun(written: Written) -> None:
    begun_before_there_was_a_choice(read_study(written()))
    both = read_study(written(sweep=SWEEP + 'squares = ["own", "shared"]\n'))
    assert counts(both) == [(4, 4), (4, 4)]
    assert squares_of(both) == {"own", "shared"}


def test_a_study_queues_with_its_priority_and_a_later_run_without_one_keeps_it(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    file = tmp_path / "small.toml"
    file.write_text('images = ["*.png"]\nmetrics = []\n[sweep]\ninpainter = "noise"\namount = 50\nsize = 256\n')
    study = read_study(file, runs=tmp_path / "runs")

    def priorities(priority: int | None) -> set[object]:
        assert len([*Submission(study, (), priority=priority)]) == 1
        return {trajectory.request.priority for trajectory in find_trajectories(tmp_path / "runs")}

    assert priorities(4) == {4}
    assert priorities(None) == {4}
    assert priorities(0) == {0}
