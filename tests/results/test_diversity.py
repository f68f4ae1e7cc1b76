"""Sets of trajectories whose diversity is known: copies, unlike pictures, a planted near-duplicate."""

import io
from collections.abc import Sequence
from math import isnan

import msgspec
import numpy as np
import PIL.Image
import pytest
from PIL.Image import Image as PilImage
from scipy.spatial.distance import pdist

from riptui import metrics
from riptui.arrays import FeatureVectors, Image
from riptui.errors import InputError
from riptui.results import frame_comparison
from riptui.results.diversity import (
    DiversityAnalysis,
    SeedSetPoint,
    analyse_diversity,
    choose_iterations,
    explain_intervals,
)
from riptui.results.diversity_rows import diversity_as_dict, list_pair_rows
from riptui.results.frame_comparison import FeatureComparison, FrameComparison, load_comparison
from riptui.results.seed_sets import find_seed_sets
from riptui.results.similarity import list_pairs
from riptui.store import layout
from riptui.store.frames import read_frame
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.trajectory import Trajectory
from tests.support.planted_pictures import Plant, plant, random_picture
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance, make_spec, picture

__all__ = ["plant"]

UNLIKE = [random_picture(seed) for seed in range(5)]
PHASH = load_comparison("phash")


class MeanColour:
    """A FeatureExtractor."""

    name, identity, dimension = "mean-colour", "mean colour", 3

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        return np.array([np.asarray(image).mean(axis=(0, 1)) for image in images], np.float32)


def analyse(made: Sequence[Trajectory], comparison: FrameComparison = PHASH, **options: object) -> DiversityAnalysis:
    return analyse_diversity(map(summarize, made), comparison, **options)  # type: ignore[arg-type]


def only_point(analysis: DiversityAnalysis) -> SeedSetPoint:
    [one] = analysis.sets
    [point] = one.points
    return point


def with_prompt(summary: TrajectorySummary, prompt: str) -> TrajectorySummary:
    assert summary.spec
    return msgspec.structs.replace(summary, spec=msgspec.structs.replace(summary.spec, parameters={"prompt": prompt}))


def recompressed(image: Image) -> Image:
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=60)
    return np.asarray(PIL.Image.open(buffer))


@pytest.mark.slow
def test_copies_have_a_vendi_score_of_1_and_are_all_near(plant: Plant) -> None:
    point = only_point(analyse(plant("copies", UNLIKE[:1] * 4)))
    assert point.vendi == pytest.approx(1)
    assert (point.mean, len(point.near), point.distinct) == (0, 6, 1)


@pytest.mark.slow
def test_unlike_pictures_have_nearly_their_number_and_a_planted_near_duplicate_is_found(plant: Plant) -> None:
    made = plant("owl", [*UNLIKE, recompressed(UNLIKE[2])])
    assert not np.array_equal(read_frame(made[5], 1), read_frame(made[2], 1))
    point = only_point(analyse(made))
    assert [(pair.first, pair.second) for pair in point.near] == [(2, 5)]
    assert point.distinct == 5
    assert abs(point.order.index(2) - point.order.index(5)) == 1
    assert 4 < point.vendi < 5.1
    assert 4.3 < only_point(analyse(made[:5])).vendi <= 5


@pytest.mark.slow
def test_one_picture_has_intervals_by_seed_from_five_seeds_on(plant: Plant) -> None:
    made = plant("owl", UNLIKE)
    [condition] = analyse(made).conditions
    [point] = condition.points
    assert (point.pictures, point.interval_by) == (1, "seeds")
    assert 0 < point.distance.low < point.distance.value < point.distance.high
    assert 1 <= point.vendi.low < point.vendi.value < point.vendi.high <= 5
    assert explain_intervals([point]).startswith("95 % intervals by seed")
    [fewer] = analyse(made[:4]).conditions[0].points
    assert isnan(fewer.distance.low)
    assert explain_intervals([fewer]).startswith("no intervals")


@pytest.mark.slow
def test_features_are_compared_by_their_angle(plant: Plant) -> None:
    comparison = FeatureComparison(MeanColour())
    point = only_point(analyse(plant("owl", UNLIKE), comparison))
    vectors = MeanColour().extract([PIL.Image.fromarray(image) for image in UNLIKE])
    assert np.allclose(list_pairs(point.compared.distances), pdist(vectors, "cosine"), atol=1e-6)
    assert point.mean == pytest.approx(pdist(vectors, "cosine").mean(), abs=1e-6)
    assert comparison.unit == "1 - cosine"


@pytest.mark.slow
def test_a_metric_is_measured_between_each_two_frames(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_comparison, "BLOCK", 2)
    made = plant("owl", UNLIKE[:3])
    analysis = analyse(made, load_comparison("ssim"))
    point = only_point(analysis)
    metric = metrics.load("ssim")
    expected = [1 - metric.measure(metric.prepare(UNLIKE[i]), UNLIKE[j][None])[0] for i, j in [(0, 1), (0, 2), (1, 2)]]
    assert list_pairs(point.compared.distances).tolist() == expected
    assert isnan(point.vendi)
    assert analysis.unit == "1 - ssim"
    assert isnan(analysis.conditions[0].points[0].vendi.value)


@pytest.mark.parametrize("name", ["entropy", "psnr", "seam", "lpips-vgg@previous", "foo", "clip:"])
def test_what_is_no_distance_of_two_pictures_is_refused_in_a_line(name: str) -> None:
    with pytest.raises(InputError):
        load_comparison(name)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_runs_of_pictures_are_compared_at_equal_amounts_and_averaged_over_pictures(
    make_trajectory: MakeTrajectory,
) -> None:
    made = []
    for mask, seed in [(64, 0), (64, 1), (64, 2), (128, 0), (128, 1)]:
        made.append(make_trajectory(f"cat/m{mask}-s{seed}", mask=mask, seed=seed, inpainter="noise"))
        assert len([*run_trajectory(made[-1])]) > 1
    unfinished = make_trajectory("cat/m64-s3", seed=3, inpainter="noise")
    advance(unfinished, 8)
    analysis = analyse([*made, unfinished], load_comparison("ssim"), amounts="half")
    assert [(one.settings["mask"], len(one.sets)) for one in analysis.conditions] == [(64, 1), (128, 1)]
    for condition, runs in zip(analysis.conditions, (3, 2), strict=True):
        first, last = condition.points
        assert (first.inpainted, last.inpainted) == (50, 100)
        assert (last.pictures, last.trajectories, last.pairs) == (1, runs, runs * (runs - 1) / 2)
        assert last.distance.value > first.distance.value > 0
    assert [one.seed_set.seeds for one in analysis.sets] == [[0, 1, 2], [0, 1]]
    with pytest.raises(InputError, match="no trajectory has 200 % inpainted"):
        analyse(made, amounts=[200.0])


def test_settings_and_pictures_are_never_mixed(plant: Plant, make_trajectory: MakeTrajectory) -> None:
    owls, cats = plant("owl", UNLIKE[:2]), plant("cat", UNLIKE[2:4])
    made = [*owls, *cats]
    summaries = [with_prompt(summarize(one), one.spec.source_name) for one in made]
    sets = find_seed_sets(summaries)
    assert sorted((one.settings["prompt"], len(one.members)) for one in sets) == [("cat.png", 2), ("owl.png", 2)]
    assert find_seed_sets(map(summarize, made[:1])) == []


def test_a_member_that_cannot_be_read_is_left_out_and_named(plant: Plant) -> None:
    made = plant("owl", UNLIKE[:3])
    (made[1].path / layout.PATCHES).write_bytes(b"")
    analysis = analyse(made)
    assert analysis.sets[0].seed_set.seeds == [0, 2]
    assert "owl/m256-s1" in analysis.left_out[0]


def test_amounts_are_those_that_a_trajectory_has() -> None:
    spec = make_spec(picture(), amount=200.0)
    assert choose_iterations(spec, "end") == [32]
    assert choose_iterations(spec, "half") == [8, 16, 24, 32]
    assert choose_iterations(spec, [50.0, 200.0, 400.0]) == [8, 32]


def test_the_table_has_each_pair_and_the_json_each_matrix(plant: Plant) -> None:
    analysis = analyse(plant("owl", [*UNLIKE[:2], UNLIKE[0]]))
    rows = [*list_pair_rows(analysis)]
    assert [(row["seed"], row["other_seed"], row["near_duplicate"]) for row in rows] == [
        (0, 1, False),
        (0, 2, True),
        (1, 2, False),
    ]
    [condition] = diversity_as_dict(analysis)["conditions"]
    assert condition["sets"][0]["points"][0]["distances"][0][2] == 0
    assert condition["sets"][0]["points"][0]["near"] == [{"first": 0, "second": 2, "distance": 0.0}]
