"""The group's chart of metrics of sets, from stored features; without them there is no such tab."""

from pathlib import Path

import numpy as np
import pytest

from riptui.cli import main
from riptui.store.feature_file import save_features
from riptui.store.trajectory import Trajectory
from riptui.tui.group.chart_command import chart_figure
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.group.chart_reader import build_chart, read_further
from riptui.tui.group.group_reader import GroupReader
from riptui.tui.group.mean_curves import GroupData
from tests.support.set_studies import GivenFeatures, drifting, write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Trajectory]:
    return write_study(tmp_path_factory.mktemp("study"), drifting, pictures=5, inpainters=("identity", "telea"))


def read(trajectories: list[Trajectory], metric: str = "ssim", features: str = "") -> GroupData:
    reader, options = GroupReader(), ChartOptions(SETS, metric, features=features)
    [*_] = reader.read(str(one.path) for one in trajectories)
    [*_] = read_further(reader, options)
    return build_chart(reader, options, "")


@pytest.mark.slow
def test_there_is_a_curve_for_each_group_with_its_interval(study: list[Trajectory]) -> None:
    data = read(study)
    assert data.options.metric == "kid"
    assert data.metrics == ("kid", "precision", "recall", "density", "coverage-prdc")
    assert [series.name for series in data.series] == ["128 px identity", "128 px telea"]
    assert [series.x for series in data.series] == [(50, 100)] * 2
    assert all(point.low < point.y < point.high for series in data.series for point in series.points())
    assert (data.x_label, data.y_label) == ("inpainted %", "kid of frames and originals")
    assert data.note == "features phash"
    assert all(series.signed and series.counts == (5, 5) for series in data.series)


def test_what_cannot_be_told_is_in_the_note(study: list[Trajectory]) -> None:
    data = read(study, "density")
    assert "density needs 7 pictures, but there are 5" in data.note
    assert [series.y for series in data.series] == [(), ()]


def test_there_is_a_choice_of_the_features_that_any_trajectory_has(study: list[Trajectory]) -> None:
    for trajectory in study[2:]:
        vectors = {k: np.array([k, 1], np.float32) for k in trajectory.spec.keyframe_iterations()}
        save_features(trajectory, GivenFeatures(2, name="clip"), vectors)
    assert read(study).options.features == "clip"  # the first, without Inception
    data = read(study, features="phash")
    assert (data.features, data.options.features) == (("clip", "phash"), "phash")
    assert data.note == "features phash (2 of 2)"
    assert "without 2 trajectories" in read(study, features="clip").note
    assert read(study, features="dinov2").options.features == "clip"
    figure = chart_figure("", "", [], data.options)
    assert figure.arguments[-2:] == ["--features", "phash"]
    for trajectory in study[2:]:
        (trajectory.path / "features-clip.npz").unlink()


def test_without_features_nothing_is_drawn(study: list[Trajectory]) -> None:
    (study[0].path / "features-phash.npz").unlink()
    data = read(study[:1])
    assert (data.series, data.metrics) == ((), ())


@pytest.mark.slow
@pytest.mark.needs("report")
def test_the_chart_can_be_printed(study: list[Trajectory], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(one.path) for one in study[1:]]
    out = str(tmp_path / "kid.svg")
    assert main(["chart", *paths, "--view", "sets", "--metrics", "kid", "-o", out]) == 0
    assert (tmp_path / "kid.csv").exists()
    chosen = ["--overwrite", "--features"]
    assert main(["chart", *paths, "--view", "sets", "-o", out, *chosen, "phash"]) == 0
    assert main(["chart", *paths, "--view", "sets", "-o", out, *chosen, "clip"]) == 2
    assert "no complete trajectory here has the features clip; there are phash" in capsys.readouterr().err
    assert main(["chart", *paths, "-o", out, *chosen, "phash"]) == 2
    assert "--features belongs to --view sets" in capsys.readouterr().err
    assert main(["chart", str(study[0].path), "--view", "sets", "-o", out, "--overwrite"]) == 2
    assert "no finished trajectory has features" in capsys.readouterr().err
