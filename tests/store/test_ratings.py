"""The file of a rater: it only grows, an answer is durable, a torn line is healed, and two processes take turns."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riptui.errors import HeldError, InputError
from riptui.store.ratings import RatedFrame, RatingJournal, find_rating_files, read_ratings, require_rater

FRAMES = (RatedFrame("a" * 64, 16), RatedFrame("b" * 64, 16))


def answer(journal: RatingJournal, choice: int | None) -> None:
    journal.add("ab", "Which is better?", FRAMES, seconds=1.234, choice=choice)


def test_answers_are_read_back_and_can_be_taken_back(tmp_path: Path) -> None:
    with RatingJournal(tmp_path, "ann") as journal:
        answer(journal, 0)
        answer(journal, 1)
        answer(journal, None)
        taken = journal.take_back()
        assert taken is not None
        assert taken.choice is None
        journal.add("tags", "Which apply?", FRAMES[:1], seconds=2, tags=["face", "other"])
    found = read_ratings(tmp_path / "ratings.ann.jsonl")
    answers = [(one.number, one.choice, one.tags) for one in found]
    assert answers == [(1, 0, ()), (2, 1, ()), (4, None, ("face", "other"))]
    assert [one.seconds for one in found] == [1.23, 1.23, 2]
    with RatingJournal(tmp_path, "ann") as again:
        assert again.ratings == found
        for _ in range(4):
            again.take_back()
        assert again.take_back() is None
    assert read_ratings(tmp_path / "ratings.ann.jsonl") == []
    assert (tmp_path / "ratings.ann.jsonl").read_bytes().count(b"\n") == 8  # nothing was removed


@pytest.mark.parametrize("kept", [1, 40, -2, -1])
def test_a_last_line_that_was_cut_is_healed_and_nothing_before_it_is_lost(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "ratings.ann.jsonl"
    with RatingJournal(tmp_path, "ann") as journal:
        answer(journal, 0)
        start = file.stat().st_size
        answer(journal, 1)
    data = file.read_bytes()
    file.write_bytes(data[: start + kept] if kept > 0 else data[:kept])
    assert [one.choice for one in read_ratings(file)] == [0]
    with RatingJournal(tmp_path, "ann") as journal:
        answer(journal, None)
    assert [one.choice for one in read_ratings(file)] == [0, None]
    assert file.read_bytes().endswith(b"\n")


def test_a_damaged_line_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "ratings.ann.jsonl"
    with RatingJournal(tmp_path, "ann") as journal:
        for choice in (0, 1, 0):
            answer(journal, choice)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + b'{"line": "rating", "number": "two"}\n\xff\n' + lines[2])
    assert [one.number for one in read_ratings(file)] == [1, 3]


def test_two_processes_of_one_rater_do_not_mix(tmp_path: Path) -> None:
    with RatingJournal(tmp_path, "ann"), RatingJournal(tmp_path, "bob") as other:
        answer(other, 0)
        with pytest.raises(HeldError, match="ann is rating in another process"):
            RatingJournal(tmp_path, "ann")
    with RatingJournal(tmp_path, "ann") as journal:
        assert journal.ratings == []
    assert [rater for rater, _ in find_rating_files([tmp_path])] == ["ann", "bob"]


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", "-x", "x" * 41, "a\nb", ".hidden"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="the rater"):
        require_rater(name)


def test_names_of_other_scripts_are_taken() -> None:
    assert require_rater(" Анна ") == "Анна"


KILLED = """
import sys
from pathlib import Path
from riptui.store.ratings import RatedFrame, RatingJournal
journal = RatingJournal(Path(sys.argv[1]), "ann")
number = 0
while True:
    number += 1
    journal.add("ab", "q", [RatedFrame("a" * 64, number)], seconds=0, choice=0)
    print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_loses_no_answer_that_was_acknowledged(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    seen += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    with RatingJournal(tmp_path, "ann") as journal:
        assert [one.frames[0].k for one in journal.ratings][: len(seen)] == seen
        assert len(journal.ratings) - len(seen) in (0, 1)
