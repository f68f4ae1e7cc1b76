"""The frames of groups of trajectories as sets of pictures, by their stored features; nothing is extracted here.

At each inpainted % a group's set has a frame of each picture that has one there. Where pictures have several seeds, the
metric is that of a set for each seed, and then their mean: n is pictures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from riptui.arrays import FeatureVector, FeatureVectors
from riptui.errors import InputError, RiptuiError
from riptui.features import canonical_name
from riptui.metrics.sets import find_set_metric
from riptui.results.curves import GroupKey, drop_copies, group_by
from riptui.spec import Spec
from riptui.store.feature_file import StoredFeatures, read_features, stored_extractors
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count


@dataclass(frozen=True, eq=False)
class MemberFeatures:
    """The features of one complete trajectory."""

    spec: Spec
    vectors: Mapping[int, FeatureVector]


@dataclass(frozen=True, eq=False)
class FrameSet:
    """The frames of some pictures at one inpainted %, a row each, in the order of `images`."""

    images: tuple[str, ...]
    """The SHA-256 of each original's pixels, sorted."""
    by_seed: Sequence[FeatureVectors]
    """One matrix for each seed that all pictures have: the first seed of each, the second ..."""

    def select(self, images: Sequence[str]) -> "FrameSet":
        """The rows of some of its pictures."""
        place = {image: row for row, image in enumerate(self.images)}
        rows = [place[image] for image in images]
        return FrameSet(tuple(images), [vectors[rows] for vectors in self.by_seed])


@dataclass(frozen=True, eq=False)
class SetGroup:
    """The frames of trajectories with the same settings."""

    key: GroupKey
    spec: Spec
    """Of one of them."""
    points: Mapping[float, FrameSet]
    """By inpainted %, ascending; 0: the originals."""
    trajectories: int

    @property
    def originals(self) -> FrameSet:
        return self.points[0.0]


@dataclass(frozen=True, eq=False)
class PictureSets:
    """What was read of many trajectories."""

    features: str
    """The extractor's name."""
    dimension: int
    by: Sequence[str]
    groups: Sequence[SetGroup]
    notes: Sequence[str] = field(default=())
    """What was left out, and what to do about it."""


def list_features(trajectories: Iterable[Trajectory]) -> list[str]:
    """The extractors that any of the trajectories has features of, sorted. Never raises for one of them."""
    names: set[str] = set()
    for summary in trajectories:
        with suppress(RiptuiError):
            names.update(stored_extractors(summary))
    return sorted(names)


def choose_features(metric: str, features: str | None, summaries: Sequence[TrajectorySummary]) -> str:
    """The given extractor, or that of the metric's source. Raises InputError if no trajectory has its features."""
    name = canonical_name(features or find_set_metric(metric).features)
    if name in (stored := list_features(summary.trajectory for summary in summaries)):
        return name
    others = f", or name others with --features; there are {', '.join(map(printable, stored))}" if stored else ""
    raise InputError(
        f"none of these trajectories has the features {name}, which {metric} is computed from: add them with riptui "
        f"measure PATH --metrics {name}{others}"
    )


def read_picture_sets(summaries: Iterable[TrajectorySummary], features: str, by: Sequence[str]) -> PictureSets:
    """The sets of all complete trajectories that have these features, grouped by `by`, without `image` and `seed`.

    Raises InputError if there are none, or `by` names no setting.
    """
    listed = drop_copies(member for member in summaries if member.spec)
    complete = [member for member in listed if member.spec and member.k >= member.spec.iterations]
    stored = [(member.spec, read_stored(member, features)) for member in complete if member.spec]
    identity = _most_common(found.identity for _, found in stored if found.vectors)
    members = [MemberFeatures(spec, found.vectors) for spec, found in stored if found.identity == identity]
    whole = [member for member in members if set(member.spec.point_iterations()) <= member.vectors.keys()]
    if not identity or not whole:
        raise InputError(
            f"no complete trajectory here has the features {features} of all its points: riptui measure PATH --metrics "
            f"{features}"
        )
    counts = {
        "unfinished (riptui resume)": len(listed) - len(complete),
        f"without the features {features} (riptui measure PATH --metrics {features})": len(complete) - len(whole),
    }
    notes = [f"left out, {reason}: {format_count(count, 'trajectory')}" for reason, count in counts.items() if count]
    sets = group_members(whole, features, by)
    return replace(sets, notes=[*notes, *sets.notes])


def group_members(members: Sequence[MemberFeatures], features: str, by: Sequence[str]) -> PictureSets:
    """The sets of trajectories, at least one, that have features of all their points."""
    groups, notes = [], []
    for key, group in group_by(members, by).items():
        made = _make_group(key, group)
        groups.append(made)
        if uneven := made.trajectories - len(made.originals.images) * len(made.originals.by_seed):
            notes.append(f"left out, seeds that not all pictures have: {format_count(uneven, 'trajectory')}")
    dimension = len(next(iter(members[0].vectors.values())))
    return PictureSets(features, dimension, by, groups, notes)


def read_stored(summary: TrajectorySummary, features: str) -> StoredFeatures:
    """Never raises for a trajectory that cannot be read."""
    try:
        return read_features(summary.trajectory, features)
    except RiptuiError:
        return StoredFeatures()


def _most_common(identities: Iterable[str]) -> str:
    counted = Counter(identities).most_common(1)
    return counted[0][0] if counted else ""


def _make_group(key: GroupKey, members: Sequence[MemberFeatures]) -> SetGroup:
    by_point: defaultdict[float, defaultdict[str, list[FeatureVector]]] = defaultdict(lambda: defaultdict(list))
    for member in sorted(members, key=lambda member: (member.spec.original_sha256, member.spec.seed)):
        for k in member.spec.point_iterations():
            by_point[member.spec.amount_at(k)][member.spec.original_sha256].append(member.vectors[k])
    points = {point: _make_set(by_image) for point, by_image in sorted(by_point.items())}
    return SetGroup(key, members[0].spec, points, len(members))


def _make_set(by_image: Mapping[str, Sequence[FeatureVector]]) -> FrameSet:
    by_seed = zip(*by_image.values(), strict=False)  # as many as the picture with the fewest seeds has
    return FrameSet(tuple(by_image), [np.array(vectors, np.float32) for vectors in by_seed])
