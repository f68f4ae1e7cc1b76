"""The screen of diversity: the matrix of a set, ordered by similarity, and the two frames of the cell at the cursor."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.metrics.display import format_result
from riptui.text.terminal import printable
from riptui.tui import bindings
from riptui.tui.diversity.matrix import DiversityMatrix
from riptui.tui.diversity.set_reader import ReadSet, SetReader, read_pair
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs


class DiversityScreen(Screen[Path]):
    """Returns the trajectory that was chosen, if one was."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.DIVERSITY]
    DEFAULT_CSS = """
    DiversityScreen {
        layout: vertical;
        overflow: hidden;
        & #diversity-about, & #diversity-pair { height: auto; padding: 0 1; }
        & #diversity-about { text-style: bold; }
        & #diversity-body { height: 1fr; }
        & PictureWidget { margin: 0 1 0 0; }
    }
    """

    def __init__(self, paths: Sequence[Path], graphics: Graphics) -> None:
        super().__init__()
        self._reader = SetReader(paths)  # used by the thread only
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="diversity"))
        self._pictures = [PictureWidget(graphics), PictureWidget(graphics)]
        self._number = 0
        self.shown: ReadSet | None = None

    def compose(self) -> ComposeResult:
        yield Static("reading", id="diversity-about", markup=False)
        with Horizontal(id="diversity-body"):
            yield DiversityMatrix()
            yield from self._pictures
        yield Static(id="diversity-pair", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._open(0)

    # In the thread

    def _read(self, number: int) -> None:
        def show_progress(done: int, total: int) -> None:
            if done % 50 == 0:
                self.call_later(self._about, f"reading {done:,} of {total:,}")

        try:
            found = self._reader.read_set(number, show_progress)
        except RiptuiError as error:
            self.call_later(self._about, str(error))
            return
        self.call_later(self._show, number, found)

    def _read_pair(self, shown: ReadSet, row: int, column: int) -> None:
        frames, problem = read_pair(shown, row, column)
        self.call_later(self._show_pair, shown, (row, column), frames, problem)

    # Results of the thread

    def _show(self, number: int, found: ReadSet) -> None:
        if number == self._number:
            self.shown = found
            self._about(found.describe())
            self.query_one(DiversityMatrix).show(found)
            self.refresh_bindings()

    def _show_pair(self, shown: ReadSet, cell: tuple[int, int], frames: Sequence[Image], problem: str) -> None:
        if shown is not self.shown or cell != self.query_one(DiversityMatrix).cursor:
            return
        for place, picture in enumerate(self._pictures):
            picture.show(frames[place] if frames else None, note=printable(problem))

    def _about(self, text: str) -> None:
        self.query_one("#diversity-about", Static).update(printable(text))

    @on(DiversityMatrix.PairChosen)
    def _describe_pair(self, message: DiversityMatrix.PairChosen) -> None:
        message.stop()
        shown = self.shown
        if shown is None:
            return
        row, column = message.row, message.column
        near = ", near-duplicates" if tuple(sorted((row, column))) in shown.near_cells() else ""
        distance = format_result(shown.distance(row, column))
        text = f"seed {shown.seeds[row]} and seed {shown.seeds[column]}: {distance} ({shown.unit}){near}"
        self.query_one("#diversity-pair", Static).update(text)
        self._jobs.submit("pair", partial(self._read_pair, shown, row, column))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what there is."""
        match action:
            case "move" | "choose":
                return self.shown is not None
            case "near":
                return self.shown is not None and bool(self.shown.point.near)
            case "another_set":
                return self.shown is not None and self.shown.total > 1
        return True

    def action_move(self, down: int, right: int) -> None:
        self.query_one(DiversityMatrix).move(down, right)

    def action_near(self) -> None:
        """Go to the next near-duplicates, the nearest first."""
        if self.shown:
            matrix = self.query_one(DiversityMatrix)
            cells = self.shown.near_cells()
            here = cells.index(matrix.cursor) if matrix.cursor in cells else -1
            matrix.go(*cells[(here + 1) % len(cells)])

    def action_another_set(self, step: int) -> None:
        if self.shown:
            self._open((self.shown.number + step) % self.shown.total)

    def action_choose(self) -> None:
        """Go to the trajectory of the row."""
        if self.shown:
            self.dismiss(self.shown.trajectory(self.query_one(DiversityMatrix).cursor[0]).path)

    def action_close(self) -> None:
        self.dismiss(None)

    def _open(self, number: int) -> None:
        self._number = number
        self._jobs.submit("set", partial(self._read, number))
