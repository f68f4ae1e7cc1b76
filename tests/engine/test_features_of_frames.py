"""Features are kept while a trajectory runs, and from saved frames: the same vectors, at every 50 % and at the end."""

from pathlib import Path

import numpy as np
import pytest

from riptui.cli import main
from riptui.engine import BatchRunner
from riptui.errors import InputError, MetricError
from riptui.features import load_extractor
from riptui.features.perceptual_hash import PerceptualHash
from riptui.metrics import check_names, split_names
from riptui.store.feature_file import StoredFeatures, compute_features, read_features
from riptui.store.lease import RemoteCopy, lease
from riptui.store.requests import has_work
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def measured(make_trajectory: MakeTrajectory) -> Trajectory:
    made = make_trajectory(metrics=("psnr", "phash"))
    [*_] = run_trajectory(made)
    return made


def delete(trajectory: Trajectory) -> None:
    (trajectory.path / "features-phash.npz").unlink()


@pytest.mark.slow
def test_a_run_keeps_features_at_every_50_percent(measured: Trajectory) -> None:
    kept = read_features(measured, "phash")
    assert [*kept.vectors] == measured.spec.keyframe_iterations() == [0, 8, 16]
    delete(measured)
    computed = compute_features(measured, load_extractor("phash"), kept.vectors)
    assert all(np.array_equal(kept.vectors[k], computed[k]) for k in computed)
    assert {name for values in measured.read_metrics().values() for name in values} == {"psnr"}


def test_features_alone_need_no_metric(make_trajectory: MakeTrajectory) -> None:
    made = make_trajectory(metrics=("phash",))
    [*_] = run_trajectory(made)
    assert [*read_features(made, "phash").vectors] == [0, 8, 16]
    assert made.read_metrics() == {}


@pytest.mark.slow
def test_a_deleted_file_is_work_that_a_resume_does(measured: Trajectory) -> None:
    assert not has_work(measured)
    delete(measured)
    assert has_work(measured)
    [*_] = run_trajectory(measured)
    assert not has_work(measured)


@pytest.mark.slow
def test_trajectories_of_a_batch_are_extracted_together(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [make_trajectory(f"picture/{seed}", metrics=("phash",), seed=seed, amount=50.0) for seed in range(3)]
    made, asked = [*waiting], []
    extract = PerceptualHash.extract
    monkeypatch.setattr(
        PerceptualHash, "extract", lambda self, images: asked.append(len(images)) or extract(self, images)
    )
    [*_] = BatchRunner(slots=3).run(lambda _: waiting.pop() if waiting else None)
    assert asked == [1, 1, 1, 3]  # the originals, then the last frames
    assert all(len(read_features(one, "phash").vectors) == 2 for one in made)


def fail(*_: object) -> None:
    raise ValueError("it is broken")


def test_an_extractor_that_fails_fails_its_trajectory(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_trajectory(metrics=("phash",))
    monkeypatch.setattr(PerceptualHash, "extract", fail)
    with pytest.raises(MetricError, match="phash failed: ValueError: it is broken"):
        [*_] = run_trajectory(made)


@pytest.mark.slow
def test_measure_adds_features(measured: Trajectory, capsys: pytest.CaptureFixture[str]) -> None:
    delete(measured)
    assert main(["measure", str(measured.path), "--metrics", "phash"]) == 0
    assert "phash: features of 3 frames" in capsys.readouterr().out
    assert [*read_features(measured, "phash").vectors] == [0, 8, 16]
    assert main(["measure", str(measured.path), "--metrics", "phash"]) == 0
    assert "features of" not in capsys.readouterr().out


def test_features_come_back_from_another_machine(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    home = make_trajectory(metrics=("phash",))
    with lease(home) as leased:
        copy = RemoteCopy(tmp_path / "copy", leased.make_bundle())
        [*_] = run_trajectory(copy.trajectory)
        leased.receive(copy.take_delta())
        assert not copy.take_delta()
        assert "features-phash.npz" in leased.make_bundle()
    assert [*read_features(home, "phash").vectors] == [0, 8, 16]


def test_names_of_features_are_told_from_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = check_names(["ssim", "phash", "clip:./mine", "lpips-vgg@repaints", "dinov2:org/name@main"])
    assert names[2] == f"clip:{tmp_path / 'mine'}"
    assert split_names(names) == (("ssim",), ("lpips-vgg@repaints",), ("phash", names[2], "dinov2:org/name@main"))
    with pytest.raises(InputError, match=r"unknown metric 'clap'.*features: phash, inception"):
        check_names(["clap"])


def test_no_features_are_asked_for_by_default(make_trajectory: MakeTrajectory) -> None:
    made = make_trajectory(metrics=("psnr",))
    [*_] = run_trajectory(made)
    assert read_features(made, "phash") == StoredFeatures()
