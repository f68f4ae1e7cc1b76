"""Figures that are pictures: 1, 2, 4 to 6, 10 to 12 and S1."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

import numpy as np
from matplotlib.figure import Figure

from riptui.figures import sequences, square_maps
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.store import layout
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from tests.support.drawn import drawings, only
from tests.support.made import made_spec, write
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("styled")]


@pytest.fixture
def pictures(tmp_path: Path, make_trajectory: MakeTrajectory) -> Path:
    """One picture, masks 64 and 128, computed to 100 %."""
    for mask in (64, 128):
        list(run_trajectory(make_trajectory(f"picture/m{mask}", mask=mask, metrics=("ssim",))))
    return tmp_path / "runs"


def shown(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def test_figure_1_has_the_original_beside_the_outcome(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_before_and_after(only(pictures)))
    before, after = shown(drawn.figure)
    trajectory = Trajectory(pictures / "picture" / "m64")
    np.testing.assert_array_equal(before, read_frame(trajectory, 0))
    np.testing.assert_array_equal(after, read_frame(trajectory, 16))
    assert [(row["k"], row["inpainted"]) for row in drawn.rows] == [(0, 0), (16, 100)]


def test_figure_2_has_the_original_the_masked_and_the_inpainted_picture(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_one_inpainting(only(pictures)))
    assert [axes.get_title() for axes in drawn.figure.axes] == ["original", "masked", "inpainted: frame 1"]
    trajectory = Trajectory(pictures / "picture" / "m128")
    before, masked, after = shown(drawn.figure)
    np.testing.assert_array_equal(before, read_frame(trajectory, 0))
    np.testing.assert_array_equal(after, read_frame(trajectory, 1))
    assert (masked[trajectory.read_rows()[0].box.window] == sequences.MASK_GREY).all()


@pytest.mark.parametrize(("masks", "chosen"), [((64, 128, 256), 256), ((64, 128), 128), ((256, 512), 256)])
def test_figures_2_4_and_5_have_the_papers_mask_or_the_nearest(
    masks: tuple[int, ...], chosen: int, tmp_path: Path
) -> None:
    for mask in masks:
        write(tmp_path / f"{mask}", made_spec(mask=mask), {})
    assert sequences.large_mask(only(tmp_path)) == chosen


def test_figure_4_says_how_many_iterations_are_between_pictures_and_if_the_mask_is_not_the_papers(
    pictures: Path,
) -> None:
    for runs, chosen in ((pictures, 128), (pictures / "picture" / "m64", 64)):
        drawn = next(sequences.draw_sequences(only(runs)))
        assert isinstance(drawn, PlottedFigure)
        assert f"50 % inpainted ({2 if chosen == 128 else 8} iterations) of" in drawn.caption
        assert {row["mask"] for row in drawn.rows} == {chosen}
        assert ("the paper's mask is 128 px, which no trajectory here has" in drawn.caption) == (chosen == 64)


def test_figures_4_and_10_have_a_picture_every_50_percent(pictures: Path) -> None:
    found = {one.number: one for one in sequences.draw_sequences(only(pictures))}
    assert isinstance(found["4"], PlottedFigure)
    assert isinstance(found["5"], SkippedFigure)
    assert [axes.get_title() for axes in found["4"].figure.axes] == ["original", "50 %", "100 %"]
    rows = {one.number: one for one in sequences.draw_mask_sizes(only(pictures))}
    assert isinstance(rows["10"], PlottedFigure)
    assert [isinstance(rows[number], SkippedFigure) for number in ("11", "12")] == [True, True]
    assert [(row["mask"], row["k"]) for row in rows["10"].rows] == [
        (64, 0),
        (64, 8),
        (64, 16),
        (128, 0),
        (128, 2),
        (128, 4),
    ]
    assert [text.get_text() for axes in rows["10"].figure.axes for text in axes.texts] == ["64 px", "128 px"]


def test_amounts_that_a_mask_size_has_no_frame_of_are_left_empty(
    tmp_path: Path, make_trajectory: MakeTrajectory
) -> None:
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"m{mask}", mask=mask)))
    drawn = next(sequences.draw_mask_sizes(only(tmp_path / "runs")))
    assert isinstance(drawn, PlottedFigure)
    assert [axes.get_title() for axes in drawn.figure.axes] == ["original", "50 %", "100 %", "", "", ""]
    assert [len(axes.images) for axes in drawn.figure.axes] == [1, 1, 1, 1, 0, 1], "one square of 256 is 100 %"


def test_figure_6_has_the_frame_before_the_mask_and_the_frame_after(pictures: Path) -> None:
    [drawn] = drawings(sequences.draw_two_iterations(only(pictures)))
    trajectory = Trajectory(pictures / "picture" / "m64")
    images = shown(drawn.figure)
    for k, row in enumerate(trajectory.read_rows()[:2]):
        before, masked, after = images[3 * k : 3 * k + 3]
        np.testing.assert_array_equal(before, read_frame(trajectory, k))
        np.testing.assert_array_equal(after, read_frame(trajectory, k + 1))
        assert (masked[row.box.window] == sequences.MASK_GREY).all()
        assert (masked != before).any(axis=-1).sum() <= 64 * 64


def test_long_trajectories_show_at_most_nine_pictures_and_say_how_far_apart(tmp_path: Path) -> None:
    write(tmp_path / "a", made_spec(mask=256, amount=1000.0), {"ssim": lambda x: 1 - x / 4000})
    [run] = only(tmp_path).runs
    assert [run.spec.inpainted(k) for k in sequences.choose_iterations(run)] == [0, 150, 300, 450, 600, 750, 900, 1000]
    write(tmp_path / "b" / "c", made_spec(mask=256, amount=25.0), {"ssim": lambda x: 1 - x / 4000})
    [short] = only(tmp_path / "b").runs
    assert sequences.choose_iterations(short) == [0, 1]


@pytest.mark.parametrize("name", [layout.PATCHES, layout.ORIGINAL])
def test_damaged_pictures_are_passed_over_and_told(name: str, pictures: Path) -> None:
    for mask in ("m64", "m128"):
        for keyframe in (pictures / "picture" / mask / layout.KEYFRAMES).iterdir():
            keyframe.unlink()
        (pictures / "picture" / mask / name).write_bytes(b"\0" * 100)
    drawn_here = (
        sequences.draw_before_and_after,
        sequences.draw_one_inpainting,
        sequences.draw_sequences,
        sequences.draw_two_iterations,
        sequences.draw_mask_sizes,
    )
    for draw in drawn_here:
        found = list(draw(only(pictures)))
        assert all(isinstance(one, SkippedFigure) for one in found)
        assert all(len(one.damaged) == 1 for one in found)


def test_trajectories_without_measurements_still_show_their_pictures(
    tmp_path: Path, make_trajectory: MakeTrajectory
) -> None:
    list(run_trajectory(make_trajectory(mask=128)))
    condition = only(tmp_path / "runs")
    assert condition.metric is None
    assert len(drawings(sequences.draw_two_iterations(condition))) == 1


def test_figure_s1_maps_the_squares_where_they_were_measured(tmp_path: Path, make_trajectory: MakeTrajectory) -> None:
    for mask in (64, 128):
        list(run_trajectory(make_trajectory(f"m{mask}", mask=mask, metrics=("delta-e@squares",))))
    [drawn] = drawings(square_maps.draw_square_maps(only(tmp_path / "runs")))
    assert (drawn.number, drawn.stem) == ("S1", "figure-s1")
    stored = [Trajectory(tmp_path / "runs" / f"m{mask}").read_squares() for mask in (64, 128)]
    maps = [squares[k]["delta-e"] for squares in stored for k in squares if k]
    for image, squares in zip(shown(drawn.figure), maps, strict=True):
        np.testing.assert_array_equal(image, squares)
    assert len(drawn.rows) == sum(np.size(squares) for squares in maps)
    labels = [text for axes in drawn.figure.axes for text in axes.texts]
    above, below = (text.get_window_extent() for text in labels)
    assert above.x0 >= 0
    assert not above.overlaps(below)
    assert "n = 2 trajectories" in drawn.caption


def test_without_squares_or_with_spoilt_ones_there_is_no_figure_s1(pictures: Path) -> None:
    assert list(square_maps.draw_square_maps(only(pictures))) == []
    lines = b'{"k": 4, "squares": {"delta-e": [[1.0], []]}}\n{"k": 0, "squares": {"delta-e": [[1.0]]}}\nx\n'
    (pictures / "picture" / "m128" / layout.SQUARES).write_bytes(lines)
    assert list(square_maps.draw_square_maps(only(pictures))) == []
