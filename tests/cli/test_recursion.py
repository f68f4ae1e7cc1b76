"""`riptui results --recursion`, as its users meet it."""

import json
from pathlib import Path

import pytest

from riptui.store import layout
from tests.support.command import require_harmless, riptui
from tests.support.recursed import bundled_pictures, lose_a_little, paint_grey, save_recursion


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures in two orders, painted grey, with SSIM as measured."""
    folder = tmp_path_factory.mktemp("recursion") / "runs"
    for index, original in enumerate(bundled_pictures(5)):
        for order in ("replacement", "shuffle"):
            saved = save_recursion(
                folder / f"{index}-{order}", original, paint_grey(), mask=128, order=order, amount=200.0
            )
            lines = "".join(f'{{"k": {k}, "ssim": {1 - k / 100}}}\n' for k in saved.spec.point_iterations())
            (saved.path / layout.METRICS).write_text(lines)
    return folder


@pytest.mark.slow
def test_the_tables_say_what_is_coverage(runs: Path) -> None:
    outcome = riptui("results", runs, "--by", "inpainter,mask,order", "--recursion")
    require_harmless(outcome)
    assert (outcome.code, outcome.err) == (0, "")
    assert "What recursion does: luma error of squares, in levels" in outcome.out
    assert "What recursion does: delta-e error of squares, in ΔE" in outcome.out
    lines = [line.split() for line in outcome.out.splitlines() if "100.0 %" in line]
    assert len(lines) == 4
    for line in lines:
        assert line[:5] in (["navier-stokes", order, "128", "5", "5"] for order in ("replacement", "shuffle"))
        assert line[6:11] == ["0.0000", "0.0000", "to", "0.0000", "0.0"], "grey damages once: R is 0"
    assert "this order" in outcome.out
    assert "this mask" not in outcome.out, "there is only one size"
    [by_ssim] = [line for line in outcome.out.splitlines() if "replacement - shuffle" in line and " ssim " in line]
    assert "0.0000 (0.0000 to 0.0000)" in by_ssim


@pytest.mark.slow
def test_json_has_all_of_it(runs: Path) -> None:
    outcome = riptui("results", runs, "--by", "inpainter,mask,order", "--recursion", "--json")
    found = json.loads(outcome.out)["recursion"]
    assert [group["key"]["order"] for group in found["groups"]] == ["replacement", "shuffle"]
    effect = found["groups"][0]["errors"]["luma"]
    assert effect["slope"] == {
        "value": 0, "low": 0, "high": 0, "images": 5, "p_above": None, "p_below": None
    }  # fmt: skip
    assert effect["by_exposure"][0]["exposure"] == 1
    assert {*effect["curve"][0]} == {"inpainted", "error", "null"}
    assert {held["left_out"] for held in found["held_out"]} == {"order"}
    assert {one["metric"] for one in found["orders"][0]["differences"]} == {
        "ssim",
        "luma of squares",
        "delta-e of squares",
    }
    assert found["left_out"] == []


@pytest.mark.slow
def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    for name, paste in (("a", True), ("b", False)):
        saved = save_recursion(tmp_path / name, bundled_pictures(1)[0], lose_a_little(), amount=25.0, paste=paste)
        (saved.path / layout.METRICS).write_text('{"k": 4, "ssim": 0.5}\n')
    outcome = riptui("results", tmp_path / "b", "--recursion")
    assert outcome.code == 0
    assert "nothing can be said about recursion" in outcome.err
    outcome = riptui("results", tmp_path, "--recursion", "--by", "inpainter,mask,paste")
    assert "left out, made without paste, so that each repaint changed all squares: 1 trajectory" in outcome.err
    assert "no intervals over fewer than 5 images" in outcome.out
