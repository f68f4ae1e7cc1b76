"""The report's section on what recursion does: its figure's data, its tables, and what it says without data."""

import csv
import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from matplotlib.colors import to_hex

from riptui.figures import style
from riptui.figures.exposure_figure import draw_exposure
from riptui.figures.recursion_section import write_recursion
from riptui.figures.report_data import load_report_data
from riptui.figures.section import ReportSection
from riptui.results.exposure import DELTA_E, LUMA
from riptui.results.recursion_analysis import RecursionAnalysis, analyse_recursion
from riptui.store.listing import find_trajectories
from tests.support.made import made_spec, write
from tests.support.recursed import bundled_pictures, lose_a_little, save_recursion

Written = tuple[Path, RecursionAnalysis, ReportSection]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Five pictures that lose a little at each repaint, at two mask sizes."""
    folder = tmp_path_factory.mktemp("section")
    for index, original in enumerate(bundled_pictures(5)):
        for mask in (64, 128):
            save_recursion(folder / "runs" / f"{index}-{mask}", original, lose_a_little(), mask=mask, amount=150.0)
    data = load_report_data(find_trajectories(folder / "runs"), lambda stage, done, total: None)
    return folder, analyse_recursion(data.squares, data.summaries, data.metric), write_recursion(data, folder)


@pytest.mark.slow
def test_the_figure_is_written_with_its_data(written: Written) -> None:
    folder, analysis, section = written
    [figure] = section.figures
    assert figure.files == ("recursion.png", "recursion.svg", "recursion.pdf", "recursion.csv")
    assert "n = 5 images, 10 trajectories" in figure.caption
    assert "bars are 95 % intervals by image" in figure.caption
    with (folder / "recursion.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["mask"], row["error"]) for row in rows} == {(m, e) for m in ("64", "128") for e in (LUMA, DELTA_E)}
    effect = analysis.groups[0].effects[LUMA]
    [first] = [row for row in rows if (row["mask"], row["error"], row["exposure"]) == ("64", LUMA, "1")]
    assert float(first["value"]) == pytest.approx(effect.first.value)
    assert float(first["low"]) < effect.first.value < float(first["high"])
    ends = [row for row in rows if (row["mask"], row["error"], row["inpainted"]) == ("64", LUMA, "150.0")]
    assert [float(ends[0]["value"]), float(ends[0]["null"])] == pytest.approx(
        [effect.curve[-1].error, effect.curve[-1].null]
    )


def test_the_null_is_dashed_and_the_excess_shaded_in_the_colour_of_the_mask(
    written: Written,
) -> None:
    groups = written[1].groups
    with style.styled():
        left, right = draw_exposure(groups, [64, 128]).axes
    assert len(left.containers) == 2, "points with bars for each mask size"
    solid, dashed = (
        [to_hex(line.get_color()) for line in right.lines if line.get_linestyle() == kind] for kind in ("-", "--")
    )
    assert solid == dashed
    assert len({*solid}) == len(right.collections) == 2
    assert left.get_ylim()[0] == right.get_ylim()[0] == 0


def test_the_text_has_the_numbers_and_what_they_mean(written: Written) -> None:
    _, analysis, section = written
    text = "\n".join(section.text)
    assert text.startswith("## What recursion does\n")
    assert "![What recursion does](recursion.png)" in text
    effect = analysis.groups[0].effects[LUMA]
    [row] = [line for line in text.splitlines() if line.startswith("| navier-stokes | 64 px | 5 | 5 |")][:1]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    slope = effect.slope
    assert cells[5] == f"{slope.value:.4f} [{slope.low:.4f}, {slope.high:.4f}]"
    assert cells[9].startswith(f"{effect.explained.value:.1f} % [")
    assert "| navier-stokes | 64 px | this mask |" in text
    assert "Orders of squares" not in text


def test_trajectories_whose_squares_cannot_be_read_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "runs" / "a", made_spec(mask=256), {"ssim": lambda x: 1 - x / 1000})
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    section = write_recursion(data, tmp_path)
    text = "\n".join(section.text)
    assert section.figures == []
    assert "No trajectory is complete, made with paste and readable" in text
    assert "original.png is missing" in text


@pytest.mark.slow
def test_of_a_blended_paste_it_says_what_the_direct_effect_means(tmp_path: Path) -> None:
    for index, original in enumerate(bundled_pictures(2)):
        for feather in (0, 8):
            save_recursion(tmp_path / f"runs/{index}-{feather}", original, lose_a_little(), feather=feather)
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    text = "\n".join(write_recursion(data, tmp_path).text)
    assert re.search(r"With \*feather\* the direct effect is -?\d.* of D1 per repaint; without, -?\d", text)
    assert text.count("It is the paste's, not the inpainter's") == 1
