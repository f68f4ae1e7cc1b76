"""Sets of pictures from trajectories, and metrics of them against the amount and between groups."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from riptui.engine import extract_saved_frames
from riptui.errors import InputError
from riptui.metrics.sets import find_set_metric
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.picture_sets import PictureSets, choose_features, read_picture_sets
from riptui.results.set_curves import set_comparisons, set_curves
from riptui.results.set_intervals import difference_of, estimate_difference, estimate_set, make_value, wilson_interval
from riptui.store.feature_file import save_features
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.set_studies import GivenFeatures, drifting, write_study
from tests.support.trajectories import MakeTrajectory

BY = ("inpainter", "mask")


def read(trajectories: list[Trajectory]) -> PictureSets:
    return read_picture_sets(map(summarize, trajectories), "phash", BY)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Trajectory]:
    return write_study(tmp_path_factory.mktemp("study"), drifting, inpainters=("identity", "telea"), seeds=(0, 1))


@pytest.mark.exhaustive
def test_a_group_has_a_frame_of_each_picture_at_each_point(study: list[Trajectory]) -> None:
    sets = read(study)
    assert [group.key for group in sets.groups] == [("identity", 128), ("telea", 128)]
    assert sets.dimension == 4
    assert sets.notes == []
    for group in sets.groups:
        assert [*group.points] == [0, 50, 100]
        assert all(len(frames.images) == 7 for frames in group.points.values())
        assert all([vectors.shape for vectors in frames.by_seed] == [(7, 4)] * 2 for frames in group.points.values())


@pytest.mark.exhaustive
def test_a_metric_rises_as_the_frames_move_away(study: list[Trajectory]) -> None:
    first, second = set_curves(read(study), "kid")
    assert [point.inpainted for point in first.points] == [50, 100]
    assert [point.images for point in first.points] == [7, 7]
    assert 0 < first.points[0].estimate.value < first.points[1].estimate.value < second.points[1].estimate.value
    assert all(point.estimate.low < point.estimate.value < point.estimate.high for point in first.points)


@pytest.mark.slow
def test_two_groups_are_compared_at_equal_n(study: list[Trajectory]) -> None:
    [comparison] = set_comparisons(read(study), "fid")
    assert [point.inpainted for point in comparison.between] == [50, 100]
    assert [point.estimate.value for point in comparison.between] == pytest.approx([4, 16], rel=1e-4)  # |shift|²
    assert [point.estimate.value for point in comparison.differences] == pytest.approx([4 - 16, 16 - 64], rel=1e-4)
    assert all(point.estimate.low <= point.estimate.value <= point.estimate.high for point in comparison.differences)
    [end] = set_comparisons(read(study), "fid", only_end=True)
    assert [point.inpainted for point in end.between] == [100]
    assert [point.estimate for point in end.differences] == [comparison.differences[-1].estimate]


@pytest.mark.slow
def test_fid_of_few_pictures_is_refused_and_its_differences_are_not(tmp_path: Path) -> None:
    trajectories = write_study(tmp_path, drifting, pictures=3, inpainters=("identity", "telea"))
    sets = read(trajectories)
    assert all("kid has no such bias" in curve.refusal for curve in set_curves(sets, "fid"))
    [comparison] = set_comparisons(sets, "fid")
    assert all(point.refused for point in comparison.between)
    assert [point.estimate.value for point in comparison.differences] == pytest.approx([-12, -48], rel=1e-3)
    assert all(np.isnan(point.estimate.low) for point in comparison.differences)  # 3 pictures have no interval
    assert not any(curve.refusal for curve in set_curves(sets, "kid"))


def test_what_is_left_out_is_told(study: list[Trajectory], tmp_path: Path) -> None:
    [bare, other] = write_study(tmp_path, drifting, pictures=1, inpainters=("noise",), seeds=(5, 6))
    (bare.path / "features-phash.npz").unlink()
    save_features(other, GivenFeatures(identity="other weights"), {0: np.zeros(4, np.float32)})
    notes = read([*study, bare, other]).notes
    assert notes == ["left out, without the features phash (riptui measure PATH --metrics phash): 2 trajectories"]


def test_seeds_that_only_some_pictures_have_are_left_out(study: list[Trajectory]) -> None:
    without = [one for one in study if not (one.spec.source_name == "p3.png" and one.spec.seed == 1)]
    assert set(read(without).notes) == {"left out, seeds that not all pictures have: 6 trajectories"}


def test_no_features_is_an_error_that_says_what_to_do(study: list[Trajectory]) -> None:
    summaries = [*map(summarize, study)]
    assert choose_features("kid", "phash", summaries) == "phash"
    with pytest.raises(InputError, match=r"has the features inception.*riptui measure PATH --metrics inception"):
        choose_features("kid", None, summaries)


def test_groups_without_common_pictures_cannot_be_compared(study: list[Trajectory]) -> None:
    alone = [one for one in study if one.spec.inpainter == "telea"]
    with pytest.raises(InputError, match="no two groups of one mask size with pictures in common"):
        set_comparisons(read(alone), "kid")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "truth"), [("kid", 0.0), ("density", 1.0)])
def test_intervals_hold_what_two_samples_of_one_distribution_have(name: str, truth: float) -> None:
    rng, held, repeats = default_rng(1), 0, 60
    for _ in range(repeats):
        statistic = make_value(name, *rng.normal(size=(2, 20, 6)).astype(np.float32))
        found = estimate_set(statistic, 20, find_set_metric(name))
        held += found.low <= truth <= found.high
    assert held >= 0.9 * repeats


@pytest.mark.slow
@pytest.mark.parametrize("pictures", [12, 40])
def test_an_interval_of_fid_without_resamples_holds_its_mean(pictures: int) -> None:
    """With as many pictures as dimensions and with more, as if there were too many to resample."""
    rng, repeats, info = default_rng(1), 100, replace(find_set_metric("fid"), resampled_pictures=10)
    found: list[IntervalEstimate] = []
    differences: list[IntervalEstimate] = []
    for _ in range(repeats):
        originals = rng.normal(size=(pictures, 12))
        sets = [factor * originals + rng.normal(0.2, 0.6, (pictures, 12)) for factor in (0.8, 0.6)]
        values = [make_value("fid", frames.astype(np.float32), originals.astype(np.float32)) for frames in sets]
        found.append(estimate_set(values[0], pictures, info))
        differences.append(estimate_difference(difference_of(*values), pictures, info))
    for estimates in (found, differences):
        mean = np.mean([one.value for one in estimates])
        assert sum(one.low <= mean <= one.high for one in estimates) >= 0.9 * repeats
        resampled = np.std([one.value for one in estimates])
        assert np.mean([one.high - one.value for one in estimates]) < 4 * resampled, "and is not endless"


@pytest.mark.slow
@pytest.mark.needs("sets")
@pytest.mark.parametrize("pictures", [12, 24])
def test_intervals_of_a_classifiers_errors_hold_their_mean_at_this_number_of_pictures(pictures: int) -> None:
    """With as many pictures as dimensions, where it varies most, and with twice as many; of frames that are moved."""
    rng, repeats = default_rng(1), 60
    found: dict[str, list[IntervalEstimate]] = {"u-ids": [], "p-ids": []}
    for _ in range(repeats):
        originals = rng.normal(size=(pictures, 12))
        frames = 0.8 * originals + rng.normal(0.2, 0.6, (pictures, 12))
        for name, estimates in found.items():
            statistic = make_value(name, frames.astype(np.float32), originals.astype(np.float32))
            estimates.append(estimate_set(statistic, pictures, find_set_metric(name)))
    for estimates in found.values():
        mean = np.mean([one.value for one in estimates])
        assert sum(one.low <= mean <= one.high for one in estimates) >= 0.93 * repeats


@pytest.mark.slow
@pytest.mark.needs("sets")
@pytest.mark.parametrize("name", ["u-ids", "p-ids"])
def test_the_difference_of_two_inpainters_holds_its_mean(name: str) -> None:
    """Paired by picture: both have the same originals, and frames that differ in part alike."""
    rng, repeats, pictures = default_rng(1), 60, 24
    info, found = find_set_metric(name), []
    for _ in range(repeats):
        originals, shared, own = rng.normal(size=(3, pictures, 12))
        sets = [0.5 * originals + 0.8 * noise + shift for noise, shift in ((shared, 0.1), (shared + 0.5 * own, 0.4))]
        statistics = [make_value(name, frames.astype(np.float32), originals.astype(np.float32)) for frames in sets]
        found.append(estimate_difference(difference_of(*statistics), pictures, info))
    mean = np.mean([one.value for one in found])
    assert mean > 0.02
    assert sum(one.low <= mean <= one.high for one in found) >= 0.93 * repeats


@pytest.mark.needs("sets")
def test_u_ids_of_two_inpainters_differ_where_neither_is_0_by_construction(study: list[Trajectory]) -> None:
    [refused] = set_comparisons(read(study[:12]), "u-ids")  # 3 pictures
    assert not refused.differences
    [comparison] = set_comparisons(read(study), "u-ids")
    for point in comparison.differences:
        assert point.estimate.low <= point.estimate.value <= point.estimate.high
        assert point.estimate.high - point.estimate.low > 0.1


def test_a_difference_of_shares_at_their_end_is_not_certain() -> None:
    vectors = default_rng(0).normal(size=(12, 3)).astype(np.float32)
    same = make_value("precision", vectors, vectors)
    found = estimate_difference(difference_of(same, same), 12, find_set_metric("precision"))
    assert found.value == 0
    assert found.low < -0.1 < 0.1 < found.high


def test_a_share_at_its_end_has_an_interval_all_the_same() -> None:
    vectors = default_rng(0).normal(size=(12, 3)).astype(np.float32)
    found = estimate_set(make_value("precision", vectors, vectors), 12, find_set_metric("precision"))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(wilson_interval(1, 12)[0])


def test_wilsons_interval_is_that_of_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    assert wilson_interval(3 / 17, 17) == pytest.approx(proportion.proportion_confint(3, 17, method="wilson"))


def test_pictures_that_are_repainted_as_a_whole_have_a_point_at_each_pass(make_trajectory: MakeTrajectory) -> None:
    made = []
    for seed in range(3):
        one = make_trajectory(f"g/s{seed}", mask=256, amount=200.0, seed=seed, inpainter="noise")
        [*_] = run_trajectory(one)
        [*_] = extract_saved_frames(one, ("phash",), 2)
        made.append(one)
    [group] = read(made).groups
    assert [*group.points] == [0, 100, 200]
