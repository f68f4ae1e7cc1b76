"""Some trajectories side by side at equal inpainted %, read by a thread. Knows no screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.spec import HALF, Spec
from riptui.store.records import Row, Values
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.tui.trajectory.reel import Reel

UNTOLD = {"format", "source_name", "source_sha256", "original_sha256", "parameters"}
"""Fields of a spec that decide no pixel, or that are told in another way."""


@dataclass(frozen=True)
class Entrant:
    """One of the trajectories, as it was when the disk was looked at."""

    path: Path
    spec: Spec | None = None
    """None: it cannot be read, and `error` says why."""
    rows: Sequence[Row] = ()
    """Row k at index k-1; the list may have grown since."""
    newest: int = 0
    """The last frame that there is."""
    metrics: Mapping[int, Values] = field(default_factory=dict)
    error: str = ""

    def frame_at(self, inpainted: float) -> int:
        """The last frame that is not beyond so many %, whether or not it is there yet."""
        if self.spec is None:
            return 0
        return min(self.spec.iterations, int(inpainted * self.spec.cells / 100 * (1 + 1e-12)))

    def values_at(self, k: int) -> Values:
        """The values of the last frame up to k that was measured."""
        measured = [point for point in self.metrics if point <= min(k, self.newest)]
        return self.metrics[measured[-1]] if measured else {}


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture to be shown, or the note that says why there is none."""

    k: int
    image: Image | None
    note: str = ""


class Lineup:
    """Reads the trajectories. For one thread at a time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._reels: dict[Path, Reel | None] = dict.fromkeys(paths)

    def look(self) -> tuple[Entrant, ...]:
        """Look at the disk again. Never raises for what is there."""
        return tuple(map(self._look, self._reels))

    def frames(self, entrants: Sequence[Entrant], inpainted: float) -> tuple[Frame, ...]:
        """The frame of each at so many %."""
        return tuple(self._frame(entrant, entrant.frame_at(inpainted)) for entrant in entrants)

    def _look(self, path: Path) -> Entrant:
        trajectory = Trajectory(path)
        try:
            spec = trajectory.spec
            reel = self._reels[path]
            if reel is None or reel.trajectory.spec != spec:
                self._reels[path] = reel = Reel(trajectory)
            reel.refresh()
            return Entrant(path, spec, reel.rows, len(reel.rows), trajectory.metrics())
        except RiptuiError as error:
            self._reels[path] = None
            return Entrant(path, error=str(error))

    def _frame(self, entrant: Entrant, k: int) -> Frame:
        reel = self._reels[entrant.path]
        if entrant.spec is None or reel is None:
            return Frame(k, None, entrant.error)
        if k > entrant.newest:
            return Frame(k, None, f"not yet: {entrant.spec.inpainted(entrant.newest):.0f} %")
        try:
            return Frame(k, reel.frame(k))
        except RiptuiError as error:
            return Frame(k, None, str(error))


def places(entrants: Sequence[Entrant]) -> list[float]:
    """The inpainted % to stop at: every 50 % up to the largest amount, and that."""
    end = max((one.spec.inpainted(one.spec.iterations) for one in entrants if one.spec), default=0.0)
    return sorted({HALF * n for n in range(int(end / HALF) + 1)} | {end})


def names(paths: Sequence[Path]) -> list[str]:
    """What tells the paths apart: from their common folder on."""
    common = commonpath([path.parent for path in paths])
    return [printable(path.relative_to(common).as_posix()) for path in paths]


def differences(entrants: Sequence[Entrant]) -> tuple[str, list[list[str]]]:
    """What the specs differ in, by name, and for each trajectory its values of it: "mask, seed", [["64 px", ...], ...].

    Of two parameters of which some inpainters do not have one, it is told only for those that have it.
    """
    told = [_told(one.spec) if one.spec else {} for one in entrants]
    known = [fields for fields in told if fields]
    fields = dict.fromkeys(name for fields in known for name in fields)
    differing = [name for name in fields if len({one.get(name) for one in known}) > 1]
    return ", ".join(differing), [[one[name] for name in differing if name in one] for one in told]


def _told(spec: Spec) -> dict[str, str]:
    """All that decides the pixels, each in a few words."""
    fields = {name: getattr(spec, name) for name in spec.__struct_fields__ if name not in UNTOLD}
    words = {name: _words(name, value) for name, value in fields.items()}
    image = {"image": f"{spec.source_name} {spec.original_sha256[:6]}"}
    parameters = {name: f"{name} {value}" for name, value in spec.parameters.items()}
    return {name: printable(text) for name, text in (words | image | parameters).items()}


def _words(name: str, value: object) -> str:
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
