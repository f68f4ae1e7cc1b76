"""Which trajectories a command means, and what their folders are called."""

import time
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riptui import inpainters
from riptui.errors import InputError, NameRefusedError, SpecError
from riptui.images import PreparedImage
from riptui.planning.submit import build_specs, submit
from riptui.planning.sweep import Sweep, require_valid_names
from riptui.spec import Spec
from riptui.store import names
from riptui.store.records import Request
from riptui.store.trajectory_names import name_trajectory
from riptui.text.terminal import printable
from tests.support.trajectories import make_spec, picture

SWEEP = Sweep(["noise"], [64], [0], {}, amount=100, size=256)


def prepared(name: str = "cat.jpg", shade: int = 0) -> PreparedImage:
    image = picture() ^ np.uint8(shade)
    return PreparedImage(image, name, f"{shade:064x}", ())


def places(runs: Path, *pictures: PreparedImage, sweep: Sweep = SWEEP, **given: Any) -> list[str]:
    made = submit(runs, pictures, sweep, Request(), **given)
    return [trajectory.path.relative_to(runs).as_posix() for trajectory in made]


# ── specs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sweep_is_every_inpainter_with_every_mask_and_seed() -> None:
    sweep = replace(SWEEP, inpainters=["noise", "identity"], masks=[64, 128, 32], seeds=[5, 0])
    found = build_specs(sweep, prepared())
    assert [(spec.inpainter, spec.mask, spec.seed) for spec in found] == list(
        product(["noise", "identity"], [64, 128, 32], [5, 0])
    )
    assert len(found) == len(sweep) == 12
    assert len({spec.digest for spec in found}) == 12


@pytest.mark.parametrize(
    ("name", "outcome"), [("telea", "returns the picture as it is"), ("biharmonic", "makes the picture black")]
)
def test_a_mask_that_leaves_no_border_is_told_and_not_refused(name: str, outcome: str) -> None:
    whole = replace(SWEEP, inpainters=["noise", name], masks=[64, 256])
    [notice] = whole.notices
    assert outcome in notice
    assert f"mask 256 px is the whole frame, which leaves {name} nothing to paint from" in notice
    assert not replace(whole, masks=[64]).notices
    assert not replace(whole, order="lama-thin").notices  # those masks have no such size


def test_what_is_told_of_an_inpainter_without_a_border_is_so() -> None:
    images, masks = picture()[None, :256, :256].copy(), np.ones((1, 256, 256), dtype=bool)
    for name in ("telea", "navier-stokes", "biharmonic"):
        info = inpainters.find_inpainter(name)
        inpaint = inpainters.load(name, info.parameters)
        output = inpaint(images, masks, seeds=[0], on_step=lambda *_: None)
        assert np.array_equal(output, images * 0 if "black" in info.without_border else images)


def test_all_else_is_the_same_in_each_spec() -> None:
    sweep = Sweep(["telea"], [64, 128], [1, 2], {"radius": 7}, 33.3, "shuffle", "shared", False, 256, "crop")
    for spec in build_specs(sweep, prepared()):
        assert (spec.amount, spec.order, spec.squares) == (33.3, "shuffle", "shared")
        assert (spec.paste, spec.size, spec.fit) == (False, 256, "crop")
        assert spec.parameters == {"radius": 7}
        assert spec.source_name == "cat.jpg"


def test_a_spec_names_every_parameter_also_those_left_at_their_defaults() -> None:
    [spec] = build_specs(replace(SWEEP, inpainters=["telea"]), prepared())
    assert spec.parameters == {"radius": 3}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"masks": [64, 100]}, "mask 100 px"),
        ({"seeds": [0, 2**60]}, "seed"),
        ({"inpainters": ["noise", "nosie"]}, "Did you mean noise"),
        ({"inpainters": ["telea", "noise"], "parameters": {"radius": 5}}, "noise has no parameter radius"),
        ({"amount": 0.0}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"size": 300}, "size 300 px"),
        ({"inpainters": []}, "nothing to compute"),
        ({"masks": []}, "nothing to compute"),
        ({"seeds": []}, "nothing to compute"),
    ],
)
def test_what_cannot_be_is_refused_before_there_is_a_picture(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises((SpecError, InputError), match=word):
        replace(SWEEP, **wrong)


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_folder_is_the_pictures_stem_and_the_spec(tmp_path: Path) -> None:
    assert places(tmp_path, prepared("Café at night.v2.jpeg")) == ["Café-at-night.v2/m64-s0-noise-a100-256px"]


def test_groups_lie_above_the_picture_at_any_depth(tmp_path: Path) -> None:
    [place] = places(tmp_path, prepared(), group="fig7/cats/")
    assert place == "fig7/cats/cat/m64-s0-noise-a100-256px"


def test_two_pictures_with_one_stem_get_folders_of_their_own_and_keep_them(tmp_path: Path) -> None:
    first, second = prepared("cat.jpg"), prepared("cat.png", shade=1)
    [usual, other] = places(tmp_path, first, second)
    digest = build_specs(SWEEP, second)[0].digest
    assert usual == "cat/m64-s0-noise-a100-256px"
    assert other == f"{usual}-{digest[:8]}"
    assert places(tmp_path, second, first) == [other, usual]
    assert len(list((tmp_path / "cat").iterdir())) == 2


def test_one_picture_given_twice_is_one_trajectory(tmp_path: Path) -> None:
    assert len(places(tmp_path, prepared(), prepared())) == 1


def test_a_renamed_copy_of_a_picture_is_another_folder_with_the_same_frames(tmp_path: Path) -> None:
    first, second = submit(tmp_path, [prepared("a.jpg"), prepared("b.jpg")], SWEEP, Request())
    assert first.path != second.path
    assert first.spec.digest == second.spec.digest


def test_trajectories_are_queued_in_their_order(tmp_path: Path) -> None:
    before = time.time() - 0.001
    made = submit(tmp_path, [prepared("a.jpg"), prepared("b.jpg")], replace(SWEEP, seeds=range(5)), Request())
    queued = [trajectory.request.queued for trajectory in made]
    assert queued == sorted(set(queued))
    assert before <= queued[0] <= time.time() + 0.001
    again, *_ = submit(tmp_path, [prepared("a.jpg")], SWEEP, Request())
    assert again.request.queued == queued[0]


def test_a_given_name_is_for_one_trajectory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--name x is for one trajectory, and these are 2: use --group"):
        places(tmp_path, prepared(), sweep=replace(SWEEP, seeds=[0, 1]), name="x")
    assert list(tmp_path.iterdir()) == []


def test_a_given_name_that_another_spec_has_is_refused_with_where_they_differ(tmp_path: Path) -> None:
    assert places(tmp_path, prepared(), name="x") == ["cat/x"]
    with pytest.raises(NameRefusedError, match="seed 0, not 7"):
        places(tmp_path, prepared(), sweep=replace(SWEEP, seeds=[7]), name="x")
    with pytest.raises(NameRefusedError, match="of another picture"):
        places(tmp_path, prepared(shade=1), name="x")
    assert places(tmp_path, prepared(), name="x") == ["cat/x"]


@pytest.mark.parametrize(
    "group", ["..", "a/../b", ".hidden", "a//b", "-x", "a b", "x" * 101, "猫" * 67, "/", "\u0301e", "e\u200b", "²"]
)
def test_a_group_that_is_no_name_is_refused_before_anything_is_made(group: str, tmp_path: Path) -> None:
    with pytest.raises(NameRefusedError, match="is not a name"):
        require_valid_names(group, "", 1)
    with pytest.raises(NameRefusedError, match="is not a name"):
        places(tmp_path, prepared(), group=group)
    assert list(tmp_path.iterdir()) == []


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@given(st.text(max_size=300))
@example("")
@example("...")
@example("-" * 200 + "a")
@example("a" * 99 + "-" * 5 + "b")
@example("½ ﬁ Ⅷ ①")
@example("0¨:0")
@example("Ünïcödé/../x\x00\n")
def test_any_text_gives_a_name(text: str) -> None:
    name = names.slugify(text)
    assert names.require_name(name) == name
    assert names.slugify(name) == name
    assert len(name.encode()) <= 200
    assert printable(name) == name


@pytest.mark.slow
@given(st.from_regex(names.ASCII_NAME, fullmatch=True))
def test_a_name_that_ends_in_a_letter_or_digit_stays_as_it_is(name: str) -> None:
    if name[-1].isalnum() and "-" not in name:
        assert names.slugify(name) == name


USUAL = {"inpainter": "navier-stokes", "mask": 128, "size": 512, "amount": 400.0}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"mask": 64},
    {"seed": 3},
    {"inpainter": "telea", "parameters": {"radius": 3}},
    {"inpainter": "telea", "parameters": {"radius": 5}},
    {"parameters": {"radius": 5}},
    {"parameters": {"radius": 0.5}},
    {"order": "shuffle"},
    {"order": "raster"},
    {"amount": 800.0},
    {"amount": 33.3},
    {"amount": 1000.0},
    {"amount": 0.001},
    {"size": 1024},
    {"fit": "crop"},
    {"fit": "stretch"},
    {"paste": False},
]


def spec_of(**fields: Any) -> Spec:
    return make_spec(picture(), **(USUAL | fields))


def test_every_option_that_differs_shows_in_the_name() -> None:
    found = [name_trajectory(spec_of(**fields)) for fields in OPTIONS]
    assert len(set(found)) == len(OPTIONS)
    assert all(map(names.ASCII_NAME.fullmatch, found))


@pytest.mark.slow
def test_options_that_differ_together_give_names_that_differ() -> None:
    pairs = [a | b for a, b in combinations(OPTIONS, 2) if not a.keys() & b.keys()]
    specs = {spec.digest: name_trajectory(spec) for spec in (spec_of(**fields) for fields in pairs)}
    assert len(specs) > 80
    assert len(set(specs.values())) == len(specs)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "m128-s0"),
        ({"mask": 64, "seed": 3, "inpainter": "telea", "amount": 800.0}, "m64-s3-telea-a800"),
        ({"amount": 33.3}, "m128-s0-a33.3"),
        ({"parameters": {"radius": 5}}, "m128-s0-radius5"),
        ({"order": "raster", "size": 256, "fit": "crop", "paste": False}, "m128-s0-raster-256px-crop-no-paste"),
    ],
)
def test_a_name_tells_what_is_not_as_usual(fields: dict[str, Any], name: str) -> None:
    assert name_trajectory(spec_of(**fields)) == name


def test_a_checkpoint_of_the_users_own_names_its_trajectory() -> None:
    parameters = inpainters.spec_parameters("diffusion", {"model": "/a/folder/my-model", "steps": 4})
    assert name_trajectory(spec_of(inpainter="diffusion", parameters=parameters)) == "m128-s0-my-model-steps4"


def test_large_and_small_amounts_have_names_of_their_own() -> None:
    assert name_trajectory(spec_of(amount=1_000_000.0)) == "m128-s0-a1000000"
