"""Trajectories of one spec in several folders: copies, of which each repeats what another says."""

from collections import defaultdict
from collections.abc import Iterable

from riptui.spec import Spec
from riptui.store.spec_table import with_seed

SeededSpec = tuple[str, Spec, int]
"""A trajectory's folder, its spec with any seed, and its seed: 100,000 trajectories share few specs."""


def find_copies(found: Iterable[SeededSpec]) -> list[list[str]]:
    """The sets of folders whose specs have one digest, in order."""
    kinds: dict[int, tuple[object, ...]] = {}
    alike: dict[object, list[SeededSpec]] = defaultdict(list)
    for one in found:  # a digest takes 20 us, and most trajectories differ in one of these
        _, spec, seed = one
        if (kind := kinds.get(id(spec))) is None:
            kind = kinds[id(spec)] = (spec.original_sha256, spec.mask, spec.inpainter, spec.amount)
        alike[kind, seed].append(one)
    by_digest: dict[str, list[str]] = defaultdict(list)
    for group in alike.values():
        if len(group) > 1:
            for folder, spec, seed in group:
                by_digest[with_seed(spec, seed).digest].append(folder)
    return [same for same in by_digest.values() if len(same) > 1]
