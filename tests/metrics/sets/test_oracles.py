"""Metrics of sets against torch-fidelity, torchmetrics, SciPy, scikit-learn, and against closed forms."""

import numpy as np
import pytest
from numpy.random import default_rng

from riptui.arrays import FeatureVectors
from riptui.errors import InputError
from riptui.metrics import find_metric
from riptui.metrics.sets import SET_METRICS, compute_influence, explain_refusal, find_set_metric, make_statistic

NEEDING_FEW = [name for name, info in SET_METRICS.items() if not info.per_dimension]


def gaussian(pictures: int, dimension: int, seed: int, shift: float = 0.0) -> FeatureVectors:
    vectors: FeatureVectors = default_rng(seed).normal(shift, 1, (pictures, dimension)).astype(np.float32)
    return vectors


def measure(name: str, frames: FeatureVectors, references: FeatureVectors) -> float:
    return float(make_statistic(name, frames, references)(np.ones((1, len(frames))))[0])


@pytest.mark.needs("sets")
def test_kid_is_the_u_statistic_of_torch_fidelity() -> None:
    from torch_fidelity.metric_kid import kernel_poly, mmd2

    first, second = gaussian(40, 24, 0), gaussian(40, 24, 1, 0.3)
    options = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    kernels = [kernel_poly(*pair, **options) for pair in ((first, first), (first, second), (second, second))]
    assert measure("kid", first, second) == pytest.approx(float(mmd2(*kernels, mmd_est="u-statistic")), rel=1e-4)


@pytest.mark.slow
@pytest.mark.needs("sets")
def test_kid_lacks_only_the_pairs_of_a_picture_with_itself_that_torchmetrics_has() -> None:
    import torch
    from torchmetrics.image.kid import poly_mmd

    first, second = gaussian(30, 16, 0), gaussian(30, 16, 1, 0.5)
    theirs = float(poly_mmd(torch.from_numpy(first), torch.from_numpy(second)))
    across = (first.astype(np.float64) @ second.T.astype(np.float64) / 16 + 1) ** 3
    own_pairs = 2 * (across.sum() - np.trace(across)) / (30 * 29) - 2 * across.mean()
    assert measure("kid", first, second) == pytest.approx(theirs - own_pairs, rel=1e-4)


@pytest.mark.needs("sets")
@pytest.mark.parametrize(("pictures", "dimension"), [(12, 20), (90, 8)])
def test_fid_is_that_of_torch_fidelity_and_of_scipys_root(pictures: int, dimension: int) -> None:
    import torch
    from scipy.linalg import sqrtm
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    sets = gaussian(pictures, dimension, 0), gaussian(pictures, dimension, 1, 0.5)
    statistics = [fid_features_to_statistics(torch.from_numpy(one.astype(np.float64))) for one in sets]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert measure("fid", *sets) == pytest.approx(theirs, rel=1e-6)
    if pictures > dimension:
        covariances = [one["sigma"] for one in statistics]
        root = np.trace(sqrtm(covariances[0] @ covariances[1])).real
        shift = statistics[0]["mu"] - statistics[1]["mu"]
        by_scipy = shift @ shift + np.trace(covariances[0] + covariances[1]) - 2 * root
        assert measure("fid", *sets) == pytest.approx(by_scipy, rel=1e-10)


@pytest.mark.needs("sets")
def test_precision_and_recall_are_those_of_torch_fidelity() -> None:
    import torch
    from torch_fidelity.metric_prc import calculate_precision_recall_full

    frames, references = gaussian(60, 4, 0), gaussian(60, 4, 1, 0.8)
    theirs = calculate_precision_recall_full(torch.from_numpy(frames), torch.from_numpy(references))
    assert (measure("precision", frames, references), measure("recall", frames, references)) == pytest.approx(theirs)


def test_density_and_coverage_are_those_of_their_definition() -> None:
    frames, references = gaussian(40, 3, 0), gaussian(40, 3, 1, 0.5)
    radii = [np.sort(np.linalg.norm(references - one, axis=1))[5] for one in references]
    inside = np.array([np.linalg.norm(references - frame, axis=1) <= radii for frame in frames])
    assert measure("density", frames, references) == pytest.approx(inside.sum() / (5 * 40))
    assert measure("coverage-prdc", frames, references) == pytest.approx(inside.any(axis=0).mean())


@pytest.mark.needs("sets")
def test_u_ids_and_p_ids_are_those_of_their_definition() -> None:
    from sklearn.svm import LinearSVC

    frames, references = gaussian(50, 8, 0), gaussian(50, 8, 1, 0.2)
    both, labels = np.concatenate([references, frames]), [1] * 50 + [0] * 50
    fitted = LinearSVC(dual=False).fit(both, labels)
    assert measure("u-ids", frames, references) == pytest.approx(1 - fitted.score(both, labels), abs=0.011)
    looks_real = fitted.decision_function(frames) > fitted.decision_function(references)
    assert measure("p-ids", frames, references) == pytest.approx(looks_real.mean(), abs=0.021)


@pytest.mark.needs("sets")
def test_asukas_variant_reduces_the_features_first() -> None:
    frames, references = gaussian(40, 520, 0), gaussian(40, 520, 1)  # all 80 rows fit into 79 components
    with pytest.raises(ValueError, match="n_components=512"):
        measure("u-ids-asuka", frames, references)
    few = gaussian(300, 6, 2), gaussian(300, 6, 3)
    assert measure("p-ids-asuka", *few) == pytest.approx(measure("p-ids", *few), abs=0.02)


@pytest.mark.slow
def test_the_distances_of_gaussians_are_their_closed_forms() -> None:
    """Of isotropic ones: FID = |shift|² + d (s - t)²; the kernel's mean has the moments of a normal product."""
    dimension, shift, scale, pictures = 4, 0.7, 1.5, 20_000
    first = gaussian(pictures, dimension, 0)
    second = (scale * gaussian(pictures, dimension, 1) + shift).astype(np.float32)
    fid = dimension * shift**2 + dimension * (1 - scale) ** 2
    assert measure("fid", first, second) == pytest.approx(fid, rel=0.03)
    few = 2000
    own, other, across = (
        expected_kernel(dimension, *pair)
        for pair in (((0, 1), (0, 1)), ((shift, scale), (shift, scale)), ((0, 1), (shift, scale)))
    )
    assert measure("kid", first[:few], second[:few]) == pytest.approx(own + other - 2 * across, rel=0.1)


def expected_kernel(dimension: int, first: tuple[float, float], second: tuple[float, float]) -> float:
    """The mean of (x·y / d + 1)³ over independent isotropic Gaussians, by the moments of x·y given y, then of y."""
    draws = default_rng(9).normal(second[0], second[1], (200_000, dimension))
    mean, variance = first[0] * draws.sum(axis=1) / dimension + 1, first[1] ** 2 * (draws**2).sum(axis=1) / dimension**2
    return float((mean**3 + 3 * mean * variance).mean())


@pytest.mark.needs("sets")
def test_equal_sets_are_at_no_distance_and_far_ones_share_nothing() -> None:
    same, far = gaussian(80, 6, 0), gaussian(80, 6, 1, 50.0)
    found = {name: measure(name, same, same) for name in SET_METRICS}
    assert found["kid"] == pytest.approx(0, abs=1e-12)
    assert found["fid"] == pytest.approx(0, abs=1e-9)
    assert (found["precision"], found["recall"], found["coverage-prdc"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(1, abs=0.25)
    assert found["u-ids"] == pytest.approx(0.5)
    assert found["p-ids"] == 0  # each frame is its own reference, and never looks more like one
    apart = {name: measure(name, far, same) for name in SET_METRICS}
    assert [apart[name] for name in ("precision", "recall", "density", "coverage-prdc", "u-ids", "p-ids")] == [0] * 6
    assert min(apart["kid"], apart["fid"]) > 1000


@pytest.mark.parametrize("name", [*NEEDING_FEW, "fid"])
def test_a_picture_drawn_twice_counts_twice_and_one_not_drawn_is_not_there(name: str) -> None:
    frames, references = gaussian(30, 4, 0), gaussian(30, 4, 1, 0.4)
    statistic = make_statistic(name, frames, references)
    left_out = np.ones(30)
    left_out[[3, 7]] = 0
    kept = left_out > 0
    assert float(statistic(left_out[None])[0]) == pytest.approx(measure(name, frames[kept], references[kept]))
    twice = np.full(30, 2.0)
    drawn, once = float(statistic(twice[None])[0]), measure(name, frames, references)
    assert drawn == pytest.approx(once, rel=0.6)


def test_too_few_pictures_are_refused_with_the_reason() -> None:
    assert explain_refusal("kid", 100, 2048) == ""
    assert explain_refusal("fid", 2048, 2048) == ""
    assert "kid has no such bias, and --compare gives differences of FID at equal n" in explain_refusal(
        "fid", 100, 2048
    )
    assert "is close to 0 whatever the pictures" in explain_refusal("u-ids", 2047, 2048)
    assert explain_refusal("u-ids-asuka", 512, 2048) == ""
    assert explain_refusal("density", 6, 2) == "density needs 7 pictures, but there are 6"
    with pytest.raises(InputError, match=r"unknown metric of sets 'kit'. Did you mean kid\?"):
        find_set_metric("kit")


def test_a_metric_of_sets_is_no_metric_of_frames_and_says_so() -> None:
    with pytest.raises(
        InputError, match=r"kid is a metric of sets.*--metrics inception, then run: riptui results PATH --metric kid"
    ):
        find_metric("kid")


@pytest.mark.needs("sets")
@pytest.mark.parametrize("name", ["u-ids", "p-ids"])
def test_below_as_many_pictures_as_dimensions_they_are_0_by_construction(name: str) -> None:
    frames, references = gaussian(20, 40, 0), gaussian(20, 40, 1)
    assert measure(name, frames, references) == 0
    assert explain_refusal(name, 20, 40)


@pytest.mark.parametrize("dimension", [5, 60])
def test_the_influence_of_a_picture_is_the_derivative_of_fid_by_its_weight(dimension: int) -> None:
    """With more and with fewer pictures than dimensions."""
    originals, noise = gaussian(40, dimension, 0), gaussian(40, dimension, 1, 0.6)
    frames = (0.7 * originals + 0.5 * noise).astype(np.float32)
    statistic, step = make_statistic("fid", frames, originals), 1e-5
    drawn = np.ones((40, 40)) + step * np.eye(40)
    derivatives = 40 * (statistic(drawn) - statistic(2 - drawn)) / (2 * step)
    influence = compute_influence("fid", frames, originals)
    # of a weight the statistic also changes the denominator n - 1
    assert np.corrcoef(influence, derivatives)[0, 1] > 0.999
    assert influence.std() == pytest.approx(derivatives.std(), rel=0.05)
