"""The line above a trajectory: its path, its status, and inpainter, mask size and seed; of a failed one the reason."""

from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from riptui.spec import Spec
from riptui.store.records import Failure
from riptui.store.trajectory import Status
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable
from riptui.text.units import format_duration
from riptui.tui.runs.known_work import NOTHING_KNOWN, KnownWork, describe_queued, describe_running
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.loader import TrajectorySnapshot

AGE_SECONDS = 30.0  # between two updates of how long ago something failed


class Heading(Horizontal):
    """fig7 / cat / m64-s0        ✓ done · navier-stokes · 64 px · seed 0. In little room outer groups are left out."""

    DEFAULT_CSS = """
    Heading {
        height: 1;
        & #name { width: 1fr; }
        & #recipe { width: auto; margin-left: 2; color: $foreground-muted; }
    }
    """

    def __init__(self, runs: Path | None) -> None:
        super().__init__()
        self._runs = runs
        self._snapshot: TrajectorySnapshot | None = None
        self._work = NOTHING_KNOWN

    def compose(self) -> ComposeResult:
        yield TextLine(id="name")
        yield TextLine(id="recipe")

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
        recipe = _describe_failure(snapshot.failure) if has_failed else _describe_work(snapshot, self._work)
        max_recipe_columns = max(self.size.width // 2, self.size.width - cell_len(folder_name) - 2)
        path_columns = self.size.width - min(recipe.cell_length, max_recipe_columns) - 2
        while groups and cell_len(" / ".join([*groups, folder_name])) > path_columns:
            del groups[0]  # the nearest groups say most
        prefix = "".join(f"{group} / " for group in groups)
        tags = "".join(f" #{tag}" for tag in snapshot.annotations.tags)
        name = Content.assemble((prefix, "$foreground-muted"), (folder_name, "bold"), (printable(tags), "$text-accent"))
        self.query_one("#name", TextLine).set_text(name)
        self.query_one("#recipe", TextLine).styles.max_width = max_recipe_columns
        self.query_one("#recipe", TextLine).set_text(recipe)


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
        case status:
            known, is_stuck = str(status), False
    style = "$text-warning bold" if is_stuck else "$foreground"
    return Content.assemble((printable(f"{mark} {known}"), style), " · ", recipe)


def _recipe(spec: Spec) -> str:
    parts = [spec.inpainter_name, spec.mask_title]
    parts += [f"{steps} steps"] if (steps := spec.parameters.get("steps")) else []
    parts += [f"seed {spec.seed}"] + ([] if spec.order == "replacement" or spec.masks else [spec.order])
    return " · ".join([*parts, *spec.interventions])


def _describe_failure(failure: Failure | None) -> Content:
    """✗ failed 3 min ago (R retry, 6 log): the reason"""
    mark, reason, age = STATUS_MARKS["failed"][0], "", ""
    if failure is not None:
        reason, age = f": {printable(failure.error)}", format_age(failure.when)
    keys = (" (R retry, 6 log)", "$foreground-muted")
    return Content.assemble((f"{mark} failed{age}", "$text-error bold"), keys, (reason, "$foreground"))


def format_age(when: str) -> str:
    """How long ago a time was; nothing if it is no time, or in the future by another machine's clock."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(when)).total_seconds()
    except (ValueError, TypeError):
        return ""
    return f" {format_duration(seconds)} ago" if seconds > 0 else ""
