"""The keys of the studies' screen that change something: each asks, if it must, and works in a thread."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual import work
from textual.app import SuspendNotSupported

from riptui.errors import RiptuiError
from riptui.settings.editor import find_editor, run_editor
from riptui.store.trajectory import Status
from riptui.study.known_studies import remember_recent
from riptui.study.study_control import StudyAction
from riptui.study.study_state import StudyState
from riptui.text.units import abbreviate_home, format_count
from riptui.tui.dialogs import ConfirmDialog
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_queue import OPENS_DIALOG
from riptui.tui.studies.new_study_dialog import NewStudyDialog
from riptui.tui.studies.study_actions import StudyActions
from riptui.tui.studies.study_jobs import StudyJobs
from riptui.tui.ui_thread import call_if_open


class StudyCommands(InnerScreen[str]):
    """A screen with a current study, and what is done to it."""

    def __init__(self, runs: Path, jobs: StudyJobs, *, confirm: bool) -> None:
        super().__init__()
        self._runs = runs
        self._study_jobs = jobs
        self._confirm = confirm
        self._actions = StudyActions(jobs)

    @property
    def current(self) -> StudyState | None:
        """The study at the cursor."""
        raise NotImplementedError

    def look(self) -> None:
        """Read the studies, in a thread."""
        raise NotImplementedError

    def expect(self, file: Path) -> None:
        """Go to the study of a file as soon as it is listed."""
        raise NotImplementedError

    def action_select_tab(self, name: str) -> None:
        raise NotImplementedError

    def progress_of(self, state: StudyState) -> str:
        """How far its report is; "" if none is being written."""
        progress = self._study_jobs.report_progress(state.known.file)
        return progress.describe() if progress else ""

    @work(group=OPENS_DIALOG)
    async def action_compute(self) -> None:
        """Compute the study on this machine; ask first if others do so."""
        state = self.current
        if state is None or not self.is_current:  # an earlier press of the key is being asked about
            return
        if state.is_done and not state.known.has_changed:
            self.say(f"{state.known.name} is done; {self.key_of('studies.report')} writes its report", "warning")
            return
        if state.count(Status.RUNNING) and not state.at_work:
            text = "Workers that were started otherwise are computing it. Compute on this machine too? They share it."
            if not await self.app.push_screen_wait(ConfirmDialog("Compute", text, yes="Compute")):
                return
        self._do(partial(self._actions.compute, state))

    def action_pause(self) -> None:
        """Pause what is running or queued; if nothing is, go on with what is paused or stopped."""
        if state := self.current:
            action: StudyAction = "pause" if state.count(Status.RUNNING, Status.QUEUED) else "resume"
            self._do(partial(self._actions.request, state, action))

    def action_retry(self) -> None:
        if state := self.current:
            self._do(partial(self._actions.request, state, "retry"))

    @work(group=OPENS_DIALOG)
    async def action_stop(self) -> None:
        state = self.current
        if state is None or not self.is_current:
            return
        count = state.count(Status.RUNNING, Status.QUEUED, Status.PAUSED)
        text = f"Stop {format_count(count, 'trajectory')} of {state.known.name}? Finished iterations are kept."
        if not self._confirm or await self.app.push_screen_wait(ConfirmDialog("Stop", text, yes="Stop")):
            self._do(partial(self._actions.request, state, "stop"))

    @work(group=OPENS_DIALOG)
    async def action_report(self) -> None:
        """Write the report; while it is being written, ask whether to give it up."""
        state = self.current
        if state is None or not self.is_current:  # an earlier press of the key is being asked about
            return
        self.action_select_tab("report")
        if self.progress_of(state):
            text = f"The report of {state.known.name} is being written. Give it up? An earlier one stays as it is."
            if await self.app.push_screen_wait(ConfirmDialog("Report", text, yes="Give up")):
                self._study_jobs.cancel_report(state.known.file)
        elif not state.count(Status.DONE):
            self.say("nothing is done yet, and only complete trajectories count", "warning")
            return
        else:
            self._do(partial(self._start_report, state))

    def _start_report(self, state: StudyState) -> str:
        self._study_jobs.write_report(state.known.file)
        return f"writing the report of {state.known.name}"

    @work(group=OPENS_DIALOG)
    async def action_new(self) -> None:
        if not self.is_current:
            return
        file = await self.app.push_screen_wait(NewStudyDialog(self._runs.absolute().parent))
        if file is not None:
            remember_recent(file)
            self.expect(file)
            edit, compute = self.key_of("studies.edit"), self.key_of("studies.compute")
            self.say(f"wrote {abbreviate_home(file)}: {edit} edits it, {compute} computes it")

    def action_edit(self) -> None:
        """Edit the study file in the user's editor, and read it again."""
        if not (state := self.current):
            return
        try:
            editor = find_editor()
            with self.app.suspend():
                run_editor(editor, state.known.file)
        except SuspendNotSupported:
            self.say("the app cannot be suspended in this terminal", "warning")
        except RiptuiError as error:
            self.say(str(error), "warning")
        self.look()

    def _do(self, action: Callable[[], str]) -> None:
        """Run an action in a thread; show its result."""
        self.run_worker(partial(self._act, action), thread=True, group="acting", exit_on_error=False)

    def _act(self, action: Callable[[], str]) -> None:
        try:
            text = action()
        except RiptuiError as error:
            call_if_open(self, self.say, str(error), "warning")
        else:
            call_if_open(self, self.say, text)
        call_if_open(self, self.look)
