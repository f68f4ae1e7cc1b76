"""What the keys do to a study; each answers with a line for its user. For threads; no Textual."""

import time

from riptui.errors import HeldError, InputError
from riptui.study.known_studies import KnownStudy, remember_recent, require_study
from riptui.study.study_control import STUDY_REQUESTS, StudyAction, request_study
from riptui.text.units import format_count
from riptui.tui.studies.study_jobs import StudyJobs
from riptui.tui.studies.study_reader import StudyState, make_tracker

ENDING_SECONDS = 3.0  # that a process that has nothing left to do takes to end


class StudyActions:
    def __init__(self, jobs: StudyJobs) -> None:
        self._jobs = jobs

    def compute(self, state: StudyState) -> str:
        """Compute a study in the background, from where it is. Raises RiptuiError."""
        study = require_study(state.known)
        remember_recent(study.file)
        try:
            self._jobs.compute(study.file)
        except HeldError:
            return f"{study.name} is being computed already"
        return f"{study.name} is computed in the background; it goes on when the app is left"

    def request(self, state: StudyState, action: StudyAction) -> str:
        """Pause, resume, stop or retry, and have computed what is queued by that. Raises RiptuiError."""
        known, request = state.known, STUDY_REQUESTS[action]
        if known.manifest is None:
            raise InputError(f"{known.name} was never run: r computes it")
        if action in ("pause", "stop"):
            self._jobs.expect_end(known.file)
        answer = request_study(make_tracker(known), action)
        text = f"{format_count(answer.count, 'trajectory')} {request.past_tense}"
        if answer.left:
            text += f", {answer.left:,} could not be: see riptui check"
        if action == "pause" and state.at_work and state.created < state.expected:
            text += f"; {state.expected - state.created:,} are still being created and queued: pause them then"
        if request.needs_workers and answer.count:
            text += self._ensure_computed(known)
        return text

    def _ensure_computed(self, known: KnownStudy) -> str:
        """Have what was queued computed, also if the process that computed the rest is just ending."""
        if known.study is None:
            return "; a worker of the runs folder will take them: riptui worker"
        deadline = time.monotonic() + ENDING_SECONDS
        while True:
            try:
                self._jobs.compute(known.study.file)
            except HeldError:
                if time.monotonic() > deadline:
                    return ""  # it goes on with them
                time.sleep(0.1)
            else:
                return ""
