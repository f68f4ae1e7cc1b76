"""`riptui chart` and `riptui sheet`: which files they write, their numbers, and what they refuse."""

import csv
import sys
from math import inf, isclose
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from riptui.settings.named_filters import name_filter
from tests.support.command import riptui
from tests.support.forgotten_modules import forget_modules
from tests.support.made import made_spec, write
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

pytest.importorskip("matplotlib", reason="needs riptui[report]")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def made(place: Path) -> Path:
    """Two images, two masks; the SSIM of image n falls by (n + 1) / 10 of 400 %."""
    for image in (0, 1):
        for mask in (128, 256):
            values = {"ssim": lambda x, image=image: 1 - (image + 1) * x / 4000, "delta-e": lambda x: x}
            write(place / "runs" / f"i{image}" / f"m{mask}", made_spec(image, mask=mask), values)
    return place / "runs"


@pytest.fixture
def computed(make_trajectory: MakeTrajectory) -> None:
    """A picture of 256 px at two mask sizes, up to 100 %."""
    for mask in (64, 128):
        one = make_trajectory(f"p/m{mask}", mask=mask, amount=100.0, metrics=("delta-e",))
        list(run_trajectory(one))


def rows(file: str) -> list[dict[str, Any]]:
    with Path(file).open() as opened:
        return list(csv.DictReader(opened))


@pytest.mark.slow
def test_a_chart_is_written_in_every_format_with_its_numbers(made: Path) -> None:
    outcome = riptui("chart", "runs", "-o", "a.png", "-o", "a.svg", "-o", "a.pdf", "--metrics", "ssim,delta-e")
    assert (outcome.code, outcome.out.split()) == (0, ["a.png", "a.svg", "a.pdf", "a.csv"])
    assert [Path(f"a.{kind}").read_bytes()[:4] for kind in ("png", "pdf")] == [b"\x89PNG", b"%PDF"]
    last = [row for row in rows("a.csv") if row["inpainted"] == "400.0"]
    assert [(row["metric"], row["curve"], row["images"]) for row in last] == [
        (metric, curve, "2") for metric in ("ssim", "delta-e") for curve in ("128 px", "256 px")
    ]
    assert isclose(float(last[0]["value"]), 0.85)
    assert isclose(float(last[0]["high"]) - 0.85, 0.05 * 2**0.5)


@pytest.mark.slow
def test_the_same_trajectories_give_the_same_bytes(made: Path) -> None:
    for name in ("a", "b"):
        assert riptui("chart", "runs", "-o", f"{name}.svg", "-o", f"{name}.png").code == 0
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_the_csv_of_points_has_every_value_and_its_trajectory(made: Path) -> None:
    assert riptui("chart", "runs", "-o", "a.svg", "--view", "points").code == 0
    found = rows("a.csv")
    assert len(found) == 4 * 9
    assert {row["trajectory"] for row in found} == {f"runs/i{image}/m{mask}" for image in (0, 1) for mask in (128, 256)}
    assert list(found[0]) == ["metric", "curve", "inpainted", "trajectory", "value"]


@pytest.mark.slow
def test_runs_are_of_one_picture_and_each_curve_has_a_name(made: Path) -> None:
    assert riptui("chart", "runs", "-o", "a.svg", "--view", "runs", "--picture", "1.png").code == 0
    assert {row["trajectory"] for row in rows("a.csv")} == {"runs/i1/m128", "runs/i1/m256"}
    assert riptui("chart", "runs/i1/m256", "runs/i0/m128", "-o", "b.svg", "--view", "each", "--log").code == 0
    assert list(dict.fromkeys(row["curve"] for row in rows("b.csv"))) == ["i1/m256", "i0/m128"]


@pytest.mark.slow
def test_a_filter_leaves_what_the_app_would(made: Path) -> None:
    assert riptui("chart", "runs", "-o", "a.svg", "--filter", "mask:256 i1").code == 0
    assert {row["curve"] for row in rows("a.csv")} == {"256 px"}
    name_filter("large", "mask:256")
    assert riptui("chart", "runs", "-o", "c.svg", "--filter", "@large").code == 0
    assert {row["curve"] for row in rows("c.csv")} == {"256 px"}
    outcome = riptui("chart", "runs", "-o", "b.svg", "--filter", "mask:64")
    assert outcome.code == 2
    outcome.require_one_line("none of 4 trajectories matches mask:64")


@pytest.mark.usefixtures("computed")
@pytest.mark.exhaustive
def test_excess_and_recursion_are_of_the_squares() -> None:
    assert riptui("chart", "runs", "-o", "a.svg", "--view", "recursion").code == 0
    found = rows("a.csv")
    assert [row["value"] for row in found if row["repaints"] == "0.0"] == ["0.0", "0.0"]
    assert {row["curve"].partition(" px")[0] for row in found} == {"64", "128"}
    assert riptui("chart", "runs", "-o", "b.svg", "--axis", "excess").code == 0
    found = rows("b.csv")
    assert [row["value"] for row in found if row["inpainted"] == "0.0"] == ["0.0", "0.0"]
    assert {row["metric"] for row in found} == {"delta-e"}


def test_a_chart_of_infinite_values_alone_is_refused_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path / "runs" / "a", made_spec(), {"psnr": lambda x: inf})
    riptui("chart", "runs", "-o", "a.svg").require_one_line("nothing to draw", "all values are infinite")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["-o", "a.jpg"], ["a.jpg", ".png or .svg or .pdf"]),
        (["-o", "gone/a.png"], ["gone does not exist"]),
        (["-o", "a.svg", "--metrics", "psnr"], ["no chart of psnr", "ssim, delta-e"]),
        (["-o", "a.svg", "--view", "runs", "--picture", "2.png"], ["no picture 2.png", "0.png, 1.png"]),
        (["-o", "a.svg", "--view", "recursion"], ["nothing to draw", "finished"]),
        (["-o", "mine.svg"], ["mine.csv exists", "--overwrite"]),
    ],
)
def test_a_chart_is_refused_in_one_line(argv: list[str], words: list[str], made: Path) -> None:
    Path("mine.csv").write_text("mine")
    outcome = riptui("chart", "runs", *argv)
    assert outcome.code == 2
    outcome.require_one_line(*words)
    assert sorted(path.name for path in Path().iterdir()) == ["mine.csv", "runs"]


def test_a_missing_extra_is_named(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_modules(monkeypatch, lambda name: name.startswith("riptui.figures."))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    outcome = riptui("chart", "runs", "-o", "a.svg")
    outcome.require_one_line("matplotlib", "pip install 'riptui[report]'")


@pytest.mark.usefixtures("computed")
@pytest.mark.exhaustive
def test_a_sheet_has_a_column_a_mask_or_one_for_every_half() -> None:
    outcome = riptui("sheet", "runs", "-o", "a.png")
    assert (outcome.code, outcome.out.split()) == (0, ["a.png", "a.csv"])
    found = [(row["trajectory"], row["mask"], row["inpainted"]) for row in rows("a.csv")]
    assert found == [(f"runs/p/m{mask}", str(mask), "100.0") for mask in (64, 128)]
    with PIL.Image.open("a.png") as picture:
        assert picture.width > 1.5 * picture.height
    assert riptui("sheet", "runs", "-o", "b.png", "--columns", "percent", "--filter", "mask:64").code == 0
    assert [row["inpainted"] for row in rows("b.csv")] == ["0.0", "50.0", "100.0"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--columns", "mode"], ["columns cannot be mode", "mask, percent"]),
        (["--metric", "psnr"], ["no picture has a value of psnr", "ssim"]),
    ],
)
def test_a_sheet_is_refused_in_one_line(argv: list[str], words: list[str], made: Path) -> None:
    outcome = riptui("sheet", "runs", "-o", "a.png", *argv)
    assert outcome.code == 2
    outcome.require_one_line(*words)
