"""Trajectories of one spec in several folders: copies, of which each repeats what another says."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from riptui.errors import RiptuiError
from riptui.store.trajectory import Trajectory


def find_copies(trajectories: Iterable[Trajectory]) -> list[list[Trajectory]]:
    """The sets of trajectories with one digest, in order; those that cannot be read are left out."""
    alike: dict[object, list[Trajectory]] = defaultdict(list)
    for trajectory in trajectories:  # a digest takes 20 us, and most trajectories differ in one of these
        with suppress(RiptuiError):
            spec = trajectory.spec
            alike[spec.original_sha256, spec.mask, spec.seed, spec.inpainter, spec.amount].append(trajectory)
    by_digest: dict[str, list[Trajectory]] = defaultdict(list)
    for group in alike.values():
        if len(group) > 1:
            for trajectory in group:
                by_digest[trajectory.spec.digest].append(trajectory)
    return [same for same in by_digest.values() if len(same) > 1]
