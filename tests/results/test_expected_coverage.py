"""The expected coverage, by drawing the squares, and distances brought to it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui.masks import draw_mask
from riptui.results import paper_tests
from riptui.results.curves import Curve, extract_curve, select_points
from riptui.results.expected_coverage import expected_coverage, relative_coverage
from riptui.results.panel import make_panel
from riptui.results.verdict import Verdict
from riptui.spec import Spec
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec, made_summary, write
from tests.support.simulated_studies import simulate


def drawn_coverage(spec: Spec) -> float:
    """% of the pixels that the spec's squares cover."""
    seen = np.zeros((spec.size, spec.size), np.bool_)
    for iteration in range(1, spec.iterations + 1):
        seen |= draw_mask(spec, iteration)
    return float(100 * seen.mean())


@pytest.mark.parametrize("order", ["replacement", "offset"])
def test_expected_coverage_is_the_mean_of_drawn_squares(order: str) -> None:
    specs = [made_spec(image, size=256, mask=128, order=order, amount=100.0) for image in range(50)]
    covered = np.array([drawn_coverage(spec) for spec in specs])
    [expected] = expected_coverage(specs[0], np.array([4.0]))
    assert abs(covered.mean() - expected) < 3 * covered.std() / len(covered) ** 0.5
    assert expected == pytest.approx(100 * (1 - 0.75**4))


@pytest.mark.parametrize("order", ["shuffle", "raster"])
def test_without_replacement_it_is_exact(order: str) -> None:
    spec = made_spec(order=order, mask=128, amount=75.0)
    assert expected_coverage(spec, np.array([12.0, 16.0, 20.0])) == pytest.approx([75, 100, 100])
    assert drawn_coverage(spec) == pytest.approx(75)


def saved(folder: Path, distance: Callable[[float], float], **fields: Any) -> Curve:
    """A curve without frame 0 whose distance by ssim is a function of its coverage."""
    path = write(folder / str(len([*folder.iterdir()])), made_spec(**fields), {"ssim": lambda x: 0.0})
    curve = extract_curve(summarize(Trajectory(path)), "ssim")
    assert curve
    covered = Trajectory(path).read_coverage()
    values = np.array([1 - distance(covered[k]) for k in curve.k.tolist()])
    return select_points(replace(curve, values=values), curve.inpainted[1:])


def test_a_distance_that_is_coverage_alone_is_at_its_expected_value_whatever_was_drawn(tmp_path: Path) -> None:
    curves = [saved(tmp_path, lambda covered: covered / 100, mask=256, seed=seed) for seed in range(12)]
    assert len({float(curve.values[1]) for curve in curves}) > 1, "at 100 % they cover unlike shares"
    for curve in curves:
        panel = make_panel([curve], lambda curve: 1 - curve.values)
        [by_seed] = panel.runs[curve.image].values()
        [measured] = by_seed.values()
        for amount, k in ((100.0, 4), (400.0, 16)):
            assert measured.at_expected_coverage(amount) == pytest.approx(1 - 0.75**k)
        assert measured.select([100.0]).at_expected_coverage(100.0) == measured.at_expected_coverage(100.0)


@pytest.mark.parametrize("fields", [{"paste": False}, {"onto": "original"}, {"anchor": 2}])
def test_it_says_nothing_where_the_distance_is_no_matter_of_coverage(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert relative_coverage(saved(tmp_path, lambda covered: covered, **fields)) is None


def test_without_rows_distances_stay_as_they_are() -> None:
    curve = extract_curve(made_summary(made_spec(), {"ssim": [0.5] * 9}), "ssim")
    assert curve
    assert relative_coverage(select_points(curve, curve.inpainted[1:])) is None


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("images", [8, 20])
def test_squares_that_rarely_stay_untouched_decide_nothing(images: int) -> None:
    """All mask sizes end equally far. By the distances themselves 11 % of such studies found finding 3 in part."""
    verdicts = []
    for trial in range(200):
        panel = simulate(np.random.default_rng([images, trial]), images=images, squares="own", level=True)
        verdicts.append(paper_tests.larger_masks_end_farther(panel).verdict)
    assert verdicts.count(Verdict.HOLDS) + verdicts.count(Verdict.IN_PART) <= 0.05 * 200 + 4
    assert verdicts.count(Verdict.FAILS) <= 0.05 * 200 + 4
