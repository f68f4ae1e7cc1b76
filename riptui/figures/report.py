"""`report()`: from trajectories to a folder with the paper's figures, the data behind each, and a report to read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from riptui import __version__
from riptui.errors import InputError
from riptui.export.tables import write_csv
from riptui.export.target import write_whole
from riptui.figures import averages, scatter, sequences, singles, style
from riptui.figures.document import document
from riptui.figures.drawing import Drawing, Missing, Written
from riptui.figures.folder import FORMAT, MARK, require_folder, whole
from riptui.figures.material import Condition, Material, OnProgress, gather
from riptui.figures.reference import Reference, not_drawn
from riptui.figures.reference import read as read_reference
from riptui.results.findings import Tested, findings
from riptui.store.trajectory import Trajectory

TEXT = "report.md"

Draw = Callable[[Condition], Iterator[Drawing | Missing]]


@dataclass(frozen=True)
class Report:
    """What was written, and what could not be."""

    folder: Path
    metric: str | None
    """That single panels, the stability table and the findings are of."""
    trajectories: int
    """Complete ones."""
    unfinished: int
    unreadable: Sequence[str]
    figures: Sequence[Written]
    left_out: Sequence[Missing]
    damaged: Sequence[str]
    """Why image figures passed over trajectories."""
    tested: Sequence[Tested]
    notes: Sequence[str]
    """What else a reader should know."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON. What is not finite is for the encoder to make null."""
        return {
            "riptui_report": FORMAT,
            "riptui": __version__,
            "metric": self.metric,
            "trajectories": self.trajectories,
            "unfinished": self.unfinished,
            "unreadable": list(self.unreadable),
            "figures": [asdict(one) for one in self.figures],
            "left_out": [asdict(one) for one in self.left_out],
            "damaged": list(self.damaged),
            "notes": list(self.notes),
            "findings": [
                {
                    "settings": dict(tested.settings),
                    "findings": [asdict(one) | {"verdict": str(one.verdict)} for one in tested.findings],
                }
                for tested in self.tested
            ],
            "files": [TEXT, MARK, *(file for one in self.figures for file in one.files)],
        }


def report(
    trajectories: Iterable[Trajectory],
    out: Path,
    *,
    reference: Path | None = None,
    overwrite: bool = False,
    on_progress: OnProgress = lambda what, done, total: None,
) -> Report:
    """Draw the paper's figures from trajectories; write them and a report to a folder, whole or not at all.

    What the trajectories do not suffice for is left out and told. The same trajectories give the same bytes.
    `reference`: a CSV of others' curves (see `reference.read`). `out` is made; an earlier report in it is replaced, and
    with `overwrite` a report is put into a folder that holds other things, which stay.

    Raises InputError: no trajectory that can be read, a wrong `reference` or `out`. DiskError.
    """
    require_folder(out, overwrite=overwrite)
    overlaid = read_reference(reference) if reference else None
    material = gather(trajectories, on_progress)
    with whole(out, overwrite=overwrite) as folder:
        figures, left_out, damaged = _draw_all(material, overlaid, folder, on_progress)
        on_progress("testing", 0, 1)
        tested, notes = _test(material)
        notes += _about_reference(material, overlaid)
        found = Report(
            out,
            material.metric,
            sum(len(one.runs) for one in material.conditions),
            material.unfinished,
            material.unreadable,
            figures,
            left_out,
            damaged,
            tested,
            notes,
        )
        text = document(material, figures, left_out, damaged, tested, notes)
        write_whole(folder / TEXT, text.encode())
        write_whole(folder / MARK, msgspec.json.format(msgspec.json.encode(found.as_dict())) + b"\n")
        on_progress("testing", 1, 1)
    return found


def _draw_all(
    material: Material, reference: Reference | None, folder: Path, on_progress: OnProgress
) -> tuple[list[Written], list[Missing], list[str]]:
    steps = _steps(reference)
    figures, left_out = [], []
    damaged: dict[str, None] = {}
    total = len(steps) * len(material.conditions)
    with style.styled():
        for at, draw in enumerate(steps):
            for which, condition in enumerate(material.conditions):
                on_progress("drawing", at * len(material.conditions) + which, total)
                for one in draw(condition):
                    if isinstance(one, Drawing):
                        figures.append(_write(one, condition, folder))
                    else:
                        left_out.append(one)
                    damaged |= dict.fromkeys(one.damaged)
    on_progress("drawing", total, total)
    return figures, left_out, list(damaged)


def _steps(reference: Reference | None) -> list[Draw]:
    """In the order of the paper's numbers."""
    return [
        sequences.before_and_after,
        sequences.sequences,
        sequences.two_iterations,
        lambda condition: averages.mean_drift(condition, reference),
        scatter.every_value,
        singles.single_images,
        sequences.by_mask_size,
        singles.seeds,
    ]


def _write(drawing: Drawing, condition: Condition, folder: Path) -> Written:
    files = [*style.write(drawing.figure, folder, drawing.stem)]
    files.append(write_csv(drawing.rows, folder / f"{drawing.stem}.csv"))
    return Written(drawing.number, condition.of, drawing.stem, drawing.caption, tuple(file.name for file in files))


def _test(material: Material) -> tuple[list[Tested], list[str]]:
    """The findings, or why there are none."""
    if material.metric is None:
        return [], ["nothing was measured to its end, so there is nothing to test: riptui measure adds metrics"]
    try:
        return findings(material.summaries, material.metric), []
    except InputError as error:
        return [], [f"the findings are not tested: {error}"]


def _about_reference(material: Material, reference: Reference | None) -> list[str]:
    if reference is None:
        return []
    drawn = [(metric, mask) for one in material.conditions for metric in one.metrics for mask in one.masks]
    return [
        f"{reference.name}: its curve of {metric} at mask {mask} px is in no figure, for nothing here was measured so"
        for metric, mask in not_drawn(reference, drawn)
    ]
