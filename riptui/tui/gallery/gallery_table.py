"""The gallery as a table of trajectories: which is in which row and column. No Textual, no disk."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import PurePath

from riptui.results.curves import GroupKey, get_setting, sort_key
from riptui.spec import POINT_SPACING_PERCENT
from riptui.store.listing import natural_key
from riptui.text.terminal import printable
from riptui.tui.group.compare_data import frame_at
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.group.mean_curves import describe_settings, separating_settings

PERCENT = "percent"
"""The columns that are points in time; other columns are values of a setting, by its name."""


@dataclass(frozen=True)
class GalleryAxes:
    """What rows and columns are. `columns`: a setting, PERCENT, or "": the first that differs."""

    columns: str = ""
    by_seed: bool = False
    """Whether each seed has a row of its own; else the first seed stands for all."""


@dataclass(frozen=True)
class GalleryCell:
    """One frame of one trajectory."""

    member: GroupMember
    k: int
    """The frame, which may not be computed yet."""
    seeds: int = 1
    """How many trajectories the cell stands for: this one and those of other seeds."""
    caption: str | None = None
    """What is written below it; None: a metric's value."""

    @property
    def is_computed(self) -> bool:
        return self.k <= self.member.k

    def value(self, metric: str) -> float:
        """The metric at this frame; nan if it is not measured there."""
        values = self.member.values_of(metric)
        if values is None or self.k not in self.member.measured_frames:
            return nan
        return values[self.member.measured_frames.index(self.k)]


@dataclass(frozen=True)
class GalleryRow:
    label: str
    cells: tuple[GalleryCell | None, ...]


FillRow = Callable[[Sequence[GroupMember]], tuple[GalleryCell | None, ...]]
"""The cells of a row, from its trajectories."""


@dataclass(frozen=True)
class GalleryTable:
    columns: tuple[str, ...] = ()
    rows: tuple[GalleryRow, ...] = ()
    column_kind: str = PERCENT
    column_kinds: tuple[str, ...] = (PERCENT,)
    """What the columns can be."""

    def find(self, path: str) -> tuple[int, int] | None:
        """The first cell (row, column) of a trajectory."""
        for y, row in enumerate(self.rows):
            for x, cell in enumerate(row.cells):
                if cell is not None and cell.member.path == path:
                    return y, x
        return None


def build_gallery(members: Sequence[GroupMember], axes: GalleryAxes, inpainted: float) -> GalleryTable:
    """Arrange a group's trajectories; columns that are no points in time show the frame at `inpainted` %."""
    if not members:
        return GalleryTable()
    settings = _differing(separating_settings(members), members)
    kinds = (*settings, PERCENT)
    kind = axes.columns if axes.columns in kinds else kinds[0]
    by = [name for name in settings if name != kind] + (_differing(["seed"], members) if axes.by_seed else [])
    labels = _picture_labels(members)
    rows: defaultdict[GroupKey, list[GroupMember]] = defaultdict(list)
    for member in sorted(members, key=lambda member: member.spec.seed):
        picture = labels[member.spec.original_sha256]
        rows[(picture, *(get_setting(member.spec, name) for name in by))].append(member)
    columns, fill = _percent_columns(members) if kind == PERCENT else _setting_columns(members, kind, inpainted)
    return GalleryTable(
        columns,
        tuple(
            GalleryRow(_row_label(by, key), fill(rows[key]))
            for key in sorted(rows, key=lambda key: (natural_key(str(key[0])), sort_key(key[1:], by)))
        ),
        kind,
        kinds,
    )


def _percent_columns(members: Sequence[GroupMember]) -> tuple[tuple[str, ...], FillRow]:
    """A column for every 50 %: their names, and what fills a row."""
    points = percent_points(members)

    def fill(found: Sequence[GroupMember]) -> tuple[GalleryCell, ...]:
        return tuple(GalleryCell(found[0], frame_at(found[0].spec, point), len(found)) for point in points)

    return tuple(f"{point:.0f} %" for point in points), fill


def _setting_columns(members: Sequence[GroupMember], name: str, inpainted: float) -> tuple[tuple[str, ...], FillRow]:
    """A column for each value of a setting."""
    values = sorted(
        {get_setting(member.spec, name) for member in members}, key=lambda value: sort_key((value,), (name,))
    )

    def fill(found: Sequence[GroupMember]) -> tuple[GalleryCell | None, ...]:
        having = [[member for member in found if get_setting(member.spec, name) == value] for value in values]
        return tuple(
            GalleryCell(same[0], frame_at(same[0].spec, inpainted), len(same)) if same else None for same in having
        )

    return tuple(describe_settings([name], [value]) for value in values), fill


def _differing(names: Sequence[str], members: Sequence[GroupMember]) -> list[str]:
    return [name for name in names if len({get_setting(member.spec, name) for member in members}) > 1]


def _picture_labels(members: Sequence[GroupMember]) -> dict[str, str]:
    """A name for each picture, by its digest: its file's name without the ending, told apart from namesakes."""
    stems = {m.spec.original_sha256: printable(PurePath(m.spec.source_name).stem) for m in members}
    counts = Counter(stems.values())
    return {sha: stem if counts[stem] == 1 else f"{stem} {sha[:6]}" for sha, stem in stems.items()}


def _row_label(by: Sequence[str], key: GroupKey) -> str:
    """coffee · 64 px telea · seed 3"""
    settings = [(name, value) for name, value in zip(by, key[1:], strict=True) if name != "seed"]
    described = describe_settings([name for name, _ in settings], [value for _, value in settings])
    seed = f"seed {key[-1]}" if by[-1:] == ["seed"] else ""
    return " · ".join(part for part in (str(key[0]), described, seed) if part)


def percent_points(members: Sequence[GroupMember]) -> list[float]:
    """Every 50 % up to the largest amount, and that amount."""
    end = max((member.spec.inpainted(member.spec.iterations) for member in members), default=0.0)
    return sorted({POINT_SPACING_PERCENT * n for n in range(int(end / POINT_SPACING_PERCENT) + 1)} | {end})


def reached_point(members: Sequence[GroupMember]) -> float:
    """The last of the points that any trajectory has reached."""
    newest = max((member.spec.inpainted(member.k) for member in members), default=0.0)
    return max((point for point in percent_points(members) if point <= newest), default=0.0)


def metric_of(members: Sequence[GroupMember], wanted: str) -> str:
    """The metric below the pictures: the wanted one, or the first that was measured; "" if none was."""
    names = [name for member in members for name in member.names]
    return wanted if wanted in names else next(iter(names), "")
