"""What the keys do to a study; each answers with a line for its user. For threads; no Textual."""

import time
from dataclasses import replace
from pathlib import Path

from riptui.errors import HeldError, InputError
from riptui.study import manifest
from riptui.study.known_studies import KnownStudy, remember_recent, require_study
from riptui.study.study_control import STUDY_REQUESTS, StudyAction, StudyAnswer, request_study
from riptui.study.study_reader import make_tracker
from riptui.study.study_state import StudyState
from riptui.supervision.study_process import is_at_work
from riptui.text.units import format_count
from riptui.tui.studies.study_jobs import StudyJobs

CREATING_SECONDS = 0.5  # between two looks at what was created
ENDING_SECONDS = 3.0  # that a process that has nothing left to do takes to end


class StudyActions:
    def __init__(self, jobs: StudyJobs) -> None:
        self._jobs = jobs
        self._halting: set[Path] = set()
        """The study files of which everything is being paused or stopped."""

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
            raise InputError(f"{known.name} was never run: compute it first")
        self._halting.discard(known.file)
        answer = request_study(make_tracker(known), action)
        if action in ("pause", "stop"):
            self._jobs.expect_end(known.file)
            answer = self._halt_what_is_created(known, action, answer)
        text = f"{format_count(answer.count, 'trajectory')} {request.past_tense}"
        if answer.left:
            text += f", {answer.left:,} could not be: see riptui check"
        if request.needs_workers and answer.count:
            text += self._ensure_computed(known)
        return text

    def _halt_what_is_created(self, known: KnownStudy, action: StudyAction, answer: StudyAnswer) -> StudyAnswer:
        """Pause or stop also what the process that computes the study goes on creating, until it has created all."""
        assert known.manifest_file is not None
        self._halting.add(known.file)
        while known.file in self._halting and is_at_work(known.file):
            created = manifest.load(known.manifest_file)
            if created is None or len(created.trajectories) >= created.expected:
                break
            time.sleep(CREATING_SECONDS)
            more = request_study(make_tracker(replace(known, manifest=created)), action)
            answer = StudyAnswer(answer.count + more.count, max(answer.left, more.left))
        last = manifest.load(known.manifest_file)
        if known.file in self._halting and last is not None and last != known.manifest:
            more = request_study(make_tracker(replace(known, manifest=last)), action)
            answer = StudyAnswer(answer.count + more.count, max(answer.left, more.left))
        self._halting.discard(known.file)
        return answer

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
