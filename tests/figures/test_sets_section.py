"""Sets of pictures in the report: figures, tables and CSV by the stored features, and nothing where there are none."""

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui.figures.report import write_report
from riptui.figures.report_folder import JSON_NAME
from riptui.figures.sets_section import WrittenSets, render_sets
from riptui.store.listing import find_trajectories
from tests.support.set_studies import drifting, write_study


@pytest.mark.exhaustive
def test_a_section_with_figures_tables_and_csv(tmp_path: Path) -> None:
    write_study(tmp_path / "runs", drifting, inpainters=("identity", "telea"), metrics=("psnr",))
    out = tmp_path / "report"
    write_report(find_trajectories(tmp_path / "runs"), out)
    text = (out / "report.md").read_text()
    for part in (
        "## Sets of pictures",
        "![Sets of pictures, telea](figure-sets-phash-telea.png)",
        "| inpainter | mask | images | inpainted | kid | precision | recall | density | coverage-prdc |",
        "| telea | 128 px | 7 | 100 % | ",
        "| metric | first | second | mask | images | inpainted | between | difference |",
        "| kid | identity | telea | 128 px | 7 | 100 % | ",
        "| coverage-prdc | identity | telea | 128 px | 7 | 100 % | ",
        "[CSV](figure-sets-phash-comparisons.csv)",
    ):
        assert part in text, part
    assert "Sets of pictures</h2>" in (out / "report.html").read_text()
    rows = [*csv.DictReader((out / "figure-sets-phash-identity.csv").read_text().splitlines())]
    assert {row["metric"] for row in rows} == {"kid", "precision", "recall", "density", "coverage-prdc"}
    assert [row["inpainted"] for row in rows if row["metric"] == "kid"] == ["50.0", "100.0"]
    found = json.loads((out / JSON_NAME).read_text())
    assert {point["kind"] for point in found["sets"]["features"]["phash"]["points"]} == {
        "to the originals",
        "between",
        "difference",
    }
    assert {"figure-sets-phash-comparisons.csv", "figure-sets-phash-telea.pdf"} <= {*found["files"]}
    assert [*found["sets"]["features"]] == ["phash"]


def test_without_features_there_is_no_section() -> None:
    assert [*render_sets(WrittenSets({}))] == []
