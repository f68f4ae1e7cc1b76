"""Figure S3: the lines of all conditions can be told apart, however many there are."""

from itertools import product
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from riptui.figures import style
from riptui.figures.report_data import load_report_data
from riptui.figures.side_by_side_section import MAX_TOGETHER, split_conditions, write_side_by_side
from riptui.store.listing import find_trajectories
from tests.support.made import made_spec, write


@pytest.mark.slow
def test_of_many_conditions_each_panel_has_a_few_in_colour_and_all_others_in_grey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: list[Figure] = []

    def keep(figure: Figure, folder: Path, stem: str) -> list[Path]:
        figures.append(figure)
        return [folder / f"{stem}.png"]

    monkeypatch.setattr(style, "write_figure", keep)
    for number, (inpainter, anchor, match, feather) in enumerate(
        product(("telea", "navier-stokes"), (0, 8), ("none", "border"), (0, 8))
    ):
        spec = made_spec(inpainter=inpainter, anchor=anchor, match=match, feather=feather)
        write(tmp_path / "runs" / str(number), spec, {"ssim": lambda x: 1 - x / 1000})
    data = load_report_data(find_trajectories(tmp_path / "runs"), lambda stage, done, total: None)
    section = write_side_by_side(data.conditions, tmp_path)
    assert "each column has some of them in colour" in section.figures[0].caption
    [figure] = figures
    left, right = figure.axes
    for axes, inpainter in ((left, "navier-stokes"), (right, "telea")):
        assert axes.get_title() == f"{inpainter}, mask 128 px"
        colours = [to_hex(line.get_color()) for line in axes.lines]
        assert colours.count("#d8d8d8") == 16
        looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines}
        assert len(looks) == 8 + 1
    shown, same = ([text.get_text() for text in axes.get_legend().get_texts()] for axes in (left, right))
    assert shown == same
    assert (shown[0], shown[-1]) == ("no intervention", "anchor 8, match border, feather 8")


def test_few_conditions_are_together_and_those_of_one_inpainter_too(tmp_path: Path) -> None:
    for number, inpainter in enumerate(["telea"] * 5 + ["navier-stokes"] * 5 + ["identity"]):
        write(tmp_path / str(number), made_spec(inpainter=inpainter, anchor=number), {"ssim": lambda x: 1.0})
    data = load_report_data(find_trajectories(tmp_path), lambda stage, done, total: None)
    parts = split_conditions(data.conditions)
    assert [[*dict.fromkeys(condition.settings["inpainter"] for condition in part)] for part in parts] == [
        ["identity", "navier-stokes"],
        ["telea"],
    ]
    assert max(map(len, parts)) <= MAX_TOGETHER
    assert [condition for part in parts for condition in part] == data.conditions
