"""The screen of blind ratings: frames without a name, as large as the terminal shows them; keys only."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from riptui.errors import RiptuiError
from riptui.graphics.protocol import Graphics
from riptui.results.rating_questions import MAX_CHOICES, PAPER_TAGS, RatingQuestion
from riptui.text.terminal import printable
from riptui.tui import screen_bindings
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.rating.rating_session import QuestionPictures, RatingSession, read_pictures
from riptui.tui.titled_picture import TitledPicture

MAX_IN_A_ROW = 3
DONE = "All questions are answered. Thank you.\n\n{undo} takes the last answer back, {leave} leaves."


class RatingScreen(InnerScreen[int]):
    """Returns how many answers were saved."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.RATING]
    DEFAULT_CSS = """
    RatingScreen {
        & #rating-question { height: 1; padding: 0 1; text-style: bold; }
        & #rating-pictures { height: 1fr; }
        & #rating-tags { height: auto; padding: 0 1; text-align: center; }
        & #rating-done { height: 1fr; content-align: center middle; text-align: center; }
    }
    """

    def __init__(self, session: RatingSession, graphics: Graphics) -> None:
        super().__init__()
        self.session = session
        self._columns = [TitledPicture(graphics) for _ in range(MAX_CHOICES)]
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="rating"))
        self._prefetched: dict[object, QuestionPictures] = {}  # by the question's key; used by the thread only
        self._pictures: QuestionPictures | None = None  # of the current question, once they are read
        self._shown_at = 0.0
        self._tags: set[str] = set()
        self._shows_original = False
        self._saving = False

    def compose(self) -> ComposeResult:
        yield Static(id="rating-question", markup=False)
        with Grid(id="rating-pictures"):
            yield from self._columns
        done = DONE.format(undo=self.key_of("rate.undo"), leave=self.key_of("rate.leave"))
        yield Static(done, id="rating-done", markup=False)
        yield Static(id="rating-tags", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._ask()

    def on_unmount(self) -> None:
        self.session.close()

    def _ask(self) -> None:
        """Show the current question; its pictures follow as soon as they are read."""
        self._pictures, self._shows_original = None, False
        self._tags.clear()
        question = self.session.current
        self.query_one("#rating-pictures").display = question is not None
        self.query_one("#rating-done").display = question is None
        self._update_text()
        self.refresh_bindings()
        if question:
            self._jobs.submit("pictures", partial(self._read, question, self.session.next))

    def _read(self, question: RatingQuestion, following: RatingQuestion | None) -> None:
        """In a thread: read the pictures, then those of the question that is probably next."""
        pictures = self._prefetched.get(question.key) or read_pictures(question)
        self.call_later(self._receive, question, pictures)
        self._prefetched = {following.key: read_pictures(following)} if following else {}

    def _receive(self, question: RatingQuestion, pictures: QuestionPictures) -> None:
        if question is self.session.current and self._pictures is None:
            self._pictures = pictures
            self._shown_at = time.monotonic()
            self._draw()

    def _draw(self) -> None:
        pictures = self._pictures
        if pictures is None:
            return
        count = len(pictures.frames)
        in_rows = 1 if count <= MAX_IN_A_ROW else 2
        self.query_one(Grid).styles.grid_size_columns = -(-count // in_rows)
        self.query_one(Grid).styles.grid_size_rows = in_rows
        for index, column in enumerate(self._columns):
            if index >= count:
                column.display = False
            elif self._shows_original:
                column.show(pictures.original, "original", "the original cannot be read")
            else:
                name = "" if self._asks_for_tags else str(index + 1)
                column.show(pictures.frames[index], name, printable(pictures.problem))

    def _update_text(self) -> None:
        session, question = self.session, self.session.current
        place = f"{session.answered + bool(question)} of {len(session.questions)}"
        text = printable(question.text) if question else ""
        self.query_one("#rating-question", Static).update(Content.assemble(text, (f"  {place}", "$foreground-muted")))
        tags = self.query_one("#rating-tags", Static)
        tags.display = self._asks_for_tags
        if self._asks_for_tags:
            parts = [
                Content.styled(f" {number} {tag} ", "reverse" if tag in self._tags else "$foreground-muted").stylize(
                    Style.from_meta({"@click": f"screen.pick({number})"})
                )
                for number, tag in enumerate(PAPER_TAGS, 1)
            ]
            tags.update(Content("  ").join(parts))

    @property
    def _asks_for_tags(self) -> bool:
        return self.session.current is not None and self.session.current.mode == "tags"

    # Keys

    def display_key(self, binding: Binding) -> str:
        """A key as the last line names it; the digits as a range up to the number of pictures, or tags."""
        key, question = super().display_key(binding), self.session.current
        if key != screen_bindings.PICK_KEYS or question is None:
            return key
        return f"1-{len(PAPER_TAGS) if self._asks_for_tags else len(question.candidates)}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key applies to the kind of the current question."""
        question = self.session.current
        match action:
            case "pick" | "skip" | "original":
                return question is not None
            case "pick_side":
                return question is not None and question.mode == "ab"
            case "tie":
                return question is not None and question.mode != "tags"
            case "accept":
                return self._asks_for_tags
        return True

    async def action_pick(self, number: int) -> None:
        """Choose a picture, or switch a tag."""
        if self._asks_for_tags:
            self._tags ^= {PAPER_TAGS[number - 1]}
            self._update_text()
        elif self.session.current and number <= len(self.session.current.candidates):
            await self._save(number - 1)

    async def on_click(self, event: events.Click) -> None:
        """Choose the picture that is clicked; not the one of the next question by a double click."""
        if event.chain == 1 and not self._shows_original and not self._asks_for_tags:
            for number, column in enumerate(self._columns, 1):
                if column.picture is event.widget:
                    await self.action_pick(number)

    async def action_pick_side(self, number: int) -> None:
        await self._save(number - 1)

    async def action_tie(self) -> None:
        await self._save(None)

    async def action_accept(self) -> None:
        await self._save(None)

    async def _save(self, choice: int | None) -> None:
        if self._saving or self.session.current is None or self._pictures is None:  # nothing unseen is rated
            return
        if self._pictures.problem:
            skip = f"skip the question with {self.key_of('rate.skip')}"
            self._warn(f"a picture cannot be read, {skip}: {self._pictures.problem}")
            return
        tags = [tag for tag in PAPER_TAGS if tag in self._tags]
        seconds = time.monotonic() - self._shown_at
        await self._change(partial(self.session.answer, seconds=seconds, choice=choice, tags=tags))

    async def action_undo(self) -> None:
        if not self._saving and not await self._change(self.session.take_back):
            self._warn("there is no answer to take back in this rating")

    async def _change(self, change: Callable[[], bool | None]) -> bool:
        """Run a change on the disk in a thread, then show the next question. False if it changed nothing."""
        self._saving = True
        try:
            changed = await asyncio.to_thread(change)
        except RiptuiError as error:
            self._warn(f"not saved: {error}")
            return True
        finally:
            self._saving = False
        if changed is not False:
            self._ask()
        return changed is not False

    def action_skip(self) -> None:
        if not self._saving:
            self.session.skip()
            self._ask()

    def action_original(self) -> None:
        """Show the original in place of the frames, and back."""
        self._shows_original = not self._shows_original
        self._draw()

    def action_leave(self) -> None:
        self.dismiss(self.session.saved)

    def _warn(self, text: str) -> None:
        self.app.notify(text, severity="warning", timeout=10)
