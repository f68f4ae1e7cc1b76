"""Parquet files hold the stored features on request, a vector for each frame that has one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.cli import main
from riptui.store.feature_file import read_features
from riptui.store.trajectory import Trajectory
from tests.support.set_studies import drifting, write_study

pytestmark = pytest.mark.needs("parquet")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Trajectory]:
    return write_study(tmp_path_factory.mktemp("study"), drifting, pictures=2)


def read(file: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    return rows


def test_of_one_trajectory(study: list[Trajectory], tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    assert main(["export", str(study[0].path), "--parquet", str(file), "--features", "phash"]) == 0
    stored = read_features(study[0], "phash").vectors
    rows = read(file)
    assert [row["k"] for row in rows] == [*stored]  # nothing else was measured
    assert all(np.array_equal(np.float32(row["features phash"]), stored[row["k"]]) for row in rows)


def test_of_many(study: list[Trajectory], tmp_path: Path) -> None:
    file, folder = tmp_path / "a.parquet", study[0].path.parents[1]
    assert main(["measure", str(study[1].path), "--metrics", "ssim", "--measure", "every"]) == 0
    assert main(["results", str(folder), "--metric", "ssim", "--parquet", str(file), "--features", "phash"]) == 0
    rows = read(file)
    assert [row["k"] for row in rows] == [0, 2, 4, 0, 1, 2, 3, 4]
    assert [row["features phash"] is None for row in rows] == [False] * 3 + [False, True, False, True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--parquet", "x.parquet", "--features", "clip"], "no features clip are stored here: riptui measure"),
        (["--csv", "x.csv", "--features", "phash"], "give --parquet FILE"),
        (["--parquet", "x.parquet", "--features", "phish"], "unknown features 'phish'"),
    ],
)
def test_what_is_not_there_is_said(
    options: list[str], message: str, study: list[Trajectory], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(study[0].path), *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
