"""The exponent of drift against strength, on trajectories with known laws."""

from typing import Any

import numpy as np
import pytest

from riptui import inpainters
from riptui.results.curves import extract_curves
from riptui.results.strength_law import StrengthLaw, find_strength_laws, fit_exponent
from riptui.store.listing import TrajectorySummary
from tests.support.made import made_spec, made_summary

STRENGTHS = (0.1, 0.2, 0.3, 0.4)
MODEL = "org/model"


def process(image: int, strength: float, drift: float, amount: float = 300.0, **parameters: Any) -> TrajectorySummary:
    """After each pass the same distance, as LPIPS, and as PSNR of that mean squared error."""
    given = {"model": MODEL, "strength": strength, **parameters}
    parts = inpainters.spec_parameters("img2img", given)
    return _made(made_spec(image, inpainter="img2img", mask=512, amount=amount, parameters=parts), drift)


def control(image: int, drift: float) -> TrajectorySummary:
    parts = inpainters.spec_parameters("autoencoder", {"vae": MODEL})
    return _made(made_spec(image, inpainter="autoencoder", mask=512, amount=300.0, parameters=parts), drift)


def _made(spec: Any, drift: float) -> TrajectorySummary:
    psnr = -10 * np.log10(drift)
    return made_summary(
        spec, {"lpips-vgg": lambda x: drift if x else 0.0, "psnr": lambda x: psnr if x else float("inf")}
    )


def laws(summaries: list[TrajectorySummary], metric: str = "lpips-vgg") -> list[StrengthLaw]:
    return find_strength_laws(extract_curves(summaries, metric))


def test_a_square_law_has_exponent_two_with_an_interval_over_images() -> None:
    scales = [0.5, 0.8, 1.0, 1.3, 1.7, 2.0]
    made = [process(i, s, scale * s**2) for i, scale in enumerate(scales) for s in STRENGTHS]
    first, last = laws(made)
    assert (first.passes, last.passes) == (1, 3)
    assert first.strengths == list(STRENGTHS)
    assert first.drifts == pytest.approx([np.mean(scales) * s**2 for s in STRENGTHS])
    assert first.exponent.value == pytest.approx(2)
    assert first.exponent.images == 6
    assert first.exponent.low == pytest.approx(2) == first.exponent.high
    assert np.isnan(first.without_noise)
    assert np.isnan(first.exponent_beyond.value)


def test_what_the_autoencoder_loses_hides_the_law_and_is_taken_off() -> None:
    made = [process(i, s, 0.05 + (1 + i / 10) * s**2) for i in range(5) for s in STRENGTHS]
    made += [control(i, 0.05) for i in range(5)]
    law = laws(made)[0]
    assert law.exponent.value < 1.5
    assert law.without_noise == pytest.approx(0.05)
    assert law.exponent_beyond.value == pytest.approx(2)


def test_psnr_is_taken_as_the_mean_squared_error() -> None:
    made = [process(0, s, 0.01 * s**3) for s in STRENGTHS]
    law = laws(made, "psnr")[0]
    assert law.metric == "mse"
    assert law.exponent.value == pytest.approx(3)
    assert np.isnan(law.exponent.low), "one image has no interval"


def test_prompts_are_laws_of_their_own_and_a_strength_is_what_the_steps_make_of_it() -> None:
    made = [process(0, s, s**p, prompt=prompt, steps=20) for p, prompt in ((1, ""), (2, "a copy")) for s in STRENGTHS]
    made += [process(0, 0.13, 0.2**2, prompt="a copy", steps=20)]
    found = laws(made)
    assert [(law.settings["prompt"], law.passes) for law in found] == [("", 1), ("", 3), ("a copy", 1), ("a copy", 3)]
    assert found[0].exponent.value == pytest.approx(1)
    assert found[2].strengths == list(STRENGTHS), "0.13 of 20 steps is 0.1"


def test_two_strengths_have_no_law_and_other_inpainters_none() -> None:
    assert laws([process(0, s, s) for s in STRENGTHS[:2]]) == []
    assert laws([control(0, 0.1)]) == []


def test_intervals_hold_the_exponent_that_images_scatter_around() -> None:
    generator = np.random.default_rng(3)
    hits = 0
    for _ in range(60):
        noise = generator.lognormal(0, 0.3, (12, 4))
        found = fit_exponent(STRENGTHS, noise * np.array(STRENGTHS) ** 2)
        hits += found.low <= 2 <= found.high
    assert hits >= 52
