"""What is known of the diversity of sets, as JSON and as a table."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations
from typing import Any

from riptui.export.tables import TableCell
from riptui.results.diversity import DiversityAnalysis, SetDiversity
from riptui.results.long_table import settings_cells
from riptui.text.terminal import printable


def diversity_as_dict(analysis: DiversityAnalysis, *, matrices: bool = True) -> dict[str, Any]:
    """For JSON; numbers that are not finite are nan. matrices: with all distances, which may be many."""
    return {
        "by": analysis.by,
        "unit": analysis.unit,
        "near_bits": analysis.near_bits,
        "conditions": [
            {
                "settings": dict(condition.settings),
                "points": [asdict(point) for point in condition.points],
                "sets": [_set_as_dict(diversity, matrices=matrices) for diversity in condition.sets],
            }
            for condition in analysis.conditions
        ],
        "left_out": list(analysis.left_out),
    }


def _set_as_dict(diversity: SetDiversity, *, matrices: bool) -> dict[str, Any]:
    members = diversity.seed_set.members
    return {
        "picture": diversity.seed_set.picture,
        "image": members[0].spec.original_sha256,
        "trajectories": [str(member.trajectory.path) for member in members],
        "seeds": diversity.seed_set.seeds,
        "points": [
            {
                "inpainted": point.inpainted,
                "mean": point.mean,
                "vendi": point.vendi,
                "distinct": point.distinct,
                "near": [asdict(pair) for pair in point.near],
                "order": point.order,
                **({"distances": point.compared.distances.tolist()} if matrices else {}),
            }
            for point in diversity.points
        ],
    }


def list_pair_rows(analysis: DiversityAnalysis) -> Iterator[dict[str, TableCell]]:
    """A row for each pair of each set at each inpainted %, for a table."""
    for diversity in analysis.sets:
        members = diversity.seed_set.members
        place = {**settings_cells(diversity.seed_set.settings), "picture": diversity.seed_set.picture}
        for point in diversity.points:
            for first, second in combinations(range(len(members)), 2):
                bits = int(point.hash_distances[first, second])
                yield {
                    **place,
                    "inpainted": point.inpainted,
                    "seed": members[first].spec.seed,
                    "other_seed": members[second].spec.seed,
                    "by": printable(analysis.by),
                    "distance": float(point.compared.distances[first, second]),
                    "hash_bits": bits,
                    "near_duplicate": bits <= analysis.near_bits,
                }
