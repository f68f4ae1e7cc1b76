"""The screen of nearest pictures: a frame beside one of them, as large as the terminal shows two."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from riptui.corpus.nearest_pictures import FrameNeighbours
from riptui.features import short_title
from riptui.graphics.protocol import Graphics
from riptui.text.terminal import printable
from riptui.text.units import format_inpainted
from riptui.tui import screen_bindings
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.nearest.nearest_lookup import NearestLookup, NearestPair, read_pair
from riptui.tui.titled_picture import TitledPicture


class NearestPlace(NamedTuple):
    """A corpus to look into, and the frame to begin with: of a trajectory, or the least novel one."""

    corpus: str
    path: Path | None = None


class NearestScreen(InnerScreen[NearestPlace | None]):
    """Frames from the least novel to the most novel one; for each its nearest pictures in turn.

    Returns where to look next, if another corpus of the same pictures was asked for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.NEAREST]
    DEFAULT_CSS = """
    NearestScreen {
        & #nearest-frame { height: 1; padding: 0 1; }
        & #nearest-pictures { height: 1fr; }
        & #nearest-rule { height: auto; padding: 0 1; color: $foreground-muted; }
    }
    """

    def __init__(
        self,
        lookup: NearestLookup,
        graphics: Graphics,
        *,
        corpora: Sequence[str] = (),
        begin: NearestPlace | None = None,
    ) -> None:
        """corpora: the indexes of the same pictures, each by other features."""
        super().__init__()
        self._lookup = lookup
        self._corpora = corpora
        paths = [frame.trajectory.path for frame in lookup.found.frames]
        self.index = paths.index(begin.path) if begin and begin.path in paths else 0
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
        corpus = f"{found.corpus}: {found.pictures:,} pictures, by {short_title(found.features)}"
        rule = f"{corpus}. {found.threshold.describe()}"
        self.query_one("#nearest-rule", Static).update(Content("\n".join(map(printable, [rule, *found.notes]))))
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
        title = "original" if self._shows_original else f"frame {frame.k}, {format_inpainted(frame.inpainted)}"
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

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, count: int) -> None:
        """Over the frame go to another frame, over the picture to another picture."""
        if self._frame_column.region.contains(event.screen_x, event.screen_y):
            self.action_open_other(count)
        elif self._picture_column.region.contains(event.screen_x, event.screen_y):
            self.action_move(count)

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of other features if there is one index only."""
        return len(self._corpora) > 1 if action == "features" else True

    def action_features(self) -> None:
        """Look into the next index of the same pictures, at the same frame."""
        following = self._corpora[(self._corpora.index(self._lookup.found.corpus) + 1) % len(self._corpora)]
        self.dismiss(NearestPlace(following, self.current.trajectory.path))
