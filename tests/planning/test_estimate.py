"""The estimate of work: the same for the app's form and a study, from trajectories on disk or a short trial."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from riptui.planning import estimate
from riptui.planning.estimate import (
    IterationTime,
    cost_key,
    describe_time,
    estimate_sweeps,
    specs_without_seeds,
    time_iterations,
)
from riptui.planning.sweep import Sweep
from riptui.store.trajectory import Trajectory
from riptui.study.study_estimate import estimate_study
from riptui.study.study_file import read_study
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, picture, set_iteration_seconds

SWEEP = Sweep(["noise"], [64, 128, 256], range(10), {})


def times_of(sweep: Sweep, time: IterationTime) -> dict[estimate.CostKey, IterationTime]:
    return {cost_key(spec): time for spec in specs_without_seeds(sweep)}


@pytest.fixture
def finished(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trajectory]:
    """A finished trajectory whose iterations took so long, as its rows say: OpenCV is not called."""
    monkeypatch.setattr("cv2.inpaint", lambda image, mask, radius, method, output: np.copyto(output, image))

    def finish(path: str, seconds: float, device: str = "cpu (x86_64)", **fields: object) -> Trajectory:
        trajectory = make_trajectory(path, **fields)
        list(run_trajectory(trajectory))
        set_iteration_seconds(trajectory, seconds, device=device)
        return trajectory

    return finish


@pytest.fixture
def no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "run_trial", lambda spec: pytest.fail("a trial ran, but the time is on disk"))


def test_the_papers_second_experiment_is_counted_right() -> None:
    found = estimate_sweeps([SWEEP], 10, {})
    assert (found.trajectories, found.iterations, found.seconds) == (300, 33_600, None)


def test_a_trajectory_takes_about_six_megabytes() -> None:
    assert 5e6 < estimate_sweeps([SWEEP], 1, {}).disk_bytes / 30 < 7e6


def test_trajectories_that_are_computed_together_share_the_time() -> None:
    one, eight = (Sweep(["noise"], [64], range(n), {}) for n in (1, 8))
    times = times_of(one, IterationTime(2.0, batch=4))
    assert estimate_sweeps([one], 1, times).seconds == 256 * 2.0
    assert estimate_sweeps([eight], 1, times).seconds == 8 * 256 * 2.0 / 4


def test_one_unknown_time_makes_the_sum_unknown() -> None:
    known, unknown = Sweep(["noise"], [64], [0], {}), Sweep(["sd2"], [64], [0], {})
    assert estimate_sweeps([known, unknown], 1, times_of(known, IterationTime(1.0))).seconds is None


def test_a_model_takes_as_long_at_each_mask_size_and_for_each_prompt_but_not_for_each_number_of_steps() -> None:
    def key(mask: int, **parameters: object) -> estimate.CostKey:
        [spec] = specs_without_seeds(Sweep(["sd2"], [mask], [0], parameters))  # type: ignore[arg-type]
        return cost_key(spec)

    assert key(64, prompt="a cat") == key(256, prompt="a dog")
    assert len({key(64), key(64, steps=25), key(64, prompt="a cat")}) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("no_trial")
def test_the_time_is_that_of_the_same_settings_on_the_device_that_computed_last(
    finished: Callable[..., Trajectory], make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    sweep = Sweep(["telea"], [64], [0], {"radius": 60}, size=256)
    trajectories = [
        finished("a/other-radius", 0.012, inpainter="telea", parameters={"radius": 3}),
        finished("a/other-device", 9.0, device="cuda:1 (T4)", inpainter="telea", parameters={"radius": 60}, seed=1),
        finished("a/same", 3.96, inpainter="telea", parameters={"radius": 60}),
        make_trajectory("a/never", inpainter="telea", parameters={"radius": 60}, seed=2),
        Trajectory(tmp_path / "gone"),
    ]
    assert list(time_iterations([sweep], trajectories).values()) == [IterationTime(3.96)]


def test_an_inpainter_that_never_ran_is_timed_in_a_trial_and_a_model_is_not() -> None:
    classical, model = Sweep(["noise"], [64], [0], {}), Sweep(["sd2"], [64], [0], {})
    times = time_iterations([classical, model], [])
    assert times.keys() == times_of(classical, IterationTime(0.0)).keys()
    assert 0 < estimate_sweeps([classical], 1, times).seconds < 60


@pytest.mark.slow
@pytest.mark.usefixtures("no_trial")
def test_the_apps_form_and_a_study_estimate_the_same_time_for_the_same_work(
    finished: Callable[..., Trajectory], runs: Path, tmp_path: Path
) -> None:
    done = finished("before/telea", 3.96, inpainter="telea", parameters={"radius": 60})
    finished("before/default-radius", 0.012, inpainter="telea", parameters={"radius": 3})
    Image.fromarray(np.asarray(picture(256))).save(tmp_path / "picture.png")
    file = tmp_path / "small.toml"
    file.write_text(
        f'images = ["picture.png"]\nruns = "{runs}"\n[sweep]\ninpainter = "telea"\nradius = 60\nmask = 64\nsize = 256\n'
    )
    study = estimate_study(read_study(file))
    sweep = Sweep(["telea"], [64], [0], {"radius": 60}, size=256)
    form = estimate_sweeps([sweep], 1, time_iterations([sweep], [done]))
    assert study.hours is not None
    assert study.hours * 3600 == pytest.approx(form.seconds) == pytest.approx(64 * 3.96)
    assert (study.iterations, study.room) == (form.iterations, form.disk_bytes)
    assert describe_time(study.hours * 3600) == describe_time(form.seconds) == "about 4 min"
