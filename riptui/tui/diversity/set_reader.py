"""Reads the sets of a group and the frames of their members. For a thread; no Textual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path

from riptui.arrays import Image
from riptui.errors import InputError, RiptuiError
from riptui.metrics.display import format_result
from riptui.results.curves import drop_copies
from riptui.results.diversity import NEAR_BITS, SeedSetPoint, SetDiversity, analyse_diversity
from riptui.results.frame_comparison import choose_comparison
from riptui.results.seed_sets import SeedSet, find_seed_sets
from riptui.store.frames import read_frame
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count

NO_SETS = "no two finished trajectories here differ in the seed alone: riptui run --seed 0-9"


@dataclass(frozen=True, eq=False)
class ReadSet:
    """A set as it is shown."""

    number: int
    """From 0."""
    total: int
    diversity: SetDiversity
    by: str
    unit: str

    @property
    def point(self) -> SeedSetPoint:
        """At the end."""
        return self.diversity.points[-1]

    @property
    def seeds(self) -> list[int]:
        """In the order of the matrix."""
        seeds = self.diversity.seed_set.seeds
        return [seeds[place] for place in self.point.order]

    def trajectory(self, row: int) -> Trajectory:
        """Of a row of the matrix."""
        return self.diversity.seed_set.members[self.point.order[row]].trajectory

    def distance(self, row: int, column: int) -> float:
        return float(self.point.compared.distances[self.point.order[row], self.point.order[column]])

    def near_cells(self) -> list[tuple[int, int]]:
        """The cells above the diagonal that are near-duplicates, the nearest first."""
        rows = {place: row for row, place in enumerate(self.point.order)}
        cells = [sorted((rows[pair.first], rows[pair.second])) for pair in self.point.near]
        return [(first, second) for first, second in cells]

    def describe(self) -> str:
        """One line: what was compared, and what came out."""
        seed_set, point = self.diversity.seed_set, self.point
        spec, count = seed_set.members[0].spec, len(seed_set.members)
        pairs = count * (count - 1) // 2
        parts = [f"{seed_set.picture}, {spec.mask_title}, {spec.inpainter_name}", f"{count} seeds by {self.by}"]
        parts.append(f"mean distance {format_result(point.mean)} ({self.unit})")
        parts += [] if isnan(point.vendi) else [f"Vendi {point.vendi:.2f} of {count}"]
        parts.append(f"{len(point.near):,} of {format_count(pairs, 'pair')} near (at most {NEAR_BITS} of 64 bits)")
        parts += [f"set {self.number + 1} of {self.total}"] if self.total > 1 else []
        return " · ".join(parts)


@dataclass
class SetReader:
    """The sets of some trajectories; each is analysed when it is asked for. For one thread."""

    paths: Sequence[Path]
    _summaries: list[TrajectorySummary] | None = None
    _sets: list[SeedSet] = field(default_factory=list)
    _read: dict[int, ReadSet] = field(default_factory=dict)

    def read_set(self, number: int, on_progress: Callable[[int, int], None]) -> ReadSet:
        """A set, by its number modulo their count. on_progress: of the trajectories that are listed.

        Raises InputError if there is none, or it cannot be read.
        """
        if self._summaries is None:
            self._summaries = []
            for done, path in enumerate(self.paths, 1):
                self._summaries.append(summarize(Trajectory(path)))
                on_progress(done, len(self.paths))
            self._sets = find_seed_sets(drop_copies(self._summaries))
        if not self._sets:
            raise InputError(NO_SETS)
        number %= len(self._sets)
        if number not in self._read:
            self._read[number] = self._analyse(number)
        return self._read[number]

    def _analyse(self, number: int) -> ReadSet:
        chosen = self._sets[number]
        members = {member.trajectory.path for member in chosen.members}
        summaries = [summary for summary in self._summaries or () if summary.trajectory.path in members]
        comparison = choose_comparison([chosen])
        analysis = analyse_diversity(summaries, comparison)
        if not analysis.sets:
            raise InputError(f"{chosen.picture}: {'; '.join(analysis.left_out[:1])}")
        return ReadSet(number, len(self._sets), analysis.sets[0], analysis.by, analysis.unit)


def read_pair(shown: ReadSet, row: int, column: int) -> tuple[list[Image], str]:
    """The last frames of a cell's members; and why they cannot be read, if so."""
    try:
        trajectories = [shown.trajectory(row), shown.trajectory(column)]
        return [read_frame(trajectory, trajectory.spec.iterations) for trajectory in trajectories], ""
    except RiptuiError as error:
        return [], str(error)
