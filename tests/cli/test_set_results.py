"""`riptui results --metric kid` and its kin."""

import csv
import json
from pathlib import Path

import pytest

from riptui.cli import main
from tests.support.set_studies import drifting, write_study


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "runs"
    write_study(folder, drifting, inpainters=("identity", "telea"))
    return folder


@pytest.mark.slow
def test_the_table_has_a_row_for_each_group_and_point(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", str(runs), "--metric", "kid", "--features", "phash"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[:5] for line in said.splitlines() if line.startswith((" identity", " telea"))] == [
        [inpainter, "128", amount, "%", "7"] for inpainter in ("identity", "telea") for amount in ("50", "100")
    ]
    assert "kid of the frames against their originals, by the features phash" in said


@pytest.mark.slow
def test_the_comparison_follows(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", str(runs), "--metric", "fid", "--features", "phash", "--compare"]) == 0
    said = capsys.readouterr().out
    assert "identity, 128 px and telea, 128 px" in said
    assert "fid of the first to the originals less that of the second, at equal n" in said


def test_json_and_csv_have_the_same_rows(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kid.csv"
    argv = ["results", str(runs), "--metric", "kid", "--features", "phash", "--compare", "--csv", str(file), "--json"]
    assert main(argv) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    rows = [*csv.DictReader(file.read_text().splitlines())]
    assert [point["kind"] for point in points] == [row["kind"] for row in rows]
    assert {row["kind"] for row in rows} == {"to the originals", "between", "difference"}
    assert float(rows[0]["value"]) == points[0]["value"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--metric", "kid"], "none of these trajectories has the features inception"),
        (["--metric", "kid", "--features", "phash", "--findings"], "kid is one of sets"),
        (["--metric", "u-ids", "--features", "phash", "--parquet", "x.parquet"], "use --csv x.csv"),
        (["--metric", "ssim", "--features", "phash"], "--features is for --parquet, and for metrics of sets: kid"),
        (["--metric", "kid", "--features", "phish"], "Did you mean phash?"),
    ],
)
def test_what_cannot_be_told_is_said(
    argv: list[str], message: str, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["results", str(runs), *argv]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_a_refused_metric_is_an_error_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_study(tmp_path / "runs", drifting, pictures=2, inpainters=("identity", "telea"))
    argv = ["results", str(tmp_path / "runs"), "--metric", "fid", "--features", "phash"]
    assert main(argv) == 2
    assert "FID of 2 pictures with features of 4 dimensions" in capsys.readouterr().err
    assert main([*argv, "--compare"]) == 0
    shown = capsys.readouterr()
    assert "no absolute values: FID of 2 pictures" in shown.err
    assert "difference" in shown.out
