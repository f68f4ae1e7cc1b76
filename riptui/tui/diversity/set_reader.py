"""Reads the sets of a group and the frames of their members. For a thread; no Textual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path

from riptui.arrays import Image
from riptui.errors import InputError, RiptuiError
from riptui.features import short_title
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import drop_copies
from riptui.results.diversity import (
    NEAR_BITS,
    SeedSetPoint,
    SetDiversity,
    analyse_diversity,
    estimate_distance,
    estimate_vendi,
)
from riptui.results.frame_comparison import FrameComparison, format_distance, list_comparisons
from riptui.results.seed_sets import SeedSet, find_seed_sets
from riptui.store.frames import read_frame
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui.gallery.gallery_table import GalleryCell
from riptui.tui.group.group_reader import GroupReader

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
    cells: Sequence[GalleryCell]
    """The last frame of each member, in the order of the matrix, with its seed below it."""
    choices: Sequence[str]
    """The features by which the set can be compared, the best first."""

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

    def nearest_cell(self, row: int) -> tuple[int, int]:
        """The cell of a row's member and of the one that is nearest to it."""
        others = [column for column in range(len(self.seeds)) if column != row]
        return row, min(others, key=lambda column: self.distance(row, column))

    def describe_pair(self, row: int, column: int) -> str:
        return f"seed {self.seeds[row]} and seed {self.seeds[column]}: {self._describe_distance(row, column)}"

    def describe_member(self, row: int) -> str:
        _, column = self.nearest_cell(row)
        place, nearest = f"{row + 1} of {len(self.seeds)}", f"the nearest is seed {self.seeds[column]}"
        return f"seed {self.seeds[row]}, {place}; {nearest}: {self._describe_distance(row, column)}"

    def _describe_distance(self, row: int, column: int) -> str:
        near = ", near-duplicates" if tuple(sorted((row, column))) in self.near_cells() else ""
        return f"{format_distance(self.distance(row, column), self.unit)}{near}"

    def describe(self) -> str:
        """One line: what was compared, and the results."""
        seed_set, point = self.diversity.seed_set, self.point
        spec, count = seed_set.members[0].spec, len(seed_set.members)
        pairs = count * (count - 1) // 2
        parts = [f"{seed_set.picture}, {spec.mask_title}, {spec.inpainter_name}"]
        others = f" ({self.choices.index(self.by) + 1} of {len(self.choices)})" if len(self.choices) > 1 else ""
        parts.append(f"{count} seeds by {short_title(self.by)}{others}")
        distance, vendi = _format_interval(estimate_distance([point])), _format_interval(estimate_vendi([point]))
        parts.append(f"mean distance {format_distance(point.mean, self.unit)}{distance}")
        parts += [] if isnan(point.vendi) else [f"Vendi {point.vendi:.2f} of {count}{vendi}"]
        parts.append(f"{len(point.near):,} of {format_count(pairs, 'pair')} near (at most {NEAR_BITS} of 64 bits)")
        parts += [f"set {self.number + 1} of {self.total}"] if self.total > 1 else []
        return " · ".join(parts)


def _format_interval(estimate: IntervalEstimate) -> str:
    return "" if isnan(estimate.low) else f" [{estimate.low:.3g}, {estimate.high:.3g}]"


@dataclass
class SetReader:
    """The sets of some trajectories; each is analysed when it is asked for. For one thread."""

    paths: Sequence[Path]
    _summaries: list[TrajectorySummary] | None = None
    _sets: list[SeedSet] = field(default_factory=list)
    _comparisons: dict[int, list[FrameComparison]] = field(default_factory=dict)
    _read: dict[tuple[int, str], ReadSet] = field(default_factory=dict)

    def read_set(self, number: int, on_progress: Callable[[int, int], None], by: str = "") -> ReadSet:
        """A set, by its number modulo their count. on_progress: of the trajectories that are listed. by: the features
        that it is compared by, if all its frames have them; else the best that they have.

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
        if number not in self._comparisons:
            self._comparisons[number] = list_comparisons([self._sets[number]])
        comparisons = {comparison.name: comparison for comparison in self._comparisons[number]}
        chosen = comparisons.get(by) or next(iter(comparisons.values()))
        key = number, chosen.name
        if key not in self._read:
            self._read[key] = self._analyse(number, chosen, [*comparisons])
        return self._read[key]

    def _analyse(self, number: int, comparison: FrameComparison, choices: Sequence[str]) -> ReadSet:
        chosen = self._sets[number]
        members = {member.trajectory.path for member in chosen.members}
        summaries = [summary for summary in self._summaries or () if summary.trajectory.path in members]
        analysis = analyse_diversity(summaries, comparison)
        if not analysis.sets:
            raise InputError(f"{chosen.picture}: {'; '.join(analysis.left_out[:1])}")
        [found] = analysis.sets
        return ReadSet(number, len(self._sets), found, analysis.by, analysis.unit, _make_cells(found), choices)


def _make_cells(found: SetDiversity) -> list[GalleryCell]:
    reader, point = GroupReader(), found.points[-1]
    paths = [str(found.seed_set.members[place].trajectory.path) for place in point.order]
    for _ in reader.read(paths):
        pass
    near = {place for pair in point.near for place in (pair.first, pair.second)}
    captions = [f"{found.seed_set.seeds[place]}{' ≈' if place in near else ''}" for place in point.order]
    if gone := [path for path in paths if path not in reader.members]:
        raise InputError(f"{printable(gone[0])} can no longer be read")
    return [
        GalleryCell(reader.members[path], reader.members[path].spec.iterations, caption=caption)
        for path, caption in zip(paths, captions, strict=True)
    ]


def read_pair(shown: ReadSet, row: int, column: int) -> tuple[list[Image], str]:
    """The last frames of a cell's members; and why they cannot be read, if so."""
    try:
        trajectories = [shown.trajectory(row), shown.trajectory(column)]
        return [read_frame(trajectory, trajectory.spec.iterations) for trajectory in trajectories], ""
    except RiptuiError as error:
        return [], str(error)
