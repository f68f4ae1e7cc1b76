"""The rules shipped for inpainters and metrics: all of riptui's own keep them, and each broken rule is named."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from riptui import inpainters, metrics
from riptui.arrays import Images, Masks
from riptui.errors import InpainterError
from riptui.inpainters import Inpainter, OnStep
from riptui.metrics import MetricInfo
from riptui.testing import FAILING, SLOW, check_inpainter, check_metric, check_repaint_metric, failing, slow

pytest_plugins = ["tests.support.random_trunks"]

BARE = [name for name, info in inpainters.REGISTRY.built_in.items() if not (info.needs_weights or info.is_server)]


@pytest.mark.slow
@pytest.mark.parametrize("name", BARE)
def test_every_builtin_inpainter_without_weights_keeps_the_rules(name: str) -> None:
    info = inpainters.find_inpainter(name)
    check_inpainter(inpainters.load(name), grid=info.grid, scope=info.scope)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*metrics.REGISTRY.built_in])
def test_every_builtin_metric_keeps_the_rules(name: str, request: pytest.FixtureRequest) -> None:
    info = metrics.find_metric(name)
    for package in info.packages:
        pytest.importorskip(package)
    if info.net:
        request.getfixturevalue("torch_home")
    if info.of_repaint:
        check_repaint_metric(metrics.load_repaint_metric(name, "cpu"), info)
    else:
        check_metric(metrics.load(name, "cpu"), info, size=128 if info.net else 256)  # a quarter of a network's work


def test_the_slow_double_keeps_them_and_the_failing_one_fails() -> None:
    check_inpainter(slow(seconds=0.001, steps=3))
    with pytest.raises(ValueError, match="it is broken"):
        check_inpainter(failing())


def test_the_doubles_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(inpainters.REGISTRY, "slow", SLOW)
    monkeypatch.setitem(inpainters.REGISTRY, "failing", FAILING)
    check_inpainter(inpainters.load("slow", {"seconds": 0.001}))
    with pytest.raises(ValueError, match="it is broken"):
        check_inpainter(inpainters.load("failing"))


Change = Callable[[Images, Masks, Sequence[int], OnStep], Any]


def broken_by(change: Change) -> Inpainter:
    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Any:
        return change(images, masks, seeds, on_step)

    return inpaint


def darkened_in_place(images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
    images[masks] = 0
    return images.copy()


def masks_inverted(images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
    masks[:] = ~masks
    return images.copy()


def steps_ignored(images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
    try:
        on_step(1, 1)
    except Exception:
        return 255 - images
    return 255 - images


def steps_backwards(images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
    on_step(2, 2)
    on_step(1, 2)
    return 255 - images


CALLS = itertools.count()
BROKEN: dict[str, Change] = {
    "must return an array, not NoneType": lambda images, *_: None,
    "returned float64": lambda images, *_: images / 255,
    r"returned uint8 \(1,": lambda images, *_: images[:1],
    "returned the memory": lambda images, *_: images,
    "changed the images": darkened_in_place,
    "changed the masks": masks_inverted,
    "gave different images": lambda images, *_: images + np.uint8(next(CALLS)),
    "differs from a single call by": lambda images, *_: images + np.uint8(len(images)),
    "raised to stop it, and it continued": steps_ignored,
    "came after on_step": steps_backwards,
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_an_inpainter_that_breaks_a_rule_is_refused_with_that_rule(sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_inpainter(broken_by(BROKEN[sentence]))


class Fussy:
    """An inpainter whose optional parts are wrong."""

    def __init__(self, **parts: object) -> None:
        self.__dict__ |= parts

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return 255 - images


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"device": None}, "device must be a text"),
        ({"notes": {"commit": 3}}, "notes must be texts"),
        ({"notices": ()}, "notices must be a list"),
        ({"max_batch": lambda size: 0}, "at least 1 or None, not 0"),
    ],
)
def test_an_optional_part_that_is_wrong_is_refused(parts: dict[str, object], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_inpainter(Fussy(**parts))


def test_what_prepare_raises_is_not_hidden() -> None:
    def prepare(inpaintings: int, batch: int, size: int) -> None:
        raise InpainterError("no compiler")

    with pytest.raises(InpainterError, match="no compiler"):
        check_inpainter(Fussy(prepare=prepare))


class Measure:
    """A metric made of one function of a reference and frames."""

    def __init__(self, measure: Callable[[Any, Images], Any]) -> None:
        self.measure = measure

    def prepare(self, reference: Any) -> Any:
        return reference.astype(float)


def distance(reference: Any, frames: Images) -> Any:
    return abs(frames - reference).mean(axis=(1, 2, 3))


INFO = MetricInfo("a:b", "", range=(0, 255), higher_means="farther")
BROKEN_METRICS: dict[str, Callable[[Any, Images], Any]] = {
    "must return an array, not float": lambda reference, frames: 0.5,
    r"returned float32 \(3,\)": lambda reference, frames: distance(reference, frames).astype(np.float32),
    r"returned float64 \(1,\)": lambda reference, frames: distance(reference, frames)[:1],
    "gave different values": lambda reference, frames: distance(reference, frames) + next(CALLS),
    "one by one": lambda reference, frames: distance(reference, frames) / len(frames),
    "claimed range": lambda reference, frames: distance(reference, frames) - 1,
    "not closest": lambda reference, frames: 255 - distance(reference, frames),
    "equal pictures have a distance of": lambda reference, frames: distance(reference, frames) + 1,
}


def test_a_metric_of_a_function_keeps_the_rules() -> None:
    check_metric(Measure(distance), INFO)


@pytest.mark.parametrize("sentence", BROKEN_METRICS)
def test_a_metric_that_breaks_a_rule_is_refused_with_that_rule(sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_metric(Measure(BROKEN_METRICS[sentence]), INFO)
