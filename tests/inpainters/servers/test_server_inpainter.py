"""Inpainters that are servers: what each gets and gives, and that one which changes meanwhile is noticed."""

from threading import Timer

import numpy as np
import pytest

from riptui.engine.padding import PaddedInpainter
from riptui.errors import InpainterError, InputError
from riptui.recursion import ignore_step
from riptui.testing import check_inpainter
from riptui.testing.inpainter_rules import StepStopped, check_batch, make_images, make_masks
from tests.inpainters.servers.conftest import Serve
from tests.support.served import KINDS, PARAMETERS, SIZE, load_served, paint

pytestmark = pytest.mark.needs("servers")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_the_rules_of_inpainters(kind: str, serve: Serve) -> None:
    serve(kind, painting="noise")
    check_inpainter(load_served(kind), size=SIZE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_hole_alone_is_painted_and_every_level_comes_back(kind: str, serve: Serve) -> None:
    serve(kind)
    images, outputs = paint(load_served(kind), 3)
    holes = make_masks(3, SIZE)[..., None]
    assert np.array_equal(outputs, np.where(holes, 255 - images, images))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_pictures_of_a_batch_are_asked_for_at_the_same_time(kind: str, serve: Serve) -> None:
    stand_in = serve(kind, seconds=0.1)
    inpaint = load_served(kind)
    assert inpaint.max_batch(SIZE) == 4
    paint(inpaint, 3)
    assert stand_in.at_once > 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_pads_a_batch_is_not_asked_for(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    stand_in.bodies.clear()
    images, masks = make_images(2, SIZE), make_masks(2, SIZE)
    PaddedInpainter(inpaint, 5)(images, masks, seeds=[7, 8], on_step=ignore_step)
    assert len(stand_in.bodies) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_waits_for_no_answer(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    stand_in.go.clear()

    def stop(step: int, steps: int) -> None:
        raise StepStopped

    with pytest.raises(StepStopped):
        inpaint(make_images(1, SIZE), make_masks(1, SIZE), seeds=[1], on_step=stop)
    assert not stand_in.go.is_set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_session_records_what_the_server_is(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    assert inpaint.notes["server url"] == stand_in.url
    expected = {
        "iopaint": {"server": "IOPaint", "model": "lama"},
        "a1111": {"model": "lama [abababab]", "model sha256": "ab" * 32, "server version": "1.10"},
        "comfyui": {"server version": "1.10", "server torch": "2.9", "server device": "cuda NVIDIA H100"},
    }[kind]
    assert expected.items() <= inpaint.notes.items()
    assert not inpaint.device.startswith("cpu")


@pytest.mark.parametrize("kind", ["iopaint", "a1111"])
def test_another_model_than_is_asked_for_is_refused(kind: str, serve: Serve) -> None:
    serve(kind, model="mat")
    with pytest.raises(InputError, match=r"has the (model|checkpoint) mat.* loaded, not lama.*--set model=mat"):
        load_served(kind)


@pytest.mark.parametrize("kind", ["iopaint", "a1111"])
def test_a_model_that_is_changed_meanwhile_is_refused(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    stand_in.model = "mat"
    with pytest.raises(InputError, match="not lama"):
        paint(inpaint)
    assert not inpaint.is_current


def test_a_version_that_changes_meanwhile_is_noticed(serve: Serve) -> None:
    stand_in = serve("comfyui")
    inpaint = load_served("comfyui")
    stand_in.version = "2.0"
    with pytest.raises(InpainterError, match=r"was changed meanwhile \(server version: 1.10, now 2.0\)"):
        paint(inpaint)
    assert not inpaint.is_current


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_current_until_the_settings_name_another_place(kind: str, serve: Serve) -> None:
    serve(kind)
    inpaint = load_served(kind)
    assert inpaint.is_current
    serve(kind)
    assert not inpaint.is_current


def test_seeds_have_32_bits(serve: Serve) -> None:
    stand_in = serve("iopaint")
    paint(load_served("iopaint"), 2, (7, 2**53 - 1))
    assert sorted(body["sd_seed"] for body in stand_in.bodies) == [7, 2**32 - 1]


@pytest.mark.slow
def test_a_model_with_noise_is_asked_for_one_picture_at_a_time(serve: Serve) -> None:
    stand_in = serve("iopaint", model="org/sd", painting="noise", seconds=0.02)
    inpaint = load_served("iopaint", model="org/sd")
    assert inpaint.max_batch(SIZE) == 1
    check_batch(inpaint, make_images(3, SIZE), make_masks(3, SIZE))
    assert stand_in.at_once == 1


@pytest.mark.slow
def test_stopping_waits_for_a_picture_that_would_go_on_beside_the_next_one(serve: Serve) -> None:
    stand_in = serve("iopaint", model="org/sd", painting="noise")
    inpaint = load_served("iopaint", model="org/sd")
    images, masks = make_images(1, SIZE), make_masks(1, SIZE)
    stand_in.go.clear()

    def stop(step: int, steps: int) -> None:
        if stand_in.painting_now:
            Timer(0.1, stand_in.go.set).start()
            raise StepStopped

    with pytest.raises(StepStopped):
        inpaint(images, masks, seeds=[1], on_step=stop)
    assert stand_in.go.is_set()
    assert stand_in.painting_now == 0
    inpaint(images, masks, seeds=[1], on_step=ignore_step)
    assert stand_in.at_once == 1


def test_steps_of_a_batch_are_its_pictures(serve: Serve) -> None:
    serve("iopaint", seconds=0.08)
    steps: list[tuple[int, int]] = []
    inpaint = load_served("iopaint")
    inpaint(make_images(2, SIZE), make_masks(2, SIZE), seeds=[1, 2], on_step=lambda *step: steps.append(step))
    assert steps[0] == (0, 0)
    assert steps[-1] == (2, 2)


def test_every_kind_has_parameters_here() -> None:
    assert all(PARAMETERS.values())
