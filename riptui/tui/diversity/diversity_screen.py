"""The screen of diversity: a set in the order by similarity, as a matrix with the frames of a cell, or as a sheet."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.text.terminal import printable
from riptui.tui import screen_bindings
from riptui.tui.diversity.matrix import DiversityMatrix
from riptui.tui.diversity.set_reader import ReadSet, SetReader, read_pair
from riptui.tui.diversity.similarity_sheet import SimilaritySheet
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.large.large_screen import LargePlace, LargeScreen
from riptui.tui.latest_jobs import LatestJobs


class DiversityScreen(InnerScreen[Path]):
    """Returns the trajectory that was chosen, if one was."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.DIVERSITY]
    DEFAULT_CSS = """
    DiversityScreen {
        & #diversity-about, & #diversity-pair { height: auto; padding: 0 1; }
        & #diversity-about { text-style: bold; }
        & #diversity-body, & SimilaritySheet { height: 1fr; }
        & #diversity-body PictureWidget { margin: 0 1 0 0; }
    }
    """

    def __init__(self, paths: Sequence[Path], graphics: Graphics, *, runs: Path) -> None:
        super().__init__()
        self._graphics, self._runs = graphics, runs
        self._reader = SetReader(paths)  # used by the thread only
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="diversity"))
        self._pictures = [PictureWidget(graphics), PictureWidget(graphics)]
        self._number, self._by = 0, ""
        self.shows_sheet = False
        self.shown: ReadSet | None = None

    def compose(self) -> ComposeResult:
        yield Static("reading", id="diversity-about", markup=False)
        with Horizontal(id="diversity-body"):
            yield DiversityMatrix()
            yield from self._pictures
        yield SimilaritySheet(self._graphics)
        yield Static(id="diversity-pair", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self.sheet.display = False
        self._open(0)

    @property
    def matrix(self) -> DiversityMatrix:
        return self.query_one(DiversityMatrix)

    @property
    def sheet(self) -> SimilaritySheet:
        return self.query_one(SimilaritySheet)

    # In the thread

    def _read(self, number: int, by: str) -> None:
        def show_progress(done: int, total: int) -> None:
            if done % 50 == 0:
                self.call_later(self._about, f"reading {done:,} of {total:,}")

        try:
            found = self._reader.read_set(number, show_progress, by)
        except RiptuiError as error:
            self.call_later(self._about, str(error))
            return
        self.call_later(self._show, number, by, found)

    def _read_pair(self, shown: ReadSet, row: int, column: int) -> None:
        frames, problem = read_pair(shown, row, column)
        self.call_later(self._show_pair, shown, (row, column), frames, problem)

    # Results of the thread

    async def _show(self, number: int, by: str, found: ReadSet) -> None:
        if (number, by) == (self._number, self._by):
            here = self.shown.trajectory(self._row).path if self.shown and self.shows_sheet else None
            self.shown = found
            self._about(found.describe())
            self.matrix.show(found)
            rows = [row for row, cell in enumerate(found.cells) if Path(cell.member.path) == here]
            await self.sheet.show_cells(found.cells, rows[0] if rows else self.matrix.cursor[0])
            self.refresh_bindings()

    def _show_pair(self, shown: ReadSet, cell: tuple[int, int], frames: Sequence[Image], problem: str) -> None:
        if shown is not self.shown or cell != self.matrix.cursor:
            return
        for place, picture in enumerate(self._pictures):
            picture.show(frames[place] if frames else None, note=printable(problem))

    def _about(self, text: str) -> None:
        self.query_one("#diversity-about", Static).update(printable(text))

    @on(DiversityMatrix.PairChosen)
    def _describe_pair(self, message: DiversityMatrix.PairChosen) -> None:
        message.stop()
        if self.shown and not self.shows_sheet:
            self._tell(self.shown.describe_pair(message.row, message.column))
            self._jobs.submit("pair", partial(self._read_pair, self.shown, message.row, message.column))

    @on(SimilaritySheet.CursorMoved)
    def _describe_member(self) -> None:
        if self.shown and self.shows_sheet:
            self._tell(self.shown.describe_member(self.sheet.place))

    def _tell(self, text: str) -> None:
        self.query_one("#diversity-pair", Static).update(printable(text))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key applies to the current set."""
        match action:
            case "move" | "choose" | "toggle_sheet" | "large":
                return self.shown is not None
            case "enlarge":
                return self.shows_sheet
            case "features":
                return self.shown is not None and len(self.shown.choices) > 1
            case "near":
                return self.shown is not None and bool(self.shown.point.near)
            case "another_set":
                return self.shown is not None and self.shown.total > 1
        return True

    async def action_move(self, down: int, right: int) -> None:
        if self.shows_sheet:
            await self.sheet.move(down, right)
        else:
            self.matrix.move(down, right)

    async def action_toggle_sheet(self) -> None:
        """Show all pictures in the order of the matrix, or the matrix again, at the same member."""
        self.shows_sheet = not self.shows_sheet
        self.query_one("#diversity-body").display, self.sheet.display = not self.shows_sheet, self.shows_sheet
        if self.shows_sheet:
            await self.sheet.go(self.matrix.cursor[0])
        elif self.shown:
            self.matrix.go(*self.shown.nearest_cell(self.sheet.place))
        self.refresh_bindings()

    async def action_enlarge(self, rows: int) -> None:
        await self.sheet.enlarge(rows)

    async def action_near(self) -> None:
        """Go to the next near-duplicates, the nearest first."""
        if not self.shown:
            return
        cells = self.shown.near_cells()
        if self.shows_sheet:
            members = sorted({member for cell in cells for member in cell})
            await self.sheet.go(next((member for member in members if member > self.sheet.place), members[0]))
        else:
            here = cells.index(self.matrix.cursor) if self.matrix.cursor in cells else -1
            self.matrix.go(*cells[(here + 1) % len(cells)])

    def action_another_set(self, step: int) -> None:
        if self.shown:
            self._open((self.shown.number + step) % self.shown.total, self._by)

    def action_features(self) -> None:
        """Compare the set by the next kind of features that all its frames have."""
        if self.shown:
            choices = self.shown.choices
            self._open(self.shown.number, choices[(choices.index(self.shown.by) + 1) % len(choices)])

    def action_large(self) -> None:
        """Show the member at the cursor large."""
        if self.shown:
            paths = [Path(cell.member.path) for cell in self.shown.cells]
            self.app.push_screen(LargeScreen(paths, self._row, self._graphics, runs=self._runs), self._return_to)

    async def _return_to(self, place: LargePlace | None) -> None:
        """Move the cursor to the member at which the large picture was left."""
        paths = [cell.member.path for cell in self.shown.cells] if self.shown else []
        if place is None or self.shown is None or str(place.path) not in paths:
            return
        row = paths.index(str(place.path))
        if self.shows_sheet:
            await self.sheet.go(row)
        elif row != self.matrix.cursor[0]:
            self.matrix.go(*self.shown.nearest_cell(row))

    @on(SimilaritySheet.CellOpened)
    @on(DiversityMatrix.RowOpened)
    def action_choose(self) -> None:
        """Go to the trajectory at the cursor."""
        if self.shown:
            self.dismiss(self.shown.trajectory(self._row).path)

    @property
    def _row(self) -> int:
        """Of the member at the cursor."""
        return self.sheet.place if self.shows_sheet else self.matrix.cursor[0]

    def _open(self, number: int, by: str = "") -> None:
        """by: the chosen features; they stay the same for other sets."""
        self._number, self._by = number, by
        self._jobs.submit("set", partial(self._read, number, by))
