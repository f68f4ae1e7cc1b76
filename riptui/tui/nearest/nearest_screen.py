"""The screen of nearest pictures: a frame beside one of them, as large as the terminal shows two."""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from riptui.corpus.nearest_pictures import FrameNeighbours
from riptui.graphics.protocol import Graphics
from riptui.text.terminal import printable
from riptui.tui import bindings
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.nearest.nearest_lookup import NearestLookup, NearestPair, read_pair
from riptui.tui.titled_picture import TitledPicture


class NearestScreen(Screen[None]):
    """Frames from the least novel to the most novel one; for each its nearest pictures in turn."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.NEAREST]
    DEFAULT_CSS = """
    NearestScreen {
        layout: vertical;
        overflow: hidden;
        & #nearest-frame { height: 1; padding: 0 1; }
        & #nearest-pictures { height: 1fr; }
        & #nearest-rule { height: auto; padding: 0 1; color: $foreground-muted; }
    }
    """

    def __init__(self, lookup: NearestLookup, graphics: Graphics) -> None:
        super().__init__()
        self._lookup = lookup
        self.index = 0
        """Of the frame, from the least novel one."""
        self.rank = 0
        """Of the picture beside it, from the nearest one."""
        self._shows_original = False
        self._frame_column = TitledPicture(graphics)
        self._picture_column = TitledPicture(graphics)
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="nearest"))
        self._pair: NearestPair | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="nearest-frame", markup=False)
        with Horizontal(id="nearest-pictures"):
            yield self._frame_column
            yield self._picture_column
        yield Static(id="nearest-rule", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        found = self._lookup.found
        rule = f"{found.corpus}: {found.pictures:,} pictures, by {found.features}. {found.threshold.describe()}"
        self.query_one("#nearest-rule", Static).update(Content(printable("\n".join([rule, *found.notes]))))
        self._request()

    @property
    def current(self) -> FrameNeighbours:
        return self._lookup.found.frames[self.index]

    def _request(self) -> None:
        """Read the pair; it is shown as soon as it is there."""
        self._update_text()
        self._jobs.submit("pair", partial(self._read, self.index, self.rank))

    def _read(self, index: int, rank: int) -> None:
        """In a thread."""
        pair = read_pair(self._lookup.found.frames[index], rank, self._lookup.prepared)
        self.call_later(self._receive, index, rank, pair)

    def _receive(self, index: int, rank: int, pair: NearestPair) -> None:
        if (index, rank) == (self.index, self.rank):
            self._pair = pair
            self._draw()

    def _draw(self) -> None:
        if self._pair is None:
            return
        frame, pair = self.current, self._pair
        shown = pair.original if self._shows_original else pair.frame
        title = "original" if self._shows_original else f"frame {frame.k}, {frame.inpainted:.4g} %"
        self._frame_column.show(shown, title, printable(pair.problem))
        self._picture_column.show(pair.picture, self._describe_picture(), printable(pair.problem))

    def _describe_picture(self) -> str:
        frame = self.current
        if not frame.pictures:
            return "the corpus has nothing but its source"
        near = frame.pictures[self.rank]
        similarity = "a copy" if near.is_copy else f"{near.similarity:.4f}"
        return f"{self.rank + 1} of {len(frame.pictures)}: {similarity}  {printable(near.path.name)}"

    def _update_text(self) -> None:
        frame, found = self.current, self._lookup.found
        name = printable("/".join(frame.trajectory.path.parts[-2:]))
        state = ("novel", "$text-success") if frame.novel else ("not novel", "$text-warning")
        place = f"  {self.index + 1} of {len(found.frames)}" if len(found.frames) > 1 else ""
        self.query_one("#nearest-frame", Static).update(
            Content.assemble((name, "bold"), "  ", state, (place, "$foreground-muted"))
        )

    # Keys

    def action_move(self, count: int) -> None:
        self._go(self.index, min(max(0, self.rank + count), len(self.current.pictures) - 1))

    def action_open_other(self, count: int) -> None:
        self._go(min(max(0, self.index + count), len(self._lookup.found.frames) - 1), 0)

    def _go(self, index: int, rank: int) -> None:
        if (index, rank) != (self.index, self.rank):
            self.index, self.rank = index, max(0, rank)
            self._request()

    def action_original(self) -> None:
        """Show the original in place of the frame, and back."""
        self._shows_original = not self._shows_original
        self._draw()

    def action_close(self) -> None:
        self.dismiss()
