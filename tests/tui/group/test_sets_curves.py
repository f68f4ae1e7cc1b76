"""The group's chart of metrics of sets, from stored features; without them there is no such tab."""

from pathlib import Path

import pytest

from riptui.cli import main
from riptui.store.trajectory import Trajectory
from riptui.tui.group.chart_labels import x_label, y_label
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.group.chart_reader import build_chart, read_further
from riptui.tui.group.group_reader import GroupReader
from riptui.tui.group.mean_curves import GroupData
from tests.support.set_studies import drifting, write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Trajectory]:
    return write_study(tmp_path_factory.mktemp("study"), drifting, pictures=5, inpainters=("identity", "telea"))


def read(trajectories: list[Trajectory], metric: str = "ssim") -> GroupData:
    reader, options = GroupReader(), ChartOptions(SETS, metric)
    [*_] = reader.read(str(one.path) for one in trajectories)
    [*_] = read_further(reader, options)
    return build_chart(reader, options, "")


def test_there_is_a_curve_for_each_group_with_its_interval(study: list[Trajectory]) -> None:
    data = read(study)
    assert data.options.metric == "kid"
    assert data.metrics == ("kid", "precision", "recall", "density", "coverage-prdc")
    assert [series.name for series in data.series] == ["128 px identity", "128 px telea"]
    assert [series.x for series in data.series] == [(50, 100)] * 2
    bars = [bar for series in data.series for bar in zip(series.low, series.y, series.high, strict=True)]
    assert all(low < y < high for low, y, high in bars)
    assert (x_label(data.options), y_label(data.options)) == ("inpainted %", "kid of frames and originals")
    assert data.note == "features phash"
    assert all(series.signed and series.counts == (5, 5) for series in data.series)


def test_what_cannot_be_told_is_in_the_note(study: list[Trajectory]) -> None:
    data = read(study, "density")
    assert "density needs 7 pictures, and there are 5" in data.note
    assert [series.y for series in data.series] == [(), ()]


def test_without_features_nothing_is_drawn(study: list[Trajectory]) -> None:
    (study[0].path / "features-phash.npz").unlink()
    data = read(study[:1])
    assert (data.series, data.metrics) == ((), ())


@pytest.mark.needs("report")
def test_the_chart_can_be_printed(study: list[Trajectory], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(one.path) for one in study[1:]]
    out = str(tmp_path / "kid.svg")
    assert main(["chart", *paths, "--view", "sets", "--metrics", "kid", "-o", out]) == 0
    assert (tmp_path / "kid.csv").exists()
    assert main(["chart", str(study[0].path), "--view", "sets", "-o", out, "--overwrite"]) == 2
    assert "no finished trajectory has features" in capsys.readouterr().err
