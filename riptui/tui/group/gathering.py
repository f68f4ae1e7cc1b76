"""What was measured of many trajectories, read in slices by a thread, and again only where it changed. No screen.

10,000 trajectories of five metrics at nine points take about 10 MB: what they have in common is kept once.
"""

import os
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from riptui.errors import RiptuiError
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.listing import Summary, summarize
from riptui.store.trajectory import Status, Trajectory
from riptui.tui.trajectory.readings import names_in

SLICE = 0.1  # seconds of reading between two reports


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A trajectory of a group."""

    path: str
    status: Status
    spec: Spec
    k: int
    at: tuple[int, ...]
    """The measured frames, ascending."""
    names: tuple[str, ...]
    """The metrics."""
    values: "array[float]"
    """Metric by metric, at each of those frames; nan: not measured, or not finite."""

    def column(self, metric: str) -> "array[float] | None":
        """A metric's values at the measured frames."""
        if metric not in self.names:
            return None
        start = self.names.index(metric) * len(self.at)
        return self.values[start : start + len(self.at)]

    def newest(self, metric: str) -> float:
        """Its last finite value; nan if there is none."""
        return next((value for value in reversed(self.column(metric) or ()) if isfinite(value)), nan)


Common = TypeVar("Common")


class Gathering:
    """The trajectories of one group. For one thread."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        """Those that can be read, in the order of the paths that were given."""
        self.unreadable = 0
        self.changed = False
        """Whether the last `read` found anything else than the one before."""
        self.coverage: dict[str, dict[int, float]] = {}
        """By path and measured frame, %, as of the last `cover`."""
        self._signatures: dict[str, tuple[int, ...]] = {}
        self._common: dict[object, object] = {}

    def read(self, paths: Iterable[str]) -> Iterator[int]:
        """Read what is new or changed of these trajectories, and forget all others. Yields how many are seen to.

        Never raises for what is on disk: what cannot be read is counted.
        """
        before, self.members, self.unreadable, self.changed = self.members, {}, 0, True
        known, self._signatures = self._signatures, {}
        until = time.monotonic() + SLICE
        for count, path in enumerate(paths, start=1):
            signature = _signature(path)
            self._signatures[path] = signature
            member = before.get(path) if known.get(path) == signature else self._member(path)
            if member is None:
                self.unreadable += 1
            else:
                self.members[path] = member
            if time.monotonic() > until:
                yield count
                until = time.monotonic() + SLICE
        self.changed = before != self.members or list(before) != list(self.members)

    def cover(self) -> Iterator[int]:
        """Read the coverage at the measured frames, where it is not known. Yields how many are seen to."""
        before, self.coverage = self.coverage, {}
        until = time.monotonic() + SLICE
        for count, (path, member) in enumerate(self.members.items(), start=1):
            known = before.get(path)
            self.coverage[path] = known if known and known.keys() >= {*member.at} else _covered(member)
            if time.monotonic() > until:
                yield count
                until = time.monotonic() + SLICE

    def _member(self, path: str) -> Member | None:
        summary = summarize(Trajectory(Path(path)))
        if summary.spec is None or summary.status is None:
            return None
        at = [k for k in summary.metrics if k <= summary.k]
        names = tuple(names_in(summary.metrics))
        return Member(
            path,
            summary.status,
            self._lean(summary.spec),
            summary.k,
            self._one(tuple(at)),
            self._one(names),
            array("d", (_finite(summary, k, name) for name in names for k in at)),
        )

    def _lean(self, spec: Spec) -> Spec:
        """The spec, with its texts and parameters being those of the others that have the same."""
        for name in ("source_name", "source_sha256", "original_sha256"):
            msgspec.structs.force_setattr(spec, name, self._one(getattr(spec, name)))
        key = msgspec.json.encode(spec.parameters)
        msgspec.structs.force_setattr(spec, "parameters", self._one(spec.parameters, key))
        return spec

    def _one(self, value: Common, key: object = None) -> Common:
        """The first value that was equal to this one."""
        return cast(Common, self._common.setdefault(key or value, value))


def _covered(member: Member) -> dict[int, float]:
    try:
        covered = Trajectory(Path(member.path)).coverage()
    except RiptuiError:
        return {}
    return {k: covered[k] for k in member.at if k < len(covered)}


def _finite(summary: Summary, k: int, name: str) -> float:
    value = summary.metrics[k].get(name)
    return nan if value is None else value


def _signature(path: str) -> tuple[int, ...]:
    """What differs once a trajectory's state or measurements do."""
    found = []
    for name in ("", layout.ROWS, layout.METRICS):
        try:
            status = os.stat(f"{path}/{name}")
        except OSError:
            found.append(-1)
        else:
            found += [status.st_mtime_ns, status.st_size]
    return tuple(found)
