"""Read the metrics of many trajectories, and later only changed ones. For a thread; no Textual.

10,000 trajectories of five metrics at nine frames take about 10 MB, because equal values are stored once.
"""

import time
from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from riptui.errors import RiptuiError
from riptui.metrics.display import metric_names
from riptui.metrics.values import number_of
from riptui.results.coverage_null import patch_names
from riptui.results.exposure import LUMA
from riptui.results.picture_sets import list_features
from riptui.results.square_cache import read_square_errors_cached
from riptui.spec import Spec
from riptui.store import feature_file
from riptui.store.disk import list_folder
from riptui.store.layout import feature_files
from riptui.store.listing import FolderSignature, read_signature, summarize
from riptui.store.trajectory import Status, Trajectory

if TYPE_CHECKING:
    from riptui.results.exposure import SquareErrors
    from riptui.store.feature_file import StoredFeatures

SLICE_SECONDS = 0.1  # of reading between two progress reports


@dataclass(frozen=True, slots=True, eq=False)
class GroupMember:
    """A trajectory of a group, with its metrics."""

    path: str
    status: Status
    spec: Spec
    digest: str
    """Of the spec: copies of a trajectory have the same."""
    k: int
    measured_frames: tuple[int, ...]  # in ascending order
    names: tuple[str, ...]  # the metrics
    values: "array[float]"
    """Metric by metric, one value per measured frame. inf: the PSNR of equal pictures; nan: none."""
    feature_files: tuple[str, ...] = ()
    """The names of its files of features."""

    def values_of(self, metric: str) -> "array[float] | None":
        """A metric's values at the measured frames."""
        if metric not in self.names:
            return None
        start = self.names.index(metric) * len(self.measured_frames)
        return self.values[start : start + len(self.measured_frames)]

    def newest_value(self, metric: str) -> float:
        """Its last value, inf for the PSNR of equal pictures; nan if there is none."""
        return next((value for value in reversed(self.values_of(metric) or ()) if not isnan(value)), nan)


Common = TypeVar("Common")


def in_slices(progress: Iterable[int]) -> Iterator[int]:
    """What a reader yields, once every SLICE_SECONDS: to be shown on a screen."""
    deadline = time.monotonic() + SLICE_SECONDS
    for count in progress:
        if time.monotonic() > deadline:
            yield count
            deadline = time.monotonic() + SLICE_SECONDS


class GroupReader:
    """Reads the trajectories of one group. For one thread."""

    def __init__(self) -> None:
        self.members: dict[str, GroupMember] = {}  # the readable trajectories by path, in the given order
        self.unreadable = 0
        self.changed = False  # whether the last `read` found a difference
        self.coverage: dict[str, dict[int, float]] = {}
        """In %, by path and measured frame, as of the last `read_coverage`."""
        self.squares: dict[str, SquareErrors] = {}
        """Errors of squares by path, without their rows, as of the last `read_squares`."""
        self.features: dict[str, StoredFeatures] = {}
        """Stored vectors by path, of complete trajectories, one of each spec, as of the last `read_features`."""
        self.feature_names: tuple[str, ...] = ()
        """The extractors that any complete trajectory has features of; that of `features` first."""
        self._signatures: dict[str, FolderSignature] = {}
        self._square_names: frozenset[str] = frozenset()  # the errors that were asked for
        self._unreadable_squares: dict[str, FolderSignature] = {}  # the folders as they were then
        self._interned: dict[object, object] = {}

    def read(self, paths: Iterable[str]) -> Iterator[int]:
        """Read new and changed trajectories of these, and forget all others. Yields how many are done.

        Never raises for what is on disk: unreadable trajectories are counted.
        """
        before, self.members, self.unreadable, self.changed = self.members, {}, 0, True
        known_signatures, self._signatures = self._signatures, {}
        for count, path in enumerate(paths, start=1):
            signature = read_signature(path)
            self._signatures[path] = signature
            member = before.get(path) if known_signatures.get(path) == signature else self._read_member(path)
            if member is None:
                self.unreadable += 1
            else:
                self.members[path] = member
            yield count
        self.changed = before != self.members or list(before) != list(self.members)

    def read_coverage(self) -> Iterator[int]:
        """Read missing coverage values of the measured frames. Yields how many trajectories are done."""
        before, self.coverage = self.coverage, {}
        for count, (path, member) in enumerate(self.members.items(), start=1):
            known_coverage = before.get(path)
            self.coverage[path] = (
                known_coverage
                if known_coverage and known_coverage.keys() >= {*member.measured_frames}
                else _read_coverage(member)
            )
            yield count

    def read_features(self, wanted: str = "") -> Iterator[int]:
        """Read the vectors of complete trajectories by one extractor: the wanted one, if any has them, else Inception,
        else the first. Yields how many trajectories are done.
        """
        before, self.features = self._known_features, {}
        chosen = _one_of_each_spec(member for member in self._complete_members if member.feature_files)
        names = _find_extractors(chosen)
        first = next((name for name in (wanted, "inception") if name in names), next(iter(names), ""))
        self.feature_names = (first, *(name for name in names if name != first)) if first else ()
        for count, member in enumerate(chosen, start=1):
            with suppress(RiptuiError):  # gone
                self.features[member.path] = feature_file.read_features(Trajectory(Path(member.path)), first)
            yield count
        self.changed = self.changed or before != self._known_features

    @property
    def _complete_members(self) -> Iterator[GroupMember]:
        return (member for member in self.members.values() if member.k >= member.spec.iterations)

    @property
    def _known_features(self) -> tuple[object, ...]:
        """What tells whether they differ from those before."""
        return self.feature_names, {
            path: (features.identity, len(features.vectors)) for path, features in self.features.items()
        }

    def read_squares(self, metrics: Iterable[str] = ()) -> Iterator[int]:
        """Read the squares' errors of complete trajectories, one of each spec, that are missing. As `read_coverage`.

        metrics: whose coverage nulls are needed, beside the errors of the luma.
        """
        names = frozenset([LUMA, *(name for metric in metrics for name in patch_names(metric))])
        before, self.squares = self.squares if names <= self._square_names else {}, {}
        self._square_names = self._square_names | names if before else names
        chosen = _one_of_each_spec(member for member in self._complete_members if member.spec.keeps_repaints)
        failed_before, self._unreadable_squares = self._unreadable_squares, {}
        for count, member in enumerate(chosen, start=1):
            signature = self._signatures[member.path]
            read = before.get(member.path)
            if failed_before.get(member.path) == signature:
                self._unreadable_squares[member.path] = signature
            elif read is not None and read.spec == member.spec:
                self.squares[member.path] = read
            else:
                try:
                    read = read_square_errors_cached(Trajectory(Path(member.path)), sorted(self._square_names))
                    self.squares[member.path] = replace(read, rows=())
                except RiptuiError:  # damaged, or gone
                    self._unreadable_squares[member.path] = signature
            yield count
        self.changed = self.changed or before.keys() != self.squares.keys()

    def _read_member(self, path: str) -> GroupMember | None:
        summary = summarize(Trajectory(Path(path)))
        if summary.spec is None or summary.status is None:
            return None
        measured_frames = [k for k in summary.metrics if k <= summary.k]
        names = tuple(metric_names(summary.metrics))
        return GroupMember(
            path,
            summary.status,
            self._intern_fields(summary.spec),
            summary.spec.digest,
            summary.k,
            self._intern(tuple(measured_frames)),
            self._intern(names),
            array("d", (number_of(name, summary.metrics[k]) for name in names for k in measured_frames)),
            self._intern(tuple(sorted(feature_files(list_folder(Path(path)))))),
        )

    def _intern_fields(self, spec: Spec) -> Spec:
        """The spec, sharing equal texts and parameters with the others."""
        for name in ("source_name", "source_sha256", "original_sha256"):
            msgspec.structs.force_setattr(spec, name, self._intern(getattr(spec, name)))
        key = msgspec.json.encode(spec.parameters)
        msgspec.structs.force_setattr(spec, "parameters", self._intern(spec.parameters, key))
        return spec

    def _intern(self, value: Common, key: object = None) -> Common:
        """The first value that equals this one."""
        return cast(Common, self._interned.setdefault(key or value, value))


def _one_of_each_spec(members: Iterable[GroupMember]) -> Collection[GroupMember]:
    """The first trajectory of each spec."""
    chosen: dict[str, GroupMember] = {}
    for member in members:
        chosen.setdefault(member.digest, member)
    return chosen.values()


def _find_extractors(members: Iterable[GroupMember]) -> list[str]:
    """The extractors of the members' files, sorted. Of each file name one file is read: names follow from them."""
    having: dict[str, GroupMember] = {}
    for member in members:
        for file in member.feature_files:
            having.setdefault(file, member)
    paths = dict.fromkeys(member.path for member in having.values())
    return list_features(Trajectory(Path(path)) for path in paths)


def _read_coverage(member: GroupMember) -> dict[int, float]:
    try:
        covered = Trajectory(Path(member.path)).read_coverage()
    except RiptuiError:
        return {}
    return {k: covered[k] for k in member.measured_frames if k < len(covered)}
