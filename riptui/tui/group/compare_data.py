"""Read trajectories to compare at equal inpainted %. For a thread; no Textual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.metrics.values import MetricValues
from riptui.spec import POINT_SPACING_PERCENT, Spec
from riptui.store.frame_reader import FrameReader
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable

OMITTED_FIELDS = {"format", "source_name", "source_sha256", "original_sha256", "parameters"}
"""Fields of a spec that do not affect pixels, or are described in another way."""


@dataclass(frozen=True)
class ComparedTrajectory:
    """One of the trajectories, as read at one moment."""

    path: Path
    spec: Spec | None = None
    """None: unreadable for the reason in `error`."""
    rows: Sequence[IterationRow] = ()
    """Row k at index k-1; the list may have grown beyond `newest` since."""
    newest: int = 0
    """The last frame saved."""
    metrics: Mapping[int, MetricValues] = field(default_factory=dict)
    error: str = ""

    def frame_at(self, inpainted: float) -> int:
        """The last frame at or before an inpainted %, saved or not."""
        if self.spec is None:
            return 0
        return min(self.spec.iterations, int(inpainted * self.spec.cells / 100 * (1 + 1e-12)))

    def values_at(self, k: int) -> MetricValues:
        """The values of the last measured frame up to k."""
        measured = [frame for frame in self.metrics if frame <= min(k, self.newest)]
        return self.metrics[measured[-1]] if measured else {}


@dataclass(frozen=True, eq=False)
class ComparedFrame:
    """Frame k of a trajectory, or a note that says why there is none."""

    k: int
    image: Image | None
    note: str = ""


class CompareReader:
    """Reads the trajectories and their frames. For one thread at a time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._readers: dict[Path, FrameReader | None] = dict.fromkeys(paths)

    def read(self) -> tuple[ComparedTrajectory, ...]:
        """Read all trajectories. Never raises for what is on disk."""
        return tuple(map(self._read, self._readers))

    def read_frames(self, compared: Sequence[ComparedTrajectory], inpainted: float) -> tuple[ComparedFrame, ...]:
        """Read the frame of each at an inpainted %."""
        return tuple(self._read_frame(trajectory, trajectory.frame_at(inpainted)) for trajectory in compared)

    def _read(self, path: Path) -> ComparedTrajectory:
        trajectory = Trajectory(path)
        try:
            spec = trajectory.spec
            reader = self._readers[path]
            if reader is None or reader.trajectory.spec != spec:
                self._readers[path] = reader = FrameReader(trajectory)
            reader.refresh()
            return ComparedTrajectory(path, spec, reader.rows, len(reader.rows), trajectory.read_metrics())
        except RiptuiError as error:
            self._readers[path] = None
            return ComparedTrajectory(path, error=printable(str(error)))

    def _read_frame(self, compared: ComparedTrajectory, k: int) -> ComparedFrame:
        reader = self._readers[compared.path]
        if compared.spec is None or reader is None:
            return ComparedFrame(k, None, compared.error)
        if k > compared.newest:
            return ComparedFrame(k, None, f"only at {compared.spec.inpainted(compared.newest):.0f} % so far")
        try:
            return ComparedFrame(k, reader.frame(k))
        except RiptuiError as error:
            return ComparedFrame(k, None, printable(str(error)))


def percent_stops(compared: Sequence[ComparedTrajectory]) -> list[float]:
    """The stops of the slider: every 50 % up to the largest amount, and that amount."""
    specs = [trajectory.spec for trajectory in compared if trajectory.spec]
    end = max((spec.inpainted(spec.iterations) for spec in specs), default=0.0)
    return sorted({POINT_SPACING_PERCENT * n for n in range(int(end / POINT_SPACING_PERCENT) + 1)} | {end})


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """The paths relative to their common folder."""
    common = commonpath([path.parent for path in paths])
    return [printable(path.relative_to(common).as_posix()) for path in paths]


def compare_specs(compared: Sequence[ComparedTrajectory]) -> tuple[str, list[list[str]]]:
    """The names of the differing fields, and each trajectory's values: "mask, seed", [["64 px", "seed 0"], ...].

    A parameter that some inpainters lack is described only for those that have it.
    """
    descriptions = [_describe(trajectory.spec) if trajectory.spec else {} for trajectory in compared]
    readable = [fields for fields in descriptions if fields]
    fields = dict.fromkeys(name for fields in readable for name in fields)
    differing = [name for name in fields if len({description.get(name) for description in readable}) > 1]
    values = [[description[name] for name in differing if name in description] for description in descriptions]
    return ", ".join(differing), values


def _describe(spec: Spec) -> dict[str, str]:
    """The fields that affect pixels, each as a short text."""
    fields = {name: getattr(spec, name) for name in spec.__struct_fields__ if name not in OMITTED_FIELDS}
    texts = {name: _describe_field(name, value) for name, value in fields.items()}
    image = {"image": f"{spec.source_name} {spec.original_sha256[:6]}"}
    parameters = {name: f"{name} {value}" for name, value in spec.parameters.items()}
    return {name: printable(text) for name, text in (texts | image | parameters).items()}


def _describe_field(name: str, value: object) -> str:
    match name:
        case "mask":
            return f"{value} px"
        case "amount":
            return f"{value:g} %"
        case "inpainter" | "order" | "fit":
            return str(value)
        case "paste":
            return "pasted" if value else "not pasted"
        case _:
            return f"{name} {value}"
