"""The report's section on how trajectories end: labels with rules and values, and a table of every trajectory."""

import csv
from pathlib import Path

import numpy as np
import pytest

from riptui.store.layout import METRICS
from riptui.store.records import encode_line
from tests.support.recursed import bundled_pictures, paint, save_recursion

pytestmark = pytest.mark.needs("report")


def test_the_section_has_rules_shares_medians_and_spreads(tmp_path: Path) -> None:
    from riptui.figures.collapse_section import COLLAPSE_CSV, render_collapse, write_collapse  # of an extra
    from riptui.figures.report_data import load_report_data
    from riptui.store.listing import find_trajectories

    for mask in (64, 128):
        grey = paint(lambda image, seed: np.full_like(image, 128))
        folder = tmp_path / f"runs/m{mask}"
        trajectory = save_recursion(folder, bundled_pictures(2)[1], grey, mask=mask, amount=100.0, order="raster")
        (folder / METRICS).write_bytes(encode_line({"k": trajectory.spec.iterations, "delta-e": mask / 8}))
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    summary = write_collapse(data, tmp_path, lambda stage, done, total: None)
    text = "\n".join(render_collapse(summary))
    for part in (
        "## How trajectories end",
        "- blurred: detail below 50 %, and neither of those",
        "| navier-stokes | 64 px | 1 | 1 | 100 | 0 | 0 | 0 | - |",
        "| navier-stokes | 128 px | 0 % | - | - | 0.0 | - |",
        "1 of 1 spread by mask size",
        "| picture.png | navier-stokes | 8.0000 | 16.00 | 67 % | spreads by mask size |",
    ):
        assert part in text, part
    rows = [*csv.DictReader((tmp_path / COLLAPSE_CSV).read_text().splitlines())]
    assert [(row["mask"], row["look"], row["stabilised"]) for row in rows] == [
        ("128", "uniform", ""),
        ("64", "uniform", ""),
    ]
