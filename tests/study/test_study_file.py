"""The study file: what it says, what is refused and where, and which trajectories come of it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from riptui.errors import RiptuiError, StudyError, WorkerError
from riptui.store.worker_record import WorkerOptions, WorkerRecord
from riptui.store.worker_registry import Worker
from riptui.study import manifest
from riptui.study.presets import PRESETS, write_preset
from riptui.study.study_estimate import estimate_study
from riptui.study.study_file import Study, read_study
from riptui.supervision.pool import LocalPool, plan_workers
from riptui.supervision.progress import ProgressTracker
from tests.support.command import riptui
from tests.support.study_files import SWEEP, Written, save, submitted

RUNS = Path()


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
    counts = {"quick": 12, "orders": 32, "interventions": 32, "paper-1": 3, "paper-2": 30}
    counts |= {"autoencoder": 6, "slides-decoders": 6, "slides-prompts": 2, "no-op": 9, "stability": 9}
    assert len(study) == counts[preset]
    assert len([line for line in text.splitlines() if re.match("#[a-z_]+ = ", line)]) >= 2
    assert max(map(len, text.splitlines())) <= 130
    with pytest.raises(StudyError, match="exists: choose another name"):
        write_preset(preset, tmp_path / "it's.toml")
    assert (tmp_path / "it's.toml").read_text() == text


def test_several_sweeps_are_one_study(tmp_path: Path) -> None:
    file = tmp_path / "two.toml"
    text = 'images = ["x"]\n[[sweep]]\ninpainter = "telea"\nradius = [2, 3]\n[[sweep]]\nmask = 64\n'
    file.write_text(text)
    study = read_study(file)
    assert [(sweep.inpainters[0], sweep.masks[0]) for sweep in study.sweeps] == [
        ("telea", 128),
        ("telea", 128),
        ("navier-stokes", 64),
    ]
    file.write_text(f"{text}radius = 5\nmaks = 3\n")
    with pytest.raises(StudyError, match="line 8: unknown key 'maks'"):
        read_study(file)
    file.write_text(f'{text}inpainter = "telea"\n[[sweep]]\nmask = [32, 64]\ninpainter = "telea"\n')
    with pytest.raises(StudyError, match=r"line 8: \[\[sweep\]\] number 2 has some of these trajectories already"):
        read_study(file)
    file.write_text('images = ["x"]\nsweep = []\n')
    with pytest.raises(StudyError, match=r"it must be a table: \[sweep\], or several: \[\[sweep\]\]"):
        read_study(file)


def test_the_papers_experiments_are_the_papers(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / "pictures" / f"{name}.png")
    for preset, pictures in (("paper-1", 100), ("paper-2", 10)):
        write_preset(preset, tmp_path / f"{preset}.toml")
        study = read_study(tmp_path / f"{preset}.toml")
        found = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
        assert study.sample == pictures
        assert pictures * sum(spec.iterations for spec in found) == 33_600


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


def test_a_study_none_of_whose_pictures_exists_has_no_plan(written: Written) -> None:
    outcome = riptui("study", "plan", written('images = ["photos"]'))
    assert outcome.code == 2
    outcome.require_one_line("images: ", "/photos does not exist: there is no picture to repaint")


def test_a_preset_is_also_found_by_the_word_of_a_spec(tmp_path: Path) -> None:
    for name in ("order", "orders"):
        assert riptui("study", "new", tmp_path / name / "s.toml", "--preset", name).code == 1  # there is no such folder
        (tmp_path / name).mkdir()
        assert riptui("study", "new", tmp_path / name / "s.toml", "--preset", name).code == 0
    assert (tmp_path / "order" / "s.toml").read_text() == (tmp_path / "orders" / "s.toml").read_text()


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
        told.require_one_line("has not been run in runs; start it with: riptui study run")


@pytest.mark.slow
def test_runs_goes_before_the_files_own(written: Written) -> None:
    file = written('images = ["pictures"]\nmetrics = []\nruns = "own"')
    assert "0 of them created" in riptui("study", "plan", file, "--runs", "other").out
    done = riptui("study", "run", file, "--runs", "other", "--devices", "cpu", "--workers", "0", "--detach")
    assert done.code == 0
    assert "riptui study status small.toml --runs other" in done.out
    assert "riptui study run small.toml --runs other --devices cpu --workers 0" in done.out
    assert not Path("own").exists()
    assert len([*Path("other").rglob("spec.json")]) == 8
    assert riptui("study", "stop", file).code == 2
    assert riptui("study", "stop", file, "--runs", "other").out == "8 stopped\n"
    assert "riptui study run small.toml --runs other" in riptui("study", "resume", file, "--runs", "other").err
    assert f"worker --runs {Path('other').absolute()} " in riptui("study", "sbatch", file, "--runs", "other").out


def test_a_study_that_was_run_is_not_begun_again_in_another_folder(written: Written) -> None:
    file = written('images = ["pictures"]\nmetrics = []\nruns = "own"')
    submitted(read_study(file))
    refused = riptui("study", "run", file, "--runs", "other")
    assert refused.code == 2
    refused.require_one_line("was run in own already: leave out --runs to continue", "compute it anew in other")
    assert riptui("study", "status", file, "--runs", "own").code == 0


@pytest.mark.slow
def test_a_study_that_was_run_with_another_runs_folder_is_not_computed_a_second_time(written: Written) -> None:
    save(Path("pictures/a.png"))
    file = written('images = "pictures"\nmetrics = []', sweep=SWEEP)
    started: list[str | Path] = ["study", "run", file, "--workers", "0", "--detach"]
    assert riptui(*started, "--runs", "first").code == 0
    for other in (["--runs", "second"], []):
        refused = riptui(*started, *other)
        refused.require_one_line("was run in first already: give --runs", "first to continue it there")
    assert riptui(*started, "--runs", "first").code == 0
    shutil.rmtree("first")
    assert riptui(*started, "--runs", "second").code == 0, "what is gone is no other place"


def test_a_mistake_in_the_file_is_one_line(written: Written) -> None:
    told = riptui("study", "run", written(sweep="[sweep]\nmask = 100"))
    assert told.code == 2
    told.require_one_line("small.toml, line 4: mask 100 px")


@pytest.mark.parametrize("word", ["stat", "polt"])
def test_a_mistyped_command_is_answered(word: str) -> None:
    told = riptui("study", word)
    assert told.code == 2
    assert "No such command" in told.err


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


def test_keys_of_squares_multiply_no_trajectories_of_whole_pictures(written: Written) -> None:
    sweep = '[sweep]\ninpainter = ["jpeg", "telea"]\nmask = [64, 128]\nfeather = [0, 8]\nsize = 256'
    study = read_study(written(sweep=sweep))
    found = [spec for sweep in study.sweeps for spec in sweep.specs("", "0" * 64, "0" * 64)]
    assert len(study) == len(found) == len({spec.digest for spec in found})
    assert [spec.mask for spec in found if spec.inpainter == "jpeg"] == [256]
