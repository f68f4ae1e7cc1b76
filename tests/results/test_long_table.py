"""The tidy table: every measured frame of every trajectory once, with what sets the trajectories apart."""

import csv
from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.results import long_table
from riptui.store import layout
from riptui.store.listing import find_all_trajectories
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec, write

ALWAYS = ["group", "path", "source", "image", "inpainter", "mask", "seed"]
PROGRESS = ["k", "inpainted", "coverage"]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two images, each with two mask sizes; telea, and one of them with another radius and unlike metrics."""
    for image in range(2):
        for mask in (128, 256):
            spec = made_spec(image, mask=mask, inpainter="telea")
            write(tmp_path / "runs" / f"i{image}" / f"m{mask}", spec, {"ssim": lambda x: 1 - x / 1000})
    other = made_spec(0, mask=256, inpainter="telea", amount=100.0, parameters={"radius": 5})
    write(tmp_path / "runs" / "i0" / "other", other, {"delta-e": lambda x: x, "ssim": lambda x: 1.0})
    return tmp_path / "runs"


def test_there_is_a_row_for_every_measured_frame(runs: Path) -> None:
    rows = long_table.build_table(find_all_trajectories([runs]))
    assert len(rows) == 4 * 9 + 3
    assert list(rows[0]) == [*ALWAYS, "amount", "radius", *PROGRESS, "ssim", "delta-e"]
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    [row] = [row for row in rows if (row["mask"], row["seed"], row["k"], row["group"]) == (128, 0, 24, "i1")]
    trajectory = Trajectory(runs / "i1" / "m128")
    assert row["path"] == str(trajectory.path)
    assert (row["inpainted"], row["coverage"]) == (150, trajectory.read_rows()[23].coverage)
    assert (row["ssim"], row["delta-e"], row["radius"]) == (0.85, None, 3)


def test_only_settings_that_differ_are_columns(runs: Path) -> None:
    rows = long_table.build_table(find_all_trajectories([runs / "i1"]))
    assert list(rows[0]) == [*ALWAYS, *PROGRESS, "ssim"]


def test_a_csv_reads_back_as_the_table(runs: Path, tmp_path: Path) -> None:
    file = long_table.to_csv(find_all_trajectories([runs]), tmp_path / "a.csv")
    with file.open(newline="", encoding="utf-8") as opened:
        read = list(csv.DictReader(opened, strict=True))
    for row, expected in zip(read, long_table.build_table(find_all_trajectories([runs])), strict=True):
        assert row == {name: "" if cell is None else str(cell) for name, cell in expected.items()}


def test_parquet_has_the_same_with_types(runs: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs riptui[parquet]")
    read = parquet.read_table(long_table.to_parquet(find_all_trajectories([runs]), tmp_path / "a.parquet"))
    assert read.to_pylist() == long_table.build_table(find_all_trajectories([runs]))
    types = {field.name: str(field.type) for field in read.schema}
    assert (types["mask"], types["radius"], types["amount"], types["image"]) == ("int64", "int64", "double", "string")


def test_parameters_of_unlike_types_are_text_in_parquet(tmp_path: Path) -> None:
    for number, value in enumerate((True, "auto", 2.5, None)):
        write(tmp_path / f"{number}", made_spec(mask=256, parameters={"variant": value}), {"ssim": lambda x: 1.0})
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs riptui[parquet]")
    read = parquet.read_table(long_table.to_parquet(find_all_trajectories([tmp_path]), tmp_path / "a.parquet"))
    assert sorted({*read.column("variant").to_pylist()}, key=str) == ["2.5", None, "True", "auto"]


def test_nothing_measured_is_said_with_how_to_measure(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256), {})
    (tmp_path / "a" / layout.METRICS).write_bytes(b"")
    with pytest.raises(
        InputError, match="nothing is measured in these trajectories yet; add metrics with riptui measure"
    ):
        long_table.build_table(find_all_trajectories([tmp_path]))


def test_a_metric_called_like_a_column_replaces_none(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256, seed=7), {"seed": lambda x: 99.0, "path": lambda x: 98.0})
    rows = long_table.build_table(find_all_trajectories([tmp_path]))
    assert {(row["seed"], row["metric path"], row["path"]) for row in rows} == {(7, 98.0, str(tmp_path / "a"))}
