"""The line above a trajectory: path, status, inpainter, mask size and seed; below it why it failed or is damaged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style

from riptui.spec import Spec
from riptui.store.trajectory import Status
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable
from riptui.text.units import format_duration
from riptui.tui.keymap import shown_key
from riptui.tui.plot.grid import shorten
from riptui.tui.runs.known_work import NOTHING_KNOWN, KnownWork, describe_queued, describe_running
from riptui.tui.text_lines import TextLine, TextLines
from riptui.tui.trajectory.loader import TrajectorySnapshot

MAX_REASON_ROWS = 2
MIN_RECIPE_SHARE = 4  # a quarter of the line, for the status; the name tells the rest
MIN_TAG_COLUMNS = 4
WRAP_MARGIN = 8  # columns that a row may lose where a word does not fit
FAILURE_KEYS = (
    ("compute.retry", "retry", "screen.do('retry')"),
    ("tabs.log", "log", "screen.view('select_tab','log')"),
)
"""What helps after a failure: the key, what it does, and the action of a click on it."""
AGE_SECONDS = 30.0  # between two updates of how long ago something failed


class Heading(Vertical):
    """fig7 / cat / m64-s0        ✓ done · navier-stokes · 64 px · seed 0. In little room outer groups are left out."""

    DEFAULT_CSS = """
    Heading {
        height: auto;
        & Horizontal { height: 1; }
        & #name { width: 1fr; }
        & #recipe { width: auto; margin-left: 2; color: $foreground-muted; }
        & #reason { display: none; width: 1fr; color: $text-error; }
    }
    """

    class Grown(Message):
        """It has more rows, or fewer, than before."""

    def __init__(self, runs: Path | None) -> None:
        super().__init__()
        self._runs = runs
        self._snapshot: TrajectorySnapshot | None = None
        self._work = NOTHING_KNOWN
        self._reason_rows = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield TextLine(id="name")
            yield TextLine(id="recipe")
        yield TextLines(id="reason")

    @property
    def rows(self) -> int:
        """How many it takes: one, and those of a reason."""
        return 1 + self._reason_rows

    def show(self, snapshot: TrajectorySnapshot) -> None:
        if self._snapshot is not None and self._snapshot.path != snapshot.path:
            self._work = NOTHING_KNOWN
        self._snapshot = snapshot
        self._update_lines()

    def show_work(self, path: Path, work: KnownWork) -> None:
        """Show what is known of the work on a trajectory, if it is the one on the screen."""
        if self._snapshot is not None and self._snapshot.path == path and self._work != work:
            self._work = work
            self._update_lines()

    def on_mount(self) -> None:
        self.set_interval(AGE_SECONDS, self._update_lines)  # a failure grows older

    def on_resize(self) -> None:
        self._update_lines()

    def _update_lines(self) -> None:
        if (snapshot := self._snapshot) is None:
            return
        path, runs = snapshot.path, self._runs
        parts = path.relative_to(runs).parts if runs and path.is_relative_to(runs) else path.parts[-3:]
        *groups, folder_name = map(printable, parts)
        has_failed = snapshot.status is Status.FAILED
        keys = [(text, action, shown_key(self.app, id)) for id, text, action in FAILURE_KEYS]
        room = self.size.width - cell_len(folder_name) - 2
        recipe = _describe_failure(snapshot, keys, room) if has_failed else _describe_work(snapshot, self._work)
        least = self.size.width // (2 if has_failed else MIN_RECIPE_SHARE)
        max_recipe_columns = max(least, room)
        path_columns = self.size.width - min(recipe.cell_length, max_recipe_columns) - 2
        while groups and cell_len(" / ".join([*groups, folder_name])) > path_columns:
            del groups[0]  # the nearest groups say most
        prefix = "".join(f"{group} / " for group in groups)
        tags = "".join(f" #{tag}" for tag in snapshot.annotations.tags)
        if path_columns - cell_len(prefix + folder_name) < MIN_TAG_COLUMNS:
            tags = ""  # what is left of them would take a letter of the name
        name = Content.assemble((prefix, "$foreground-muted"), (folder_name, "bold"), (printable(tags), "$text-accent"))
        self.query_one("#name", TextLine).set_text(name)
        self.query_one("#recipe", TextLine).styles.max_width = max_recipe_columns
        self.query_one("#recipe", TextLine).set_text(recipe)
        self._show_reason(snapshot.failure.error if has_failed and snapshot.failure else _damage_of(snapshot))

    def _show_reason(self, reason: str) -> None:
        """Below the line, in as many rows as it takes; of a long one the middle is left out."""
        width = max(1, self.size.width)
        lines = wrap(shorten(printable(reason), MAX_REASON_ROWS * (width - WRAP_MARGIN)), width)[:MAX_REASON_ROWS]
        widget = self.query_one("#reason", TextLines)
        widget.display = bool(lines)
        widget.show([Content(line) for line in lines])
        if len(lines) != self._reason_rows:
            self._reason_rows = len(lines)
            widget.styles.height = max(1, len(lines))
            self.post_message(self.Grown())


def _damage_of(snapshot: TrajectorySnapshot) -> str:
    """Why a part of it cannot be read; of one without a spec it stands in place of the pictures."""
    return snapshot.error if snapshot.spec is not None else ""


def _describe_work(snapshot: TrajectorySnapshot, work: KnownWork) -> Content:
    """✓ done · navier-stokes · 64 px · seed 0, or ○ queued 3rd, in 12 min · navier-stokes ..."""
    if snapshot.spec is None:
        return Content("")
    recipe = Content(printable(_recipe(snapshot.spec)))
    if snapshot.status is None:
        return recipe
    mark, _ = STATUS_MARKS[snapshot.status]
    match snapshot.status:
        case Status.QUEUED:
            known, is_stuck = describe_queued(work), work.is_stuck
        case Status.RUNNING:
            known, is_stuck = describe_running(work), bool(work.silent)
        case Status.INTERRUPTED if work.waiting is not None:
            known, is_stuck = f"interrupted, {describe_queued(work)}", work.is_stuck
        case status:
            known, is_stuck = snapshot.status_word or str(status), False
    style = "$text-warning bold" if is_stuck else "$foreground"
    return Content.assemble((printable(f"{mark} {known}"), style), " · ", recipe)


def _recipe(spec: Spec) -> str:
    parts = [spec.inpainter_name, spec.mask_title]
    parts += [f"{steps} steps"] if (steps := spec.parameters.get("steps")) else []
    parts += [f"seed {spec.seed}"] + ([] if spec.order == "replacement" or spec.masks else [spec.order])
    return " · ".join([*parts, *spec.interventions])


def _describe_failure(snapshot: TrajectorySnapshot, keys: Sequence[tuple[str, str, str]], columns: int) -> Content:
    """✗ failed 3 min ago (R retry, 6 log) · navier-stokes · 64 px · seed 0. In little room ✗ (R retry, 6 log) · ..."""
    age = format_age(snapshot.failure.when) if snapshot.failure is not None else ""
    recipe = f" · {printable(_recipe(snapshot.spec))}" if snapshot.spec is not None else ""
    links = [Content.assemble((f"{key} {text}", Style.from_meta({"@click": action}))) for text, action, key in keys]
    hint = Content.assemble(" (", Content(", ").join(links), ")").stylize("$foreground-muted")
    states = [f"{STATUS_MARKS['failed'][0]}{said}" for said in (f" failed{age}", " failed", "")]
    state = next((text for text in states if cell_len(text) + hint.cell_length <= columns), states[-1])
    return Content.assemble((state, "$text-error bold"), hint, recipe)


def format_age(when: str) -> str:
    """How long ago a time was; nothing if it is no time, or in the future by another machine's clock."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(when)).total_seconds()
    except (ValueError, TypeError):
        return ""
    if seconds < 0:
        return ""
    return " just now" if seconds < 2 * AGE_SECONDS else f" {format_duration(seconds)} ago"
