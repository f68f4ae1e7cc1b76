"""The report's section on how trajectories end: labels with rules and values, and a table of every trajectory."""

import csv
from pathlib import Path

import numpy as np
import pytest

from riptui.store.layout import METRICS
from riptui.store.records import encode_line
from tests.corpus.conftest import blotches
from tests.support.recursed import bundled_pictures, paint, save_recursion

pytestmark = pytest.mark.needs("report")


@pytest.mark.slow
def test_the_section_has_rules_shares_medians_and_spreads(tmp_path: Path) -> None:
    from riptui.figures.collapse_section import COLLAPSE_CSV, write_collapse  # of an extra
    from riptui.figures.report_data import load_report_data
    from riptui.store.listing import find_trajectories

    for mask in (64, 128):
        grey = paint(lambda image, seed: np.full_like(image, 128))
        folder = tmp_path / f"runs/m{mask}"
        trajectory = save_recursion(folder, bundled_pictures(2)[1], grey, mask=mask, amount=100.0, order="raster")
        (folder / METRICS).write_bytes(encode_line({"k": trajectory.spec.iterations, "delta-e": mask / 8}))
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    section = write_collapse(data, tmp_path, lambda stage, done, total: None)
    text = "\n".join(section.text)
    assert "end alike" not in text, "of a single picture"
    for part in (
        "## How trajectories end",
        "- blurred: detail below 50 %, and neither of those",
        "| navier-stokes | 64 px | 1 | 1 | 100 | 0 | 0 | 0 | - |",
        "| navier-stokes | 128 px | 0 % | - | - | 0.0 | - |",
        "1 of 1 spread by mask size",
        "| picture.png | navier-stokes | 8.0000 | 16.00 | 66.7 % | spreads by mask size |",
    ):
        assert part in text, part
    rows = [*csv.DictReader((tmp_path / COLLAPSE_CSV).read_text().splitlines())]
    assert [(row["mask"], row["look"], row["stabilised"]) for row in rows] == [
        ("128", "uniform", ""),
        ("64", "uniform", ""),
    ]


def test_a_mask_as_large_as_the_picture_is_named_so(tmp_path: Path) -> None:
    from riptui.figures.collapse_section import write_collapse  # of an extra
    from riptui.figures.report_data import load_report_data
    from riptui.store.listing import find_trajectories

    grey = paint(lambda image, seed: np.full_like(image, 128))
    save_recursion(tmp_path / "runs/whole", blotches(0, 256), grey, mask=256, amount=100.0, order="raster")
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    text = "\n".join(write_collapse(data, tmp_path, lambda stage, done, total: None).text)
    assert "| navier-stokes | whole image | 1 | 1 | 100 |" in text


@pytest.mark.slow
def test_pictures_that_share_squares_and_noise_are_compared(tmp_path: Path) -> None:
    from riptui.figures.collapse_section import ATTRACTION_CSV, COUPLING_CSV, write_collapse
    from riptui.figures.report_data import load_report_data
    from riptui.store.listing import find_trajectories

    grey = paint(lambda image, seed: np.full_like(image, 128))
    for number in range(3):
        given = {"mask": 128, "amount": 100.0, "order": "raster", "squares": "shared"}
        save_recursion(tmp_path / f"runs/{number}", blotches(number, 256), grey, **given)
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    section = write_collapse(data, tmp_path, lambda stage, done, total: None)
    text = "\n".join(section.text)
    for part in (
        "| navier-stokes | 128 px | 3 | 3 | 0.0000 | 1 | 3 images |",
        "| condition | mask | squares | images | seeds | 100 % |",
        "| navier-stokes | 128 px | shared | 3 | 1 | 0.0000 |",
    ):
        assert part in text, part
    assert section.files == ["collapse.csv", ATTRACTION_CSV, COUPLING_CSV]
    rows = [*csv.DictReader((tmp_path / COUPLING_CSV).read_text().splitlines())]
    assert [(row["inpainted"], row["ratio"]) for row in rows][-1] == ("100.0", "0.0")
    rows = [*csv.DictReader((tmp_path / ATTRACTION_CSV).read_text().splitlines())]
    assert [(row["cluster"], row["cluster images"]) for row in rows] == [("1", "3")] * 3
