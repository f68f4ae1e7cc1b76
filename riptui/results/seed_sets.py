"""The sets whose members differ in nothing but the seed: ten runs of one painting, a hundred pictures of one prompt."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from riptui.results.curves import IMAGE, differing_settings, get_setting, group_by
from riptui.spec import ParameterValue, Spec
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable


@dataclass(frozen=True, eq=False)
class SetMember:
    """A complete trajectory."""

    trajectory: Trajectory
    spec: Spec


@dataclass(frozen=True, eq=False)
class SeedSet:
    """Trajectories of one picture with the same settings, by seed, ascending."""

    settings: Mapping[str, ParameterValue]
    """The inpainter, the mask size and what else differs between sets."""
    picture: str
    """The source image's name, safe to print."""
    members: Sequence[SetMember]

    @property
    def seeds(self) -> list[int]:
        return [member.spec.seed for member in self.members]


def find_seed_sets(summaries: Iterable[TrajectorySummary]) -> list[SeedSet]:
    """The sets of at least two complete trajectories, by condition and picture."""
    complete = [
        SetMember(summary.trajectory, summary.spec)
        for summary in summaries
        if summary.spec and summary.k >= summary.spec.iterations
    ]
    if not complete:
        return []
    differing = differing_settings([member.spec for member in complete])
    by = [*dict.fromkeys(["inpainter", "mask", *(name for name in differing if name != "seed")])]
    hashes_by_name: defaultdict[str, set[str]] = defaultdict(set)
    for member in complete:
        hashes_by_name[member.spec.source_name].add(member.spec.original_sha256)
    sets = []
    for members in group_by(complete, [*by, IMAGE]).values():
        first = members[0].spec
        if len(members) > 1:
            suffix = f" {first.original_sha256[:6]}" if len(hashes_by_name[first.source_name]) > 1 else ""
            settings = {name: get_setting(first, name) for name in by}
            ordered = sorted(members, key=lambda member: member.spec.seed)
            sets.append(SeedSet(settings, printable(first.source_name) + suffix, ordered))
    return sets
