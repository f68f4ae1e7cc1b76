"""Published curves from a CSV."""

from math import isnan
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import numpy as np

from riptui.errors import InputError
from riptui.figures import averages
from riptui.figures.reference import ReferencePoint, read
from tests.support.drawn import drawings, only

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("styled")]

HEADER = "metric,mask,inpainted,mean,sd\n"


def test_a_reference_is_read_in_any_order_of_columns_and_rows(tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    file.write_text(
        "\ufeffsd, mean ,inpainted,mask,metric,more\n,0.2,100,64,lpips-vgg,x\n0.05,0.1,50,64,lpips-vgg,\n\n"
    )
    [(key, points)] = read(file).curves.items()
    assert key == ("lpips-vgg", 64)
    assert points[0] == ReferencePoint(50, 0.1, 0.05)
    assert points[1][:2] == (100, 0.2)
    assert isnan(points[1].sd)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "missing column metric, mask", "got: nothing"]),
        ("metric;mask\n", ["line 1", "separated by commas"]),
        (HEADER, ["no rows after its header"]),
        (HEADER + "lpips-vgg,64,50,0.1\n", ["line 2", "4 cells", "the header has 5"]),
        (HEADER + "lpips-vgg,64,50,0.1,0\nlpips-vgg,64,50,much,0\n", ["line 3", "mean is 'much'", "a number"]),
        (HEADER + "lpips-vgg,64.5,50,0.1,0\n", ["line 2", "mask is '64.5'", "whole number"]),
        (HEADER + "lpips-vgg,64,50,nan,0\n", ["line 2", "mean is 'nan'", "finite"]),
        (HEADER + "lpips-vgg,64,50,1,-1\n", ["line 2", "sd is '-1'", "at least 0"]),
        (HEADER + "lpips-vgg,64,50,1,0\nlpips-vgg,64,50,1,0\n", ["line 3", "occurs twice"]),
        (HEADER + "vgg,64,50,1,0\n", ["line 2", "unknown metric 'vgg'", "lpips-vgg"]),
        (HEADER + '"lpips-vgg,64,50,1,0\n', ["line 2", "not CSV"]),
        ("metric,metric,mask,inpainted,mean,sd\n", ["line 1", "column metric occurs twice"]),
    ],
)
def test_a_wrong_reference_is_refused_with_its_line(text: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        read(file)
    for word in ["paper.csv", *words]:
        assert word in str(refused.value)


def test_a_reference_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"
    with pytest.raises(InputError, match="does not exist"):
        read(file)
    file.write_bytes(HEADER.encode() + b"lpips-vgg\xff")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read(file)


def test_a_reference_is_overlaid_dashed_in_figure_7_alone(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "paper_$1$.csv"
    file.write_text(HEADER + "lpips-vgg,256,0,0,0\nlpips-vgg,256,400,0.5,0.1\nlpips-vgg,64,400,0.5,\n")
    drawn, against_coverage, *_ = drawings(averages.draw_mean_drift(only(runs), read(file)))
    dashed = [[line for line in axes.lines if line.get_linestyle() == "--"] for axes in drawn.figure.axes]
    assert [len(lines) for lines in dashed] == [0, 0, 1]
    np.testing.assert_array_equal(dashed[2][0].get_ydata(), [0, 0.5])
    assert "reference: paper_$1$.csv" in [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert "dashed" in drawn.caption
    assert not any(line.get_linestyle() == "--" for axes in against_coverage.figure.axes for line in axes.lines)
    assert "dashed" not in against_coverage.caption
