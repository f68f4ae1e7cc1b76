"""The state of a study in a word, and in %."""

from pathlib import Path

import pytest

from riptui.study.known_studies import KnownStudy
from riptui.study.study_state import StudyState, describe_state, percent_done
from tests.support.study_states import make_state


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({"running": 1, "queued": 2, "failed": 1}, "running"),
        ({"queued": 4}, "no worker"),
        ({"paused": 1, "done": 3}, "paused"),
        ({"interrupted": 1, "done": 3}, "stopped"),
        ({"failed": 1, "done": 3}, "1 failed"),
        ({"skipped": 2, "done": 2}, "2 failed"),
        ({"done": 3}, "incomplete"),
        ({"missing": 1, "done": 3}, "1 missing"),
        ({"done": 4}, "done"),
    ],
)
def test_the_state_in_a_word(counts: dict[str, int], word: str) -> None:
    assert describe_state(make_state(counts))[1] == word


def test_the_state_of_what_was_never_run() -> None:
    fresh = KnownStudy(Path("/x/a.toml"), Path("/x/runs"))
    assert describe_state(StudyState(fresh)) == ("", "not started")
    assert describe_state(StudyState(fresh, at_work=True))[1] == "starting"
    assert describe_state(StudyState(KnownStudy(Path("a"), Path("b"), problem="no")))[1] == "error in the file"
    assert describe_state(make_state({"queued": 2}, at_work=True))[1] == "starting"


def test_what_is_to_be_created_counts_as_not_done() -> None:
    assert percent_done(make_state({"done": 2}, expected=4, done=20)) == 50
    assert percent_done(make_state({"done": 4}, expected=4, done=40)) == 100
