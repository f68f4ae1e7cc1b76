"""Tables: what was measured, exactly."""

import csv
import sys
from math import inf, isnan
from pathlib import Path

import pytest

from riptui import export
from riptui.errors import InputError, MissingExtraError
from riptui.store.claim import claim
from tests.support.exported import Computed, names, writers

NAMES = ("source_name", "inpainter", "mask", "order", "seed", "amount", "digest", "k", "inpainted", "coverage")


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, strict=True))


@pytest.mark.slow
def test_rows_hold_every_measured_frame_with_metrics_as_screens_order_them(computed: Computed) -> None:
    trajectory = computed(metrics=("psnr", "ssim@previous", "ssim"))
    rows, measured = export.tables.metric_rows(trajectory), trajectory.read_metrics()
    assert [row["k"] for row in rows] == [0, 8, 16]
    assert list(rows[0]) == ["k", "inpainted", "coverage", "ssim", "psnr", "ssim@previous"]
    assert [row["inpainted"] for row in rows] == [0, 50, 100]
    assert [row["coverage"] for row in rows] == [0, *(trajectory.read_rows()[k - 1].coverage for k in (8, 16))]
    assert rows[0]["psnr"] == inf
    assert rows[0]["ssim@previous"] is None
    for row in rows[1:]:
        assert {name: row[name] for name in ("psnr", "ssim", "ssim@previous")} == measured[row["k"]]


@pytest.mark.slow
def test_a_csv_reads_back_as_exactly_what_was_measured(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("ssim", "psnr", "ssim@previous"))
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0]) == (*NAMES, "ssim", "psnr", "ssim@previous")
    assert read[0]["psnr"] == "inf"
    assert read[0]["ssim@previous"] == ""
    for row, (k, values) in zip(read, trajectory.read_metrics().items(), strict=True):
        assert int(row["k"]) == k
        assert row["digest"] == trajectory.spec.digest
        assert (row["source_name"], row["inpainter"], row["mask"]) == ("picture.png", "navier-stokes", "64")
        assert {name: float(row[name]) for name in values if values[name] is not None} == {
            name: value for name, value in values.items() if value is not None
        }


@pytest.mark.slow
def test_a_metric_measured_later_leaves_gaps_and_an_unknown_one_comes_last(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("ssim",))
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"future": 0.1 + 0.2, "delta-e": 1.5})
        claimed.add_measurement(16, {"delta-e": float("nan")})
        claimed.add_measurement(999, {"ssim": 0.5})
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0])[len(NAMES) :] == ("ssim", "delta-e", "future")
    assert [row["k"] for row in read] == ["0", "8", "16"], "what is measured of a frame that is not there is left out"
    assert [row["delta-e"] for row in read] == ["", "1.5", "nan"]
    assert float(read[1]["future"]) == 0.1 + 0.2


@pytest.mark.slow
def test_parquet_holds_the_same_with_types_and_nulls(computed: Computed, out: Path) -> None:
    read_table = pytest.importorskip("pyarrow.parquet", reason="needs riptui[parquet]").read_table
    trajectory = computed(metrics=("psnr", "ssim@previous"), inpainter="identity")
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"delta-e": float("nan")})
    table = read_table(export.write_metrics_parquet(trajectory, out / "a.parquet"))
    types = {field.name: str(field.type) for field in table.schema}
    assert tuple(types) == (*NAMES, "psnr", "delta-e", "ssim@previous")
    assert (types["source_name"], types["seed"], types["k"]) == ("string", "int64", "int64")
    assert types["amount"] == types["psnr"] == types["ssim@previous"] == "double"
    read = table.to_pylist()
    assert [row["psnr"] for row in read] == [inf, inf, inf]
    assert [row["ssim@previous"] for row in read] == [None, 1.0, 1.0]
    assert read[0]["delta-e"] is read[2]["delta-e"] is None
    assert isnan(read[1]["delta-e"])
    assert {row["digest"] for row in read} == {trajectory.spec.digest}


@pytest.mark.slow
def test_tables_of_several_trajectories_can_be_concatenated(computed: Computed, out: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="needs riptui[parquet]")
    read_table = pytest.importorskip("pyarrow.parquet").read_table
    tables = [
        read_table(
            export.write_metrics_parquet(
                computed(f"picture/s{seed}", seed=seed, metrics=("psnr",)), out / f"{seed}.parquet"
            )
        )
        for seed in (0, 1)
    ]
    together = arrow.concat_tables(tables)
    assert together.num_rows == 6
    assert together.column("seed").to_pylist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_a_source_name_is_no_formula_in_a_spreadsheet(computed: Computed, out: Path, first: str) -> None:
    trajectory = computed(until=1, source_name=f'{first}HYPERLINK("x"),1\n\x1b[2J\u202e.png', metrics=("psnr",))
    file = export.write_metrics_csv(trajectory, out / "a.csv")
    assert {row["source_name"] for row in read_csv(file)} == {f'\'{first}HYPERLINK("x"),1\\n\\x1b[2J\\u202e.png'}
    assert all(character.isprintable() or character == "\n" for character in file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_hostile_metric_names_replace_no_column_and_are_no_formula(computed: Computed, out: Path) -> None:
    trajectory = computed(metrics=("psnr",))
    with claim(trajectory) as claimed:
        claimed.add_measurement(8, {"seed": 99.0, "coverage": 99.0, "=1+1\n": 7.0})
    read = read_csv(export.write_metrics_csv(trajectory, out / "a.csv"))
    assert tuple(read[0]) == (*NAMES, "psnr", "'=1+1\\n")
    assert read[1]["seed"] == "0"
    assert float(read[1]["coverage"]) == trajectory.read_rows()[7].coverage


@pytest.mark.parametrize("name", ["a.csv", pytest.param("a.parquet", marks=pytest.mark.needs("parquet"))])
def test_a_table_of_nothing_measured_is_refused_and_says_how_to_measure(
    computed: Computed, out: Path, name: str
) -> None:
    with pytest.raises(InputError, match=r"nothing is measured in .* yet; add metrics with: riptui measure"):
        writers(computed(until=1))[name](out / name)
    assert names(out) == []


def test_parquet_without_pyarrow_names_the_extra(
    computed: Computed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = computed(metrics=("psnr",))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'riptui\[parquet\]'"):
        export.write_metrics_parquet(trajectory, out / "a.parquet")
    assert names(out) == []
