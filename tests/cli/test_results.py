"""`riptui results`, as its users meet it. Whether the numbers are right is test_statistics.py's and its neighbours'."""

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import ConsoleDimensions

from riptui.cli import console
from riptui.results.curves import extract_curves
from riptui.results.paper_tests import NETS
from riptui.results.statistics import summarize_drift
from riptui.store import layout
from riptui.store.listing import find_all_trajectories, summarize
from tests.support.command import RICH, require_harmless, riptui
from tests.support.made import made_spec, write


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    return tmp_path


def growth(rate: float) -> Callable[[float], float]:
    return lambda x: rate * (1 - 2 ** (-x / 100))


@pytest.fixture
def runs(place: Path) -> Path:
    """Nine images, two mask sizes, two inpainters, three seeds, all three nets."""
    rng = np.random.default_rng(0)
    for image in range(9):
        for mask in (128, 256):
            for name, slope in (("telea", 0.6), ("biharmonic", 0.4)):
                for seed in range(3):
                    spec = made_spec(image, mask=mask, inpainter=name, seed=seed)
                    value = growth((slope + mask / 2560 + image / 100) * rng.uniform(0.95, 1.05))
                    folder = place / "runs" / f"i{image}" / f"m{mask}-{name}-s{seed}"
                    write(folder, spec, dict.fromkeys([*NETS, "lpips-vgg@previous"], value))
    return place / "runs"


def told(*argv: str | Path) -> dict[str, Any]:
    outcome = riptui("results", *argv, "--json")
    assert outcome.code == 0
    return json.loads(outcome.out)


@pytest.mark.slow
def test_there_is_a_line_for_each_inpainter_and_mask(runs: Path) -> None:
    outcome = riptui("results", runs)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines() if " px" in line or "±" in line]
    assert [line[:4] for line in lines] == [
        [name, mask, "27", "9"] for name in ("biharmonic", "telea") for mask in ("128", "256")
    ]
    assert "lpips-vgg at the end" in outcome.out
    members = extract_curves(map(summarize, find_all_trajectories([runs])), "lpips-vgg")
    found = summarize_drift([one for one in members if (one.spec.inpainter, one.spec.mask) == ("telea", 256)])
    assert f"{found.final.value:.4f} ± {found.last.sd:.4f}" in outcome.out
    assert f"{found.final.low:.4f} to {found.final.high:.4f}" in outcome.out
    assert f"{found.half_life:.0f} %" in outcome.out
    assert "saturating, ΔAICc" in outcome.out
    assert "half of the change up to 400 % is reached" in outcome.out


@pytest.mark.slow
def test_json_has_the_whole_of_each_group(runs: Path) -> None:
    found = told(runs)
    assert (found["metric"], found["by"]) == ("lpips-vgg", ["inpainter", "mask"])
    assert [one["key"]["mask"] for one in found["groups"]] == [128, 256] * 2
    for one in found["groups"]:
        assert (one["trajectories"], one["images"], one["unfinished"], one["amount"]) == (27, 9, 0, 400)
        assert [point["inpainted"] for point in one["curve"]] == [50 * place for place in range(9)]
        assert {point["n"] for point in one["curve"]} == {9}, "images"
        assert one["last"]["lower"] < one["last"]["median"] < one["last"]["upper"]
        assert {law["law"] for law in one["laws"]} == {"saturating", "power"}
        assert one["convergence"]["value"] > 1, "the made values @previous only grow"
        assert (one["runs"][-1]["images"], one["runs"][-1]["runs"]) == (9, 27)
    assert "findings" not in found
    assert "comparison" not in found


@pytest.mark.slow
def test_settings_that_differ_are_never_averaged_and_it_is_said_which(runs: Path) -> None:
    outcome = riptui("results", runs, "--by", "mask")
    assert "also grouped by what differs: inpainter, radius" in outcome.err
    assert told(runs, "--by", "mask")["by"] == ["mask", "inpainter", "radius"]
    assert riptui("results", runs, "--by", "mask,inpainter,radius").err == ""


def test_a_picture_is_called_by_its_name_and_by_its_hash_in_json(runs: Path) -> None:
    outcome = told(runs, "--by", "image")
    names = {group["key"]["image"]: outcome["pictures"][group["key"]["image"]] for group in outcome["groups"]}
    assert len(names) == 9
    shown = riptui("results", runs, "--by", "image").out
    assert all(name in shown and sha256[:40] not in shown for sha256, name in names.items())


def test_unlike_amounts_are_told_apart_unasked(runs: Path) -> None:
    write(runs / "short", made_spec(0, mask=256, inpainter="telea", amount=100.0), {"lpips-vgg": growth(0.1)})
    found = told(runs)
    assert found["by"] == ["inpainter", "mask", "amount"]
    assert [one["key"]["amount"] for one in found["groups"]].count(100) == 1


def test_another_metric_can_be_looked_at(runs: Path) -> None:
    assert told(runs, "--metric", "lpips-alex")["metric"] == "lpips-alex"


def test_without_lpips_the_next_best_metric_is_taken(place: Path) -> None:
    write(place / "a", made_spec(mask=256), {"delta-e": lambda x: x, "ssim": lambda x: 1 - x / 1000})
    assert told("a")["metric"] == "ssim"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_each_finding_is_told_with_its_verdict_and_its_numbers(runs: Path) -> None:
    outcome = riptui("results", runs, "--findings")
    assert outcome.code == 0
    for number in range(1, 8):
        assert len(re.findall(rf"^{number}\. .*  (holds|does not|undecided)$", outcome.out, re.MULTILINE)) == 2
    assert "it needs 20 images" in outcome.out
    tested = told(runs, "--findings")["findings"]
    assert [one["settings"]["inpainter"] for one in tested] == ["biharmonic", "telea"]
    for one in tested:
        verdicts = {finding["number"]: finding["verdict"] for finding in one["findings"]}
        assert verdicts[1] == verdicts[2] == verdicts[3] == "holds"
        assert verdicts[4] == verdicts[5] == verdicts[6] == "undecided"
        for finding in one["findings"]:
            for each in finding["evidence"]:
                assert each["effect"].keys() == {"value", "low", "high", "images", "p_above", "p_below"}
                assert each["verdict"] in ("holds", "in part", "does not", "undecided")


@pytest.mark.slow
def test_inpainters_are_ordered_with_the_tests_behind_it(runs: Path) -> None:
    outcome = riptui("results", runs, "--compare")
    assert outcome.code == 0
    below = outcome.out.partition("The most stable first, by the area under lpips-vgg")[2]
    assert below.index("biharmonic") < below.index("telea")
    comparison = told(runs, "--compare")["comparison"]
    assert [one["key"]["inpainter"] for one in comparison["standings"]] == ["biharmonic", "telea"]
    [difference] = comparison["differences"]
    assert difference["adjusted"] < 0.05
    assert difference["effect"]["low"] > 0
    assert (difference["nearer"]["inpainter"], difference["farther"]["inpainter"]) == ("biharmonic", "telea")


@pytest.mark.slow
@pytest.mark.needs("parquet")
@pytest.mark.exhaustive
def test_all_that_was_measured_is_written_as_one_table(runs: Path, place: Path) -> None:
    refused = riptui("results", runs, "--csv", "all.csv", "--parquet", "all.csv")
    refused.require_one_line("all.csv", ".parquet")
    assert not Path("all.csv").exists()
    outcome = riptui("results", runs, "--csv", "all.csv", "--parquet", "all.parquet")
    assert outcome.code == 0
    assert outcome.err == "all.csv: written\nall.parquet: written\n"
    with (place / "all.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 108 * 9
    riptui("results", runs, "--csv", "all.csv").require_one_line("all.csv exists; --overwrite")
    assert riptui("results", runs, "--csv", "all.csv", "--overwrite").code == 0


@pytest.mark.slow
def test_unfinished_and_unreadable_trajectories_are_counted(runs: Path) -> None:
    cut = runs / "i0" / "m128-telea-s0"
    lines = (cut / layout.METRICS).read_text().splitlines(keepends=True)
    (cut / layout.METRICS).write_text("".join(lines[:-1]))
    (runs / "i1" / "m128-telea-s0" / layout.SPEC).write_text("{")
    outcome = riptui("results", runs)
    assert "left out, unreadable: 1 trajectory; see riptui check" in outcome.err
    assert "left out, not measured to the end: 1 trajectory;" in outcome.err
    (cut / layout.ROWS).write_text("".join((cut / layout.ROWS).read_text().splitlines(keepends=True)[:-1]))
    (cut / layout.REQUEST).write_text("{")
    outcome = riptui("results", runs)
    assert "left out, unreadable: 2 trajectories; see riptui check" in outcome.err
    assert "not measured to the end" not in outcome.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--metric", "psnr"], ["none of these trajectories has psnr", "lpips-squeeze, lpips-alex, lpips-vgg"]),
        (["--by", "colour"], ["cannot group by colour", "inpainter"]),
        (["--csv", "all.txt"], ["the name must end in .csv"]),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(runs: Path, argv: list[str], words: list[str]) -> None:
    outcome = riptui("results", runs, *argv)
    assert outcome.code == 2
    outcome.require_one_line(*words)


def test_folders_without_measurements_or_trajectories_are_refused(place: Path) -> None:
    riptui("results", "gone").require_one_line("gone does not exist")
    write(place / "a", made_spec(mask=256), {})
    (place / "a" / layout.METRICS).write_bytes(b"")
    riptui("results", "a").require_one_line("no measured values", "riptui measure")


def test_values_that_are_not_finite_or_of_no_frame_are_not_measured(place: Path) -> None:
    write(place / "a", made_spec(mask=256), {})
    (place / "a" / layout.METRICS).write_text('{"k": 0, "psnr": null}\n')
    riptui("results", "a").require_one_line("no measured values")
    (place / "a" / layout.ROWS).write_bytes(b"")
    (place / "a" / layout.METRICS).write_text('{"k": 2, "psnr": 30.0}\n')
    riptui("results", "a").require_one_line("no measured values")


def test_trajectories_with_equal_settings_can_be_one_group(place: Path) -> None:
    for image in range(3):
        write(place / f"{image}", made_spec(image, mask=256), {"ssim": lambda x: 1 - x / 1000})
    assert [one["trajectories"] for one in told(".", "--by", "")["groups"]] == [3]
    assert riptui("results", ".", "--by", "").code == 0


def test_what_never_changes_has_no_half_life_and_no_law(place: Path) -> None:
    for image in range(3):
        write(place / f"{image}", made_spec(image, mask=256, inpainter="identity"), {"lpips-vgg": lambda x: 0.0})
    [line] = [line for line in riptui("results", ".").out.splitlines() if "identity" in line]
    assert line.split()[-2:] == ["-", "-"]


def test_hostile_names_stay_harmless(place: Path) -> None:
    for image in range(2):
        spec = made_spec(
            image, mask=256, source_name="\x1b[31m\u202e[bold].png", parameters={"prompt": "\x1b]0;x\x07\n"}
        )
        write(place / "runs" / f"{image}", spec, {"\x1b[31mmetric": growth(0.5)})
    for terminal in (False, True):
        outcome = riptui("results", "runs", "--by", "source_name,prompt", terminal=terminal)
        assert outcome.code == 0
        require_harmless(outcome, terminal=terminal)
        assert "metric" in outcome.out
    assert "[bold]" in riptui("results", "runs", "--by", "source_name,prompt").out


@pytest.mark.slow
@pytest.mark.parametrize("columns", [200, 80, 40])
def test_it_fits_any_terminal(columns: int, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(console.out), "size", ConsoleDimensions(columns, 24))
    outcome = riptui("results", runs, "--compare", terminal=True)
    assert outcome.code == 0
    require_harmless(outcome, terminal=True)
    tables = [RICH.sub("", line) for line in outcome.out.splitlines() if "─" in line]
    assert tables
    assert max(map(len, tables)) <= columns


def test_one_trajectory_has_no_interval_and_no_spread(place: Path) -> None:
    write(place / "a", made_spec(mask=256), {"ssim": lambda x: 1 - x / 1000})
    outcome = riptui("results", "a")
    [line] = [line for line in outcome.out.splitlines() if "navier-stokes" in line]
    assert line.split()[:6] == ["navier-stokes", "256", "1", "1", "0.6000", "-"]
    [tested] = told("a", "--findings")["findings"]
    assert {finding["verdict"] for finding in tested["findings"]} == {"undecided"}
    assert tested["findings"][4]["evidence"][0]["effect"]["value"] is None
    final = told("a")["groups"][0]["final"]
    assert (final["value"], final["low"], final["high"], final["images"]) == (0.6, None, None, 1)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_statistics_need_no_torch(runs: Path) -> None:
    code = """
import sys
from riptui.cli import main
assert main(["results", "runs", "--findings", "--compare"]) == 0
assert not {"torch", "matplotlib", "cv2"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=runs.parent, stdout=subprocess.DEVNULL)


def test_findings_that_are_refused_hide_nothing_else(place: Path) -> None:
    for image in range(3):
        for name, value in (("telea", 30.0), ("biharmonic", 40.0)):
            spec = made_spec(image, mask=256, inpainter=name)
            write(place / f"{name}-{image}", spec, {"psnr": lambda x, value=value: value - x / 100})
    outcome = riptui("results", ".", "--metric", "psnr", "--findings", "--compare")
    assert outcome.code == 2
    assert "psnr at the end" in outcome.out
    assert "The most stable first" in outcome.out
    assert "psnr has no finite value for equal pictures" in outcome.err


def test_what_is_infinite_at_the_end_is_told_even_where_it_is_infinite_throughout(place: Path) -> None:
    """As the PSNR of frames that equal the original; only some of them have a finite value on the way."""
    values: list[Callable[[float], float]] = [lambda x: 20, lambda x: math.inf, lambda x: math.inf if x == 400 else 30]
    for image, value in enumerate(values):
        write(place / "runs" / str(image), made_spec(image, mask=256), {"psnr": value})
    outcome = riptui("results", "runs", "--metric", "psnr")
    assert outcome.code == 0
    assert "left out, psnr is infinite at the end: 2 trajectories" in outcome.err
    assert told("runs", "--metric", "psnr")["infinite"] == 2
    shutil.rmtree(place / "runs" / "0")
    shutil.rmtree(place / "runs" / "2")
    write(place / "runs" / "other", made_spec(9, mask=256), {"ssim": lambda x: 1.0})
    outcome = riptui("results", "runs", "--metric", "psnr")
    assert (outcome.code, "none of these trajectories has a finite psnr" in outcome.err) == (2, True)


def test_of_many_that_were_left_out_a_few_are_named(place: Path) -> None:
    for image in range(9):
        write(place / "runs" / str(image), made_spec(image, mask=256), {"ssim": lambda x: 1.0})
    complaints = riptui("results", "runs", "--recursion").err.splitlines()
    assert sum("original.png is missing" in line for line in complaints) == 5
    assert complaints[-1] == "left out, 4 more; see riptui check"
