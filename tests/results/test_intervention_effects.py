"""Interventions against the same trajectory without."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.results.curves import Curve
from riptui.results.intervention_effects import compare_interventions
from riptui.store.trajectory import Trajectory
from tests.support.trajectories import make_spec, picture

ORIGINAL = picture(256)


def curve(end: float, image: str = "1", **fields: Any) -> Curve:
    spec = make_spec(ORIGINAL, original_sha256=image * 64, **fields)
    k = np.array([0, spec.iterations])
    return Curve(Trajectory(Path("x")), spec, "ssim", k, np.array([0.0, 100.0]), np.array([1.0, end]), spec.iterations)


def test_each_is_paired_with_the_same_picture_and_seed_without_it() -> None:
    found = [curve(0.5), curve(0.7, anchor=8), curve(0.4, "2"), curve(0.8, "2", anchor=8)]
    found += [curve(0.6, seed=1), curve(0.6, seed=1, anchor=8)]  # averaged with the other seed of the picture
    [effect] = compare_interventions(found)
    assert (effect.intervention, effect.images, effect.metric) == ("anchor 8", 2, "ssim")
    assert effect.difference.value == pytest.approx((0.1 + 0.4) / 2)
    assert effect.without == pytest.approx((0.55 + 0.4) / 2)


def test_several_are_told_apart_and_what_has_no_counterpart_is_left_out() -> None:
    found = [curve(0.5), curve(0.6, match="border"), curve(0.9, onto="original"), curve(0.3, paste=False)]
    found += [curve(0.7, anchor=8, feather=4), curve(0.2, "3", anchor=8), curve(0.2, mask=128, anchor=8)]
    effects = compare_interventions(found)
    assert {effect.intervention: round(effect.difference.value, 3) for effect in effects} == {
        "match border": 0.1,
        "onto original": 0.4,
        "no paste": -0.2,
        "anchor 8, feather 4": 0.2,
    }
    assert compare_interventions(found[1:]) == []
