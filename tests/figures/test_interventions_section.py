"""The report's table of interventions, each against none."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui.figures.interventions_section import INTERVENTIONS_CSV, write_interventions
from tests.results.test_intervention_effects import curve


def conditions(*curves: Any) -> list[Any]:
    """Each in a condition of its own, as trajectories with unlike settings are."""
    return [SimpleNamespace(runs=[SimpleNamespace(curves={"ssim": one})]) for one in curves]


def test_each_intervention_has_a_line_with_its_difference_and_the_file_has_the_numbers(tmp_path: Path) -> None:
    without, anchored = [curve(0.5, str(image)) for image in range(5)], [curve(0.6, str(i), anchor=8) for i in range(5)]
    pairs = [*without, *anchored]
    section = write_interventions(conditions(*pairs), "ssim", tmp_path)
    text = "\n".join(section.text)
    assert "| 64 px | none: the value itself |  | 0.5000 |" in text
    assert "| 64 px | anchor 8 | 5 | 0.1000 [0.1000, 0.1000] |" in text
    assert "of 1 difference to none" in section.headline
    assert "1 have an interval without 0" in section.headline
    header, row = (tmp_path / INTERVENTIONS_CSV).read_text().splitlines()
    assert header.startswith("metric,inpainter,mask,order,amount,intervention,images,without,difference,low,high")
    assert ",anchor 8,5,0.5," in row
    assert section.files == [INTERVENTIONS_CSV]


def test_without_a_pair_there_is_no_section(tmp_path: Path) -> None:
    section = write_interventions(conditions(curve(0.5, anchor=8)), "ssim", tmp_path)
    assert [*section.text] == []
    assert not [*tmp_path.iterdir()]
