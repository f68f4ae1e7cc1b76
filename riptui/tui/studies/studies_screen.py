"""The screen of the studies: a list, and what is known of the one at the cursor. It reads the disk; it owns nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import OptionList, Static

from riptui.errors import RiptuiError
from riptui.graphics.protocol import Graphics
from riptui.store.trajectory import Status
from riptui.study.known_studies import list_recent
from riptui.study.study_file import Study
from riptui.study.study_reader import StudyReader
from riptui.study.study_state import StudyState
from riptui.supervision.study_process import read_log
from riptui.text.terminal import printable
from riptui.text.units import abbreviate_home
from riptui.tui import screen_bindings
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.runs.feedback_line import FeedbackLine
from riptui.tui.studies.report_reader import FoundReport, find_report
from riptui.tui.studies.report_screen import ReportScreen
from riptui.tui.studies.study_commands import StudyCommands
from riptui.tui.studies.study_jobs import StudyJobs
from riptui.tui.studies.study_list import StudyList
from riptui.tui.studies.study_panes import StudyPanes
from riptui.tui.studies.study_plan import StudyPlan, list_lacking, plan_study
from riptui.tui.studies.study_texts import plan_lines, report_lines
from riptui.tui.tab_bar import TabBar
from riptui.tui.ui_thread import call_if_open

POLL_SECONDS = 1.0
IDLE_LOOKS = 4  # while nothing is computed only every fourth time
NO_STUDIES = (
    "No studies here yet. A study is many trajectories from one file: pictures, and lists of values to combine.\n\n"
    "{new} writes a study file to start from; the preset quick takes a minute or two on any machine.\n"
    "Files in the runs folder, beside it and in the current folder are listed here, and those that were used lately."
)


class StudiesScreen(StudyCommands):
    """Returns the path below the runs folder to go to; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.STUDIES]
    AUTO_FOCUS = "#studies"
    DEFAULT_CSS = """
    StudiesScreen {
        & #studies-title { height: 1; padding: 0 1; }
        & #studies-body { height: 1fr; layout: horizontal; }
        & #studies-list { width: 36; height: 100%; border: round $border-blurred; border-title-color: $text-muted; }
        & #studies-list:focus-within { border: round $border; border-title-color: $text; }
        & OptionList { border: none; padding: 0; background: transparent; text-wrap: nowrap; }
        & #studies { height: 1fr; }
        & #studies-feedback { height: 1; padding: 0 1; }
    }
    StudiesScreen.-narrow #studies-body { layout: vertical; }
    StudiesScreen.-narrow #studies-list { width: 100%; height: auto; max-height: 7; }
    StudiesScreen.-narrow #studies { height: auto; max-height: 5; }
    """

    def __init__(
        self,
        runs: Path,
        graphics: Graphics,
        jobs: StudyJobs,
        list_groups: Callable[[], Sequence[str]],
        *,
        confirm: bool = True,
    ) -> None:
        """list_groups: the groups of the runs folder that are known by now. confirm: ask before a stop."""
        super().__init__(runs, jobs, confirm=confirm)
        self._graphics = graphics
        self._list_groups = list_groups
        self._reader = StudyReader(runs)  # used by one thread
        self._reading = LatestJobs(partial(self.run_worker, thread=True, group="reading", exit_on_error=False))
        self._planning = LatestJobs(partial(self.run_worker, thread=True, group="planning", exit_on_error=False))
        self.panes = StudyPanes()
        self._ticks = 0
        self._awaited = ""  # the name of a study file to go to as soon as it is listed
        self._log = ""
        self._plans: dict[str, StudyPlan] = {}  # by the key of the study
        self._planned: dict[str, object] = {}  # by the same: what changes when a new plan is due
        self.states: Sequence[StudyState] = ()
        self.has_read = False

    def compose(self) -> ComposeResult:
        yield Static(Text(f"Studies  {printable(abbreviate_home(self._runs))}", "bold"), id="studies-title")
        with Container(id="studies-body"):
            with Container(id="studies-list") as box:
                box.border_title = "Studies"
                yield StudyList(id="studies")
            yield self.panes
        yield FeedbackLine(id="studies-feedback")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.panes.plan.show(Text("reading ...", "dim"))
        self.look()
        self.set_interval(POLL_SECONDS, self._tick)

    # Reading, in threads

    def _tick(self) -> None:
        self._ticks += 1
        is_active = any(state.is_active or self.progress_of(state) for state in self.states)
        if is_active or self._ticks % IDLE_LOOKS == 0:
            self.look()

    def look(self) -> None:
        """Read the studies, in a thread."""
        self._reading.submit("read", partial(self._read, [*self._list_groups()], self._list.current_key))

    def _read(self, groups: Sequence[str], shown: str) -> None:
        try:
            states = self._reader.read(groups, shown)
            state = next((state for state in states if state.known.key == shown), None)
            log = read_log(state.known.file) if state else ""
            report = find_report(state.known) if state else None
        except RiptuiError as error:
            call_if_open(self, self.say, str(error), "warning")
            return
        call_if_open(self, self._show_read, states, shown, log, report)

    def _plan(self, state: StudyState, study: Study) -> None:
        plan = plan_study(study)
        call_if_open(self, self._show_plan, state.known.key, plan)
        lacking = () if state.is_done else list_lacking(study)
        call_if_open(self, self._show_plan, state.known.key, replace(plan, lacking=lacking))

    # What was read

    @property
    def _list(self) -> StudyList:
        return self.query_one(StudyList)

    @property
    def current(self) -> StudyState | None:
        """The study at the cursor."""
        if not self.states:  # the list is not even there yet
            return None
        key = self._list.current_key
        return next((state for state in self.states if state.known.key == key), None)

    def _show_read(self, states: Sequence[StudyState], shown: str, log: str, report: FoundReport | None) -> None:
        """shown: the key of the study that the log and the report are of."""
        is_first, self.has_read = not self.has_read, True
        self.states = states
        self._list.show_studies(states)
        if is_first and not self._awaited:
            self._awaited = _choose_first(states)
        for state in states:
            if str(state.known.file) == self._awaited:
                self._list.go_to_key(state.known.key)
                self._awaited = ""
        if shown == self._list.current_key:
            self._log, self.panes.found_report = log, report
        elif is_first or self.current:
            self.look()  # at the one that is shown now
        self._show_current()

    def _show_plan(self, key: str, plan: StudyPlan) -> None:
        self._plans[key] = plan
        self._show_current()

    @on(OptionList.OptionHighlighted, "#studies")
    def _show_other(self) -> None:
        self._log, self.panes.found_report = "", None
        self._show_current()
        if self.has_read:
            self.look()

    def _show_current(self) -> None:
        state, panes, key = self.current, self.panes, self.key_of
        panes.show_head(state, self._log)
        self.refresh_bindings()
        if state is None:
            no_studies = NO_STUDIES.format(new=key("studies.new"))
            panes.plan.show(Text(no_studies if self.has_read else "reading ...", "dim"))
            return
        match panes.chosen:
            case "plan":
                panes.plan.show(plan_lines(state, self._plans.get(state.known.key), key))
            case "failures":
                panes.show_failures(state)
            case "log":
                panes.show_log(state, self._log)
            case "report":
                progress = self.progress_of(state)
                panes.show_report(report_lines(state, panes.found_report, progress, key("studies.report")))
        if (study := state.known.study) is not None and self._is_plan_due(state):
            self._planning.submit("plan", partial(self._plan, state, study))

    def _is_plan_due(self, state: StudyState) -> bool:
        """Whether the plan may have changed since it was asked for last; if so, it counts as asked for now."""
        known = state.known
        stamp = known.study and known.study.text, known.manifest is None, state.is_active, state.created
        due = self._planned.get(known.key) != stamp and not (state.at_work and known.key in self._planned)
        if due:
            self._planned[known.key] = stamp
        return due

    def expect(self, file: Path) -> None:
        self._awaited = str(file)
        self._list.focus()
        self.panes.choose("plan")
        self.look()

    # Keys that look

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key applies to the study at the cursor."""
        state = self.current
        match action:
            case "compute" | "report":
                return state is not None and state.known.study is not None
            case "edit":
                return state is not None and not state.known.is_gone
            case "pause":
                waiting = (Status.RUNNING, Status.QUEUED, Status.PAUSED, Status.INTERRUPTED)
                return state is not None and bool(state.count(*waiting))
            case "stop":
                return state is not None and bool(state.count(Status.RUNNING, Status.QUEUED, Status.PAUSED))
            case "retry":
                return state is not None and bool(state.count(Status.FAILED))
            case "go_to_group":
                return self._find_group() is not None
        return True

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list that has the focus, or scroll the text."""
        focused = self.focused
        if isinstance(focused, OptionList):
            focused.action_cursor_down() if rows > 0 else focused.action_cursor_up()
        elif focused is not None:
            focused.scroll_relative(y=rows, animate=False)

    def action_select_tab(self, name: str) -> None:
        pane = self.panes.choose(name)
        self._show_current()
        if self.focused is not self._list:
            pane.focus()

    @on(TabBar.TabClicked)
    def _choose_clicked(self, message: TabBar.TabClicked) -> None:
        self.action_select_tab(message.name)

    @on(OptionList.OptionSelected, "#studies")
    def _enter_pane(self) -> None:
        self.panes.choose(self.panes.chosen).focus()

    @on(OptionList.OptionSelected, "#failures")
    def _go_to_failed(self) -> None:
        group, path = self._find_group(), self.panes.failures.current_key
        if group is not None and path:
            self.dismiss(f"{group}/{path}" if group != "." else path)

    @on(OptionList.OptionSelected, "#report")
    def _open_item(self) -> None:
        key, found = self.panes.report.current_key, self.panes.found_report
        if key and found:
            screen = ReportScreen(found.items, int(key), self._graphics)
            self.app.push_screen(screen, lambda number: self.panes.report.go_to_key(str(number)))

    def action_go_to_group(self) -> None:
        """Show the study's group in the tree."""
        self.dismiss(self._find_group())

    def _find_group(self) -> str | None:
        """The path of the study's group below the runs folder; None if it is elsewhere, or there is none."""
        state = self.current
        if state is None or state.known.folder is None or state.known.manifest is None:
            return None
        root, folder = self._runs.resolve(), state.known.folder.resolve()
        return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else None

    def action_back(self) -> None:
        if self.focused is self._list or not self.states:
            self.dismiss(None)
        else:
            self._list.focus()


def _choose_first(states: Sequence[StudyState]) -> str:
    """The file of the study to begin with: one that is computed, else that which was used last; "" if there is none."""
    here = [state for state in states if not state.known.is_elsewhere]
    files = {str(state.known.file) for state in here}
    active = [str(state.known.file) for state in here if state.is_active]
    return next(iter([*active, *(str(file) for file in list_recent() if str(file) in files)]), "")
