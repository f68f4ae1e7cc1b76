"""The launch form on the screen: picture, settings, and the estimated cost."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button, Input, Select, Static

from riptui.errors import RiptuiError
from riptui.filesystem import free_bytes
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.images import PreparedImage, prepare_original
from riptui.inpainters import find_inpainter
from riptui.metrics.availability import check_default_metrics
from riptui.planning.estimate import (
    CostKey,
    IterationTime,
    cost_key,
    describe_disk_space,
    describe_time,
    estimate_sweeps,
    specs_without_seeds,
    time_iterations,
)
from riptui.planning.missing_weights import find_missing, weights_key
from riptui.planning.sweep import Sweep
from riptui.settings.state import recall, remember
from riptui.spec import FITS, Fit, Spec
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_size
from riptui.tui.dialogs import link_keys
from riptui.tui.inner_screen import InnerModalScreen
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.launch import form, installed
from riptui.tui.launch.fields import Field, ProtocolFields
from riptui.tui.launch.picture_browser import (
    PathSuggester,
    PictureList,
    explain_no_picture,
    find_folder,
    parse_path,
    shorten_path,
)
from riptui.tui.launch.start_runs import LaunchResult, create_and_queue
from riptui.tui.steady_input import SteadyInput
from riptui.tui.ui_thread import call_if_open

SETTLE_SECONDS = 0.15  # after the last key, before the picture is read and timings are looked up
TEXT_FIELDS = ("picture", "model", "prompt", "steps", "masks", "seeds", "amount", "size", "metrics", "group")
PLACEHOLDERS = {"masks": "64,128,256", "seeds": "0-9", "amount": "400", "group": "none"}


class LaunchScreen(InnerModalScreen[LaunchResult | None]):
    """Returns the result of the launch, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close"),
        Binding("ctrl+s,f5", "launch", "Launch", key_display="ctrl+s"),
    ]
    CSS_PATH = "launch.tcss"
    AUTO_FOCUS = "#picture"

    def __init__(self, runs: Path, graphics: Graphics, list_computed: Callable[[str], Sequence[Path]]) -> None:
        """list_computed: the trajectories of an inpainter, whose timings the estimate uses."""
        super().__init__()
        self._runs = runs
        self._graphics = graphics
        self._list_computed = list_computed
        self._previous = recall(form.STATE_KEY, form.FormValues) or form.FormValues()
        self._models: dict[str, installed.ListedModel] = {}
        self._free_bytes: int | None = None  # free bytes on the disk of the runs folder; None: unknown
        self._times: dict[CostKey, IterationTime | None] = {}  # times that were looked up; None: unknown
        self._lacking: dict[Hashable, str] = {}  # what this machine lacks, by `weights_key`; "": nothing
        self._picture: PreparedImage | None = None
        self._picture_key = ("", 0, "")  # path, size and fit of the prepared picture
        self._picture_problem = ""  # why the picture cannot be used
        self._settle_timer: Timer | None = None
        self._jobs = LatestJobs(lambda job: self.run_worker(job, thread=True))
        self._failure: tuple[form.FormValues, Text] | None = None  # the values that could not be launched, and why
        self._launching = False
        self._read_key: tuple[str, int, str] | None = None  # what the picture was made of
        self._asked: form.FormValues | None = None  # what is to be launched as soon as its picture is read

    def compose(self) -> ComposeResult:
        previous = self._previous
        with Vertical(id="form") as box:
            box.border_title = "New trajectories"
            box.border_subtitle = link_keys("ctrl+s launch  esc cancel")
            with VerticalScroll(id="fields", can_focus=False):
                with Vertical(id="source"):
                    yield Field("Picture", self._make_input("picture", suggester=PathSuggester()))
                    with Horizontal(id="picture-choice"):
                        yield PictureList(id="pictures")
                        yield PictureWidget(self._graphics, id="preview")
                    yield Static(id="notes")
                with Vertical(id="settings"):
                    yield Field("Inpainter", self._make_inpainter_select())
                    yield Field("Model", self._make_input("model"))
                    yield Field("Prompt", self._make_input("prompt"))
                    yield Field("Steps", self._make_input("steps"))
                    yield Field("Mask px", self._make_input("masks"))
                    yield Field("Seeds", self._make_input("seeds"))
                    yield Field("Amount %", self._make_input("amount"))
                    yield Field("Size px", self._make_input("size"))
                    fits = [(fit, fit) for fit in FITS]
                    yield Field("Fit", Select(fits, id="fit", value=previous.fit, allow_blank=False, compact=True))
                    yield Field("Metrics", self._make_input("metrics"))
                    yield Field("Group", self._make_input("group"))
                    yield ProtocolFields(previous)
            yield Static(id="estimate")
            with Horizontal(id="buttons"):
                yield Button("Launch", id="launch", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _make_input(self, name: str, suggester: PathSuggester | None = None) -> Input:
        value, placeholder = getattr(self._previous, name), PLACEHOLDERS.get(name, "")
        return SteadyInput(value, placeholder, id=name, suggester=suggester, compact=True)

    def _make_inpainter_select(self) -> Select[str]:
        options = installed.list_options(self._models)
        is_listed = any(name == self._previous.inpainter for _, name in options)
        value = self._previous.inpainter if is_listed else options[0][1]
        return Select(options, id="inpainter", value=value, allow_blank=False, compact=True)

    def on_mount(self) -> None:
        path = parse_path(self._previous.picture) if self._previous.picture else None
        self.query_one(PictureList).open(path.parent if path else Path())
        self.run_worker(self._query_models, thread=True)
        self._react_to_change()

    def _query_models(self) -> None:
        self._free_bytes = _free_disk_bytes(self._runs)
        self._models = installed.query_models()
        call_if_open(self, self._show_models, check_default_metrics().available)

    def _show_models(self, default_metrics: Sequence[str]) -> None:
        self.query_one("#metrics", Input).placeholder = ", ".join(default_metrics)
        inpainter_select = self.query_one("#inpainter", Select)
        value = inpainter_select.value
        with self.prevent(Select.Changed):
            inpainter_select.set_options(installed.list_options(self._models))
            inpainter_select.value = value
        self._validate_form()

    # Values

    @property
    def values(self) -> form.FormValues:
        texts: dict[str, Any] = {name: self.query_one(f"#{name}", Input).value.strip() for name in TEXT_FIELDS}
        fit: Fit = self.query_one("#fit", Select).value  # type: ignore[assignment]
        protocol: dict[str, Any] = {**self.query_one(ProtocolFields).read()}
        inpainter = str(self.query_one("#inpainter", Select).value)
        return form.FormValues(**texts, **protocol, fit=fit, inpainter=inpainter)

    @on(Input.Changed)
    @on(Select.Changed)
    def _react_to_change(self) -> None:
        """Show problems at once; read the disk once typing pauses."""
        inpainter = self.values.inpainter
        typed = form.list_typed_parameters(inpainter)
        for name in ("model", "prompt", "steps"):
            self.query_one(f"#{name}-field").display = name in typed
        if "steps" in typed:
            self.query_one("#steps", Input).placeholder = str(find_inpainter(inpainter).parameters["steps"])
        self.query_one(ProtocolFields).count(self.values.departures)
        self._validate_form()
        if self._settle_timer is not None:
            self._settle_timer.stop()
        self._settle_timer = self.set_timer(SETTLE_SECONDS, self._load_preview)

    @on(PictureList.PictureChosen)
    def _use_picture(self, message: PictureList.PictureChosen) -> None:
        self.query_one("#picture", Input).value = shorten_path(message.path)
        if message.entered:
            self.query_one("#inpainter").focus()

    @on(Input.Submitted, "#picture")
    def _open_typed(self, message: Input.Submitted) -> None:
        typed = parse_path(message.value)
        if typed is not None and typed.is_dir():
            self.query_one(PictureList).open(typed)
            self.query_one(PictureList).focus()
        else:
            self.focus_next()

    # Picture and timings, in a thread

    def _load_preview(self) -> None:
        values, parsed = self.values, form.parse_form(self.values)
        picture_key = (values.picture, parsed.sweep.size if parsed.sweep else 512, values.fit)
        if picture_key != self._picture_key:
            self._picture_key = picture_key
            self._jobs.submit("picture", partial(self._prepare, *picture_key))
        if parsed.sweep is None:
            return
        specs = specs_without_seeds(parsed.sweep)
        if not self._is_timed(parsed.sweep):
            paths = list(self._list_computed(values.inpainter))
            self._jobs.submit("time", partial(self._time_iterations, parsed.sweep, paths))
        if unseen := [spec for spec in specs if weights_key(spec) not in self._lacking]:
            self._jobs.submit("lacking", partial(self._find_lacking, unseen))

    def _is_timed(self, sweep: Sweep) -> bool:
        return all(cost_key(spec) in self._times for spec in specs_without_seeds(sweep))

    def _prepare(self, typed: str, pixels: int, fit: Fit) -> None:
        picture, problem, path = None, "", parse_path(typed)
        folder = find_folder(path) if path is not None and typed else None
        if folder is not None:
            call_if_open(self, lambda: self.query_one(PictureList).follow(folder))
        if path is None or not typed or path == folder:
            problem = explain_no_picture(typed)
        else:
            try:
                picture = prepare_original(path, size=pixels, fit=fit)
            except RiptuiError as error:
                problem = str(error).removeprefix(f"{path}: ")
        call_if_open(self, self._show_picture, (typed, pixels, fit), picture, problem)

    def _show_picture(self, picture_key: tuple[str, int, str], picture: PreparedImage | None, problem: str) -> None:
        if picture_key != self._picture_key:
            return
        self._picture, self._picture_problem, self._read_key = picture, problem, picture_key
        self.query_one("#preview", PictureWidget).show(picture.image if picture else None)
        self.query_one("#notes", Static).update(Text(printable("; ".join(picture.notes) if picture else ""), "dim"))
        self._validate_form()
        asked, self._asked = self._asked, None
        if asked == self.values:
            self.action_launch()

    def _time_iterations(self, sweep: Sweep, paths: list[Path]) -> None:
        found = time_iterations([sweep], map(Trajectory, paths))
        times = {cost_key(spec): None for spec in specs_without_seeds(sweep)} | found
        call_if_open(self, self._learn, self._times, times)

    def _find_lacking(self, specs: Sequence[Spec]) -> None:
        """Ask servers which model they have; try no import, which takes seconds."""
        missing = find_missing(specs, tries_imports=False)
        lacking = {key: str(missing.get(key, "")) for key in map(weights_key, specs)}
        call_if_open(self, self._learn, self._lacking, lacking)

    def _learn(self, known: dict[Hashable, object], found: Mapping[Hashable, object]) -> None:
        known |= found
        self._validate_form()

    # Problems and cost

    def _validate_form(self) -> form.ParsedForm:
        """Show the problem of each field, or the cost if there is none."""
        values = self.values
        parsed = form.parse_form(values)
        problems = dict(parsed.problems)
        if reason := installed.explain_unavailable(values.inpainter, self._models):
            problems.setdefault("inpainter", reason)
        if self._picture_problem and values.picture == self._picture_key[0]:
            problems["picture"] = self._picture_problem
        for field in self.query(Field):
            field.show_problem(problems.get(str(field.id).removesuffix("-field"), ""))
        self.query_one("#launch", Button).disabled = bool(problems) or self._picture is None or self._launching
        if not self._launching:  # an error stays until something else is asked for, also when a time comes in late
            failed = self._failure is not None and self._failure[0] == values
            self._show_status(self._failure[1] if self._failure and failed else self._describe_cost(parsed))
        return parsed

    def _describe_cost(self, parsed: form.ParsedForm) -> Text:
        if parsed.sweep is None:
            return Text()
        known = {key: found for key, found in self._times.items() if found}
        cost = estimate_sweeps([parsed.sweep], 1, known)
        parts = [
            format_count(cost.trajectories, "trajectory"),
            format_count(cost.iterations, "iteration"),
            describe_time(cost.seconds) if self._is_timed(parsed.sweep) else "estimating the time",
            describe_disk_space(cost.disk_bytes),
        ]
        text = Text(" · ".join(parts))
        if self._free_bytes is not None and self._free_bytes < cost.disk_bytes:
            text.append(f"  only {format_size(self._free_bytes)} free", "bold")
        for notice in parsed.sweep.notices:
            text.append(f"\n{printable(notice)}", "yellow")
        lacking = (self._lacking.get(weights_key(spec), "") for spec in specs_without_seeds(parsed.sweep))
        for line in filter(None, dict.fromkeys(lacking)):
            text.append(f"\n{printable(line)}", "yellow")
        return text

    def _show_status(self, text: Text) -> None:
        status = self.query_one("#estimate", Static)
        if status.content != text:
            status.update(text)

    # Launch

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close the form; it opens again as it is now."""
        remember(form.STATE_KEY, self.values)
        self.dismiss(None)

    @on(Button.Pressed, "#launch")
    def action_launch(self) -> None:
        parsed, values = self._validate_form(), self.values
        if parsed.sweep is None or self._launching:
            return
        if (values.picture, parsed.sweep.size, values.fit) != self._read_key:
            self._asked = values  # launched when its picture is read
            self._load_preview()
            self._show_status(Text("reading the picture …"))
            return
        if self._picture is None or self.query_one("#launch").disabled:
            return
        remember(form.STATE_KEY, values)
        self._launching = True
        self.query_one("#launch", Button).disabled = True
        job = partial(self._launch, self._picture, parsed, values.group)
        self.run_worker(job, thread=True, exit_on_error=False)

    def _launch(self, picture: PreparedImage, parsed: form.ParsedForm, group: str) -> None:
        assert parsed.sweep is not None
        last_shown = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal last_shown
            if time.monotonic() - last_shown > SETTLE_SECONDS:
                last_shown = time.monotonic()
                show(f"creating folders: {done}/{total}")

        def show(text: str) -> None:
            call_if_open(self, self._show_status, Text(text))

        try:
            sweep, metrics = parsed.sweep, parsed.metrics
            launched = create_and_queue(
                self._runs, picture, sweep, metrics, group=group, on_made=progress, on_trial=show
            )
        except RiptuiError as error:
            call_if_open(self, self._show_error, str(error))
        else:
            call_if_open(self, self.dismiss, launched)

    def _show_error(self, error: str) -> None:
        self._launching = False
        self._failure = self.values, Text(printable(error), "bold")
        self._validate_form()


def _free_disk_bytes(folder: Path) -> int | None:
    """Free bytes on a folder's disk; None if unknown."""
    try:
        return free_bytes(folder)
    except OSError:
        return None
