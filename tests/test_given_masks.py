"""Masks that a spec has itself: LaMa's irregular ones and the user's, their sizes, counts and points."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from riptui.errors import InputError, SpecError
from riptui.lama_masks import RECIPES
from riptui.masks import MAX_GIVEN_MASKS, draw_given_masks, draw_mask, encode_tiles
from riptui.planning.command_line import to_command_line
from riptui.planning.mask_folder import read_mask_folder
from riptui.planning.sweep import Sweep
from riptui.recursion import recurse
from riptui.results.curves import differing_settings
from riptui.spec import Spec, SquareOrder, SquareSource, decode_spec, encode_spec
from riptui.tile_runs import share_repeats
from tests.support.trajectories import make_spec, picture

SIDE = 256
TILES = (SIDE // 8) ** 2


def planned(
    order: SquareOrder,
    *,
    original: str = "1" * 64,
    folder: Path | None = None,
    amount: float = 300.0,
    seed: int = 0,
    squares: SquareSource = "own",
) -> Spec:
    sweep = Sweep(["telea"], [64], [seed], {}, amount, order, squares, size=SIDE, mask_folder=folder)
    [spec] = sweep.specs("x.png", "0" * 64, original)
    return spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three masks; the names' natural order is 2, 10, 30."""
    for name, rows in (("m10.png", slice(0, 128)), ("m2.png", slice(3, 5)), ("m30.png", slice(200, 256))):
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[rows, :128] = 255
        PIL.Image.fromarray(mask).save(tmp_path / name)
    (tmp_path / "README.txt").write_text("not a picture")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("order", RECIPES)
def test_lamas_masks_are_of_tiles_irregular_and_never_more_than_half_the_picture(order: SquareOrder) -> None:
    spec = planned(order)
    masks = [draw_mask(spec, k) for k in range(1, spec.iterations + 1)]
    for mask in masks:
        tiles = mask.reshape(SIDE // 8, 8, SIDE // 8, 8)
        assert (tiles.any(axis=(1, 3)) == tiles.all(axis=(1, 3))).all()
        assert 0 < mask.mean() <= 0.5
    shares = [100 * mask.mean() for mask in masks]
    assert sum(shares) >= 300 > sum(shares[:-1])
    assert [spec.inpainted(k) for k in range(len(masks) + 1)] == pytest.approx(np.cumsum([0, *shares]))
    assert len({mask.tobytes() for mask in masks}) == len(masks)


@pytest.mark.exhaustive
def test_they_are_a_function_of_seed_and_picture_whatever_inpaints() -> None:
    spec = planned("lama-thick")
    assert planned("lama-thick").masks == spec.masks
    assert planned("lama-thick", amount=100.0).masks == spec.masks[: planned("lama-thick", amount=100.0).iterations]
    others = [planned("lama-thick", seed=1), planned("lama-thick", original="2" * 64), planned("lama-thin")]
    assert all(other.masks != spec.masks for other in others)
    shared = [planned("lama-thick", original=digit * 64, squares="shared").masks for digit in "12"]
    assert shared[0] == shared[1]


@pytest.mark.exhaustive
def test_thick_masks_are_made_of_fewer_and_larger_parts_than_thin_ones() -> None:
    borders = {}
    orders: tuple[SquareOrder, ...] = ("lama-thin", "lama-medium", "lama-thick")
    for order in orders:
        masks = np.array([draw_mask(planned(order, seed=seed), 1) for seed in range(12)])[:, ::8, ::8]
        borders[order] = (masks[:, 1:] != masks[:, :-1]).sum() / masks.sum()
    assert borders["lama-thin"] > borders["lama-medium"] > borders["lama-thick"]


def test_a_spec_with_masks_is_read_as_it_was_written() -> None:
    spec = planned("lama-medium")
    assert decode_spec(encode_spec(spec)) == spec
    assert "--order lama-medium" in to_command_line(spec)


def test_a_folder_is_used_in_its_natural_order_or_drawn_from(folder: Path) -> None:
    source = read_mask_folder(folder, SIDE)
    in_turn, drawn = planned("cycle", folder=folder), planned("draw", folder=folder)
    assert in_turn.masks[:5] == (*source.masks, 1, 2)
    assert in_turn.mask_source == drawn.mask_source == source.sha256
    assert draw_mask(in_turn, 1)[:, :128].any(axis=1).nonzero()[0].tolist() == list(range(8))  # rows 3 and 4
    found = {encode_tiles(draw_mask(drawn, k)[::8, ::8]) for k in range(1, drawn.iterations + 1)}
    assert found == set(source.masks)
    assert planned("draw", folder=folder, seed=1).masks != drawn.masks
    assert "--masks FOLDER" in to_command_line(drawn)


def test_masks_under_other_names_are_the_same_masks(folder: Path, tmp_path: Path) -> None:
    before = planned("cycle", folder=folder).digest
    (folder / "m2.png").rename(folder / "a.png")
    read_mask_folder.cache_clear()
    assert planned("cycle", folder=folder).digest == before


@pytest.mark.parametrize(
    ("pixels", "message"),
    [(np.zeros((64, 64), np.uint8), "black all over"), (np.ones((64, 32), np.uint8), "32x64 px; masks must be square")],
)
def test_a_mask_that_is_none_is_named(pixels: Any, message: str, folder: Path) -> None:
    PIL.Image.fromarray(pixels).save(folder / "odd.png")
    with pytest.raises(InputError, match=f"odd.png .*{message}"):
        read_mask_folder(folder, 320)


def test_a_folder_without_masks_and_a_broken_mask_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no masks"):
        read_mask_folder(tmp_path / "empty", SIDE)
    (folder / "m3.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(InputError, match=r"m3\.png cannot be read"):
        read_mask_folder(folder, 384)


@pytest.mark.parametrize("order", ["cycle", "replacement"])
def test_a_folder_and_an_order_that_uses_one_go_together(order: SquareOrder, folder: Path) -> None:
    with pytest.raises(InputError, match="masks of a folder"):
        planned(order, folder=None if order == "cycle" else folder)


def test_tiny_masks_would_fill_a_spec(tmp_path: Path) -> None:
    spec = make_spec(picture(), order="cycle", amount=400.0, masks=(f"0,{TILES}",))
    with pytest.raises(InputError, match=f"more than {MAX_GIVEN_MASKS:,} masks"):
        draw_given_masks(spec, (f"0,1,{TILES - 1}",))


@pytest.mark.parametrize("masks", [(), ("5,x",), ("0,5",), (f"{TILES}",), (1,), ("0,1,1023", 3), (f"-1,{TILES + 1}",)])
def test_masks_that_are_none_of_a_spec_are_refused(masks: tuple[str | int, ...]) -> None:
    with pytest.raises(SpecError, match="mask"):
        make_spec(picture(), order="cycle", masks=masks)


def test_repeats_are_numbers() -> None:
    assert share_repeats(["0,1", "1,1", "0,1", "0,1"]) == ("0,1", "1,1", 1, 1)


def test_points_are_the_first_iterations_that_reach_them_and_are_compared_by_them() -> None:
    share = TILES * 3 // 10
    spec = make_spec(picture(), order="cycle", amount=150.0, masks=share_repeats([f"0,{share},{TILES - share}"] * 6))
    assert spec.iterations == 6
    assert spec.point_iterations() == [0, 2, 4, 6]
    assert [spec.amount_at(k) for k in (0, 2, 4)] == [0, 50, 100]
    assert spec.amount_at(3) == spec.inpainted(3) == pytest.approx(100 * 3 * share / TILES)
    assert [spec.reaches(amount) for amount in (0, 1, 59, 61, 1000)] == [0, 1, 2, 3, 6]


@pytest.mark.exhaustive
def test_pictures_and_seeds_with_masks_of_their_own_are_one_condition() -> None:
    assert differing_settings([planned("lama-thin", seed=seed) for seed in (0, 1)]) == ["seed"]


def test_coverage_counts_their_pixels() -> None:
    original = picture()
    spec = make_spec(original, order="draw", amount=200.0, masks=("0,512,512", "256,512,256", 1))
    found = [one.coverage for one in recurse(original, spec, lambda images, masks, *, seeds, on_step: 255 - images)]
    assert found == [50, 75, 75]
