"""The form on the screen: a picture, what to do with it, and what that will take."""

import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Button, Input, Select, Static

from riptui.errors import RiptuiError
from riptui.forecast import Pace, forecast, paces
from riptui.images import Prepared, prepare
from riptui.settings.state import recall, remember
from riptui.spec import FITS, Fit
from riptui.store.trajectory import Trajectory
from riptui.terminal import printable
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.graphics.picture import Picture
from riptui.tui.latest import Latest
from riptui.tui.launch import form, stock
from riptui.tui.launch.browsing import PathSuggester, PictureList, path_of, short
from riptui.tui.launch.field import Field
from riptui.tui.launch.order import Placed, place
from riptui.tui.threads import tell
from riptui.wording import counted, lasting, sized

REST = 0.15  # seconds after the last key before a picture is read or a pace looked up
MOST_LOOKED_AT = 200  # trajectories whose speed is looked at
TEXTS = ("picture", "prompt", "masks", "seeds", "amount", "size", "metrics", "group")
EXAMPLES = {"masks": "64,128,256", "seeds": "0-9", "amount": "400", "metrics": "the usual ones", "group": "none"}


class LaunchScreen(ModalScreen[Placed | None]):
    """Ends with what was queued, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("ctrl+s,f5", "launch", "Launch", key_display="ctrl+s"),
    ]
    CSS_PATH = "launch.tcss"
    AUTO_FOCUS = "#picture"

    def __init__(self, runs: Path, graphics: Graphics, alike: Callable[[str], Sequence[Path]]) -> None:
        """alike: the trajectories of an inpainter, by which to tell how long others will take."""
        super().__init__()
        self._runs = runs
        self._graphics = graphics
        self._alike = alike
        self._before = recall(form.REMEMBERED, form.Entries) or form.Entries()
        self._found: dict[str, stock.Found] = {}
        self._free: int | None = None
        """Bytes on the disk of the runs folder; None: not known."""
        self._paces: dict[tuple[str, int], dict[int, Pace]] = {}
        self._picture: Prepared | None = None
        self._of = ("", 0, "")
        """The path, size and fit that the picture was prepared for."""
        self._refused = ""
        """Why there is no picture."""
        self._rest: Timer | None = None
        self._jobs = Latest(lambda job: self.run_worker(job, thread=True))
        self._placing = False

    def compose(self) -> ComposeResult:
        before = self._before
        with Vertical(id="form") as box:
            box.border_title = "New trajectories"
            box.border_subtitle = "ctrl+s launches, escape closes"
            with VerticalScroll(id="fields", can_focus=False):
                with Vertical(id="source"):
                    yield Field("Picture", self._line("picture", suggester=PathSuggester()))
                    with Horizontal(id="choice"):
                        yield PictureList(id="pictures")
                        yield Picture(self._graphics, id="preview")
                    yield Static(id="notes")
                with Vertical(id="what"):
                    yield Field("Inpainter", self._inpainters())
                    yield Field("Prompt", self._line("prompt"))
                    yield Field("Mask px", self._line("masks"))
                    yield Field("Seeds", self._line("seeds"))
                    yield Field("Amount %", self._line("amount"))
                    yield Field("Size px", self._line("size"))
                    fits = [(fit, fit) for fit in FITS]
                    yield Field("Fit", Select(fits, id="fit", value=before.fit, allow_blank=False, compact=True))
                    yield Field("Metrics", self._line("metrics"))
                    yield Field("Group", self._line("group"))
            yield Static(id="forecast")
            with Horizontal(id="buttons"):
                yield Button("Launch", id="launch", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _line(self, name: str, suggester: PathSuggester | None = None) -> Input:
        line = Input(
            getattr(self._before, name), placeholder=EXAMPLES.get(name, ""), id=name, suggester=suggester, compact=True
        )
        line.cursor_blink = False  # or it would send bytes for ever
        return line

    def _inpainters(self) -> Select[str]:
        known = stock.named(self._found)
        value = self._before.inpainter if any(name == self._before.inpainter for _, name in known) else known[0][1]
        return Select(known, id="inpainter", value=value, allow_blank=False, compact=True)

    def on_mount(self) -> None:
        folder = Path(self._before.picture).expanduser().parent if self._before.picture else Path()
        self.query_one(PictureList).open(folder)
        self.run_worker(self._take_stock, thread=True)
        self._refresh()

    def _take_stock(self) -> None:
        self._free = _free(self._runs)
        self._found = stock.look()
        tell(self, self._show_stock)

    def _show_stock(self) -> None:
        chosen = self.query_one("#inpainter", Select)
        value = chosen.value
        with self.prevent(Select.Changed):
            chosen.set_options(stock.named(self._found))
            chosen.value = value
        self._tell()

    # What is typed

    @property
    def entries(self) -> form.Entries:
        texts = {name: self.query_one(f"#{name}", Input).value.strip() for name in TEXTS}
        fit: Fit = self.query_one("#fit", Select).value  # type: ignore[assignment]
        return form.Entries(**texts, fit=fit, inpainter=str(self.query_one("#inpainter", Select).value))

    @on(Input.Changed)
    @on(Select.Changed)
    def _refresh(self) -> None:
        """Tell at once what is wrong; look at the disk when the keys rest."""
        self.query_one("#prompt-field").display = form.takes_prompt(self.entries.inpainter)
        self._tell()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._look)

    @on(PictureList.Chosen)
    def _take_picture(self, message: PictureList.Chosen) -> None:
        self.query_one("#picture", Input).value = short(message.path)
        if message.entered:
            self.query_one("#inpainter").focus()

    @on(Input.Submitted, "#picture")
    def _open_typed(self, message: Input.Submitted) -> None:
        typed = path_of(message.value)
        if typed is not None and typed.is_dir():
            self.query_one(PictureList).open(typed)
            self.query_one(PictureList).focus()
        else:
            self.focus_next()

    # What is on disk

    def _look(self) -> None:
        entries, reading = self.entries, form.read(self.entries)
        wanted = (entries.picture, reading.sweep.size if reading.sweep else 512, entries.fit)
        if wanted != self._of:
            self._of = wanted
            self._jobs.ask("picture", partial(self._prepare, *wanted))
        key = (entries.inpainter, wanted[1])
        if key not in self._paces:
            paths = list(self._alike(entries.inpainter))[:MOST_LOOKED_AT]
            self._jobs.ask("pace", partial(self._measure_pace, key, paths))

    def _prepare(self, typed: str, pixels: int, fit: Fit) -> None:
        picture, refused, path = None, "", path_of(typed)
        if path is None or not typed:
            refused = "choose a picture"
        else:
            try:
                picture = prepare(path, size=pixels, fit=fit)
            except RiptuiError as error:
                refused = str(error).removeprefix(f"{path}: ")
        tell(self, self._show_picture, (typed, pixels, fit), picture, refused)

    def _show_picture(self, of: tuple[str, int, str], picture: Prepared | None, refused: str) -> None:
        if of != self._of:
            return
        self._picture, self._refused = picture, refused
        self.query_one("#preview", Picture).show(picture.image if picture else None)
        self.query_one("#notes", Static).update(Text(printable("; ".join(picture.notes) if picture else ""), "dim"))
        self._tell()

    def _measure_pace(self, key: tuple[str, int], paths: list[Path]) -> None:
        found = paces(map(Trajectory, paths), *key)
        tell(self, self._take_pace, key, found)

    def _take_pace(self, key: tuple[str, int], found: dict[int, Pace]) -> None:
        self._paces[key] = found
        self._tell()

    # What it comes to

    def _tell(self) -> form.Reading:
        """What is wrong, beside its field; what it will take, if nothing is."""
        entries = self.entries
        reading = form.read(entries)
        problems = dict(reading.problems)
        if lack := stock.lack(entries.inpainter, self._found):
            problems.setdefault("inpainter", lack)
        if self._refused and entries.picture == self._of[0]:
            problems["picture"] = self._refused
        for field in self.query(Field):
            field.tell(problems.get(str(field.id).removesuffix("-field"), ""))
        self.query_one("#launch", Button).disabled = bool(problems) or self._picture is None or self._placing
        if not self._placing:
            self._say(self._forecast(reading))
        return reading

    def _forecast(self, reading: form.Reading) -> Text:
        if reading.sweep is None:
            return Text()
        known = self._paces.get((reading.sweep.inpainters[0], reading.sweep.size), {})
        coming = forecast(reading.sweep, 1, known)
        parts = [
            counted(coming.trajectories, "trajectory"),
            counted(coming.inpaintings, "inpainting"),
            "time unknown" if coming.seconds is None else f"about {lasting(coming.seconds)}",
            sized(coming.bytes),
        ]
        text = Text(" · ".join(parts))
        if self._free is not None and self._free < coming.bytes:
            text.append(f"  only {sized(self._free)} free", "bold")
        return text

    def _say(self, text: Text) -> None:
        line = self.query_one("#forecast", Static)
        if line.content != text:
            line.update(text)

    # Launch

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#launch")
    def action_launch(self) -> None:
        reading, entries = self._tell(), self.entries
        current = (entries.picture, reading.sweep.size if reading.sweep else 0, entries.fit) == self._of
        if reading.sweep is None or self._picture is None or not current or self.query_one("#launch").disabled:
            return
        remember(form.REMEMBERED, entries)
        self._placing = True
        self.query_one("#launch", Button).disabled = True
        job = partial(self._place, self._picture, reading, entries.group)
        self.run_worker(job, thread=True, exit_on_error=False)

    def _place(self, picture: Prepared, reading: form.Reading, group: str) -> None:
        assert reading.sweep is not None
        told = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told > REST:
                told = time.monotonic()
                tell(self, self._say, Text(f"making the folders: {done}/{total}"))

        try:
            placed = place(self._runs, picture, reading.sweep, reading.metrics, group=group, on_made=progress)
        except RiptuiError as error:
            tell(self, self._refuse, str(error))
        else:
            tell(self, self.dismiss, placed)

    def _refuse(self, error: str) -> None:
        self._placing = False
        self._tell()
        self._say(Text(printable(error), "bold"))


def _free(folder: Path) -> int | None:
    """Bytes; None where it cannot be told."""
    there = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()), Path("/"))
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None
