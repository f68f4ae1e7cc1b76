"""Attractors and coupling: of ends and growth that are known."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.features import load_extractor
from riptui.inpainters import Inpainter
from riptui.results.coupling import analyse_coupling, reduce_frame
from riptui.results.end_looks import TrajectoryEnd, read_ends
from riptui.results.end_states import analyse_attraction, unit_distances
from riptui.results.pair_distances import PairDistances, average_pairs, estimate_ratio
from riptui.store.listing import find_trajectories, summarize
from tests.corpus.conftest import blotches
from tests.support.recursed import paint, save_recursion


def save_ends(
    folder: Path, inpaint: Inpainter, seeds: Sequence[int] = (0,), images: int = 6, **fields: object
) -> list[TrajectoryEnd]:
    """Trajectories of blotches that end after 200 %, every square of 64 px repainted twice."""
    given = {"mask": 128, "amount": 200.0, "order": "raster"} | fields
    for image in range(images):
        for seed in seeds:
            save_recursion(folder / f"{image}-{seed}", blotches(image, 256), inpaint, seed=seed, **given)
    return [*read_ends([summarize(trajectory) for trajectory in find_trajectories(folder)], None).members]


def keep(image: Image, seed: int) -> Image:
    return image


@pytest.mark.slow
def test_one_end_for_all_is_one_cluster(tmp_path: Path) -> None:
    end = blotches(100, 256)
    [group] = analyse_attraction(save_ends(tmp_path, paint(lambda image, seed: end)), load_extractor("phash")).groups
    assert group.ratio.value == 0
    [cluster] = group.clusters
    assert (cluster.images, cluster.trajectories) == (6, 6)


@pytest.mark.slow
def test_pictures_that_stay_are_not_attracted(tmp_path: Path) -> None:
    [group] = analyse_attraction(save_ends(tmp_path, paint(keep)), load_extractor("phash")).groups
    assert group.ratio.value == pytest.approx(1)
    assert group.ratio.low == pytest.approx(1)
    assert len(group.clusters) == 6, "of 15 pairs none is nearer than the nearest"


@pytest.mark.slow
def test_seeds_of_a_picture_are_no_pair_and_too_few_pictures_no_group(tmp_path: Path) -> None:
    [group] = analyse_attraction(save_ends(tmp_path, paint(keep), [0, 1], 3), load_extractor("phash")).groups
    assert (group.trajectories, group.images) == (6, 3)
    assert group.ratio.value == pytest.approx(1)
    assert isnan(group.ratio.low), "no interval over fewer than 5"
    assert {cluster.trajectories for cluster in group.clusters} == {2}
    assert analyse_attraction(save_ends(tmp_path / "two", paint(keep), images=2), load_extractor("phash")).groups == []


def test_the_ratio_of_pairs_is_that_of_their_means() -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(8, 3))
    before = np.linalg.norm(points[:, None] - points[None], axis=2)
    ratio = estimate_ratio(before / 4, before)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.25, 0.25, 0.25))
    after = before / 2
    after[0, 1] = after[1, 0] = np.nan
    known = np.isfinite(after)
    assert estimate_ratio(after, before).value == pytest.approx(after[known].sum() / before[known].sum())


def test_pairs_are_averaged_over_all_trajectories_of_two_pictures() -> None:
    distances = np.array([[0, 1, 2.0], [1, 0, 4], [2, 4, 0]])
    means = average_pairs([PairDistances(["a", "a", "b"], distances)])
    assert means.tolist() == [[0, 3], [3, 0]]
    assert np.isnan(average_pairs([PairDistances(["a"], np.zeros((1, 1)))], ["a", "b"])[0, 1])


def test_distances_are_of_directions() -> None:
    rows = np.array([[1, 0], [5, 0], [0, 2], [-3, 0], [0, 0]], np.float32)
    assert unit_distances(rows)[0].tolist() == pytest.approx([0, 0, np.sqrt(2), 2, 1])


def noise_of_the_seed(image: Image, seed: int) -> Image:
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return small.repeat(32, axis=0).repeat(32, axis=1)


@pytest.mark.exhaustive
def test_the_same_noise_couples_and_own_noise_does_not(tmp_path: Path) -> None:
    """An inpainter that paints its noise alone: with shared noise, pictures are equal once all is covered."""
    noise = paint(noise_of_the_seed)
    save_ends(tmp_path / "shared", noise, [0, 1], images=5, order="shuffle", squares="shared")
    save_ends(tmp_path / "own", noise, images=5, order="shuffle", squares="own")
    ends = [*read_ends([summarize(trajectory) for trajectory in find_trajectories(tmp_path)], None).members]
    found = {group.squares: group for group in analyse_coupling(ends).groups}
    shared, own = found["shared"], found["own"]
    assert (shared.images, shared.seeds) == (5, 2)
    assert [point.inpainted for point in shared.points] == [0, 50, 100, 150, 200]
    ratios = [point.ratio.value for point in shared.points]
    assert ratios[0] == pytest.approx(1)
    assert 0 < ratios[1] < 1
    assert ratios[2:] == [0, 0, 0]
    assert own.points[-1].ratio.low > 0.5
    assert shared.points[0].distance == own.points[0].distance


def test_without_shared_squares_nothing_is_read(tmp_path: Path) -> None:
    ends = save_ends(tmp_path, paint(keep), images=2)
    (tmp_path / "0-0/original.png").unlink()
    assert analyse_coupling(ends).groups == []
    assert analyse_coupling([]).groups == []


def test_frames_are_reduced_by_means() -> None:
    image = blotches(0, 320)
    reduced = reduce_frame(image).reshape(64, 64, 3)
    np.testing.assert_allclose(reduced[0, 1], image[:5, 5:10].mean(axis=(0, 1)), rtol=1e-5)


@pytest.mark.slow
def test_a_damaged_trajectory_is_left_out(tmp_path: Path) -> None:
    ends = save_ends(tmp_path, paint(noise_of_the_seed), squares="shared")
    (tmp_path / "0-0/original.png").unlink()
    assert analyse_coupling(ends).groups[0].images == 5
    assert "original.png" in analyse_coupling(ends).left_out[0]
    found = analyse_attraction(ends, load_extractor("phash"))
    assert found.groups[0].images == 5
    assert "original.png" in found.left_out[0]
