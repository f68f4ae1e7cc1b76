"""The trajectories that come of a study: each once, whatever was there before."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from riptui.errors import RiptuiError
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.listing import find_trajectories
from riptui.store.records import Failure, Request
from riptui.store.trajectory import Trajectory
from riptui.study import manifest
from riptui.study.study_file import Study, read_study
from riptui.study.submission import SkippedPicture, Submission, SubmittedPicture
from riptui.supervision.bulk import request_all, retry_all
from riptui.supervision.progress import ProgressTracker
from tests.support.study_files import SWEEP, Written, counts, save, submitted


def test_submitting_makes_each_trajectory_once(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    assert counts(study) == [(4, 0), (4, 0)]
    assert counts(study) == [(0, 4), (0, 4)]
    known = manifest.read(study)
    assert known is not None
    assert (known.expected, len(known.trajectories)) == (8, 8)
    assert {Path(one.path).name: one.sha256 for one in known.pictures}.keys() == {"a.png", "b.png"}
    for place, iterations in known.trajectories.items():
        trajectory = Trajectory(study.folder / place)
        assert trajectory.spec.iterations == iterations
        assert trajectory.request.state == "run"


def test_values_added_later_add_trajectories_and_repeat_none(written: Written) -> None:
    assert counts(read_study(written())) == [(4, 0), (4, 0)]
    more = read_study(written(sweep=SWEEP.replace("[64, 128]", "[32, 64, 128]").replace("0-1", "0-2")))
    assert counts(more) == [(5, 4), (5, 4)]
    assert len(manifest.read(more).trajectories) == 18
    fewer = read_study(written())
    assert counts(fewer) == [(0, 4), (0, 4)]
    assert len(manifest.read(fewer).trajectories) == 8
    assert len([*fewer.folder.glob("*/*/spec.json")]) == 18


def test_known_pictures_are_not_decoded_again(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(read_study(written()))
    monkeypatch.setattr("riptui.study.study_picture.prepare_original", None)
    assert counts(read_study(written())) == [(0, 4), (0, 4)]


def test_metrics_added_later_are_asked_for(written: Written) -> None:
    study = read_study(written())
    submitted(study, ("psnr",))
    [*_] = submitted(study, ("psnr", "ssim"))
    for place in manifest.read(study).trajectories:
        assert Trajectory(study.folder / place).request.metrics == ("psnr", "ssim")


def test_a_stopped_study_is_asked_for_again_and_what_failed_is_not(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    one, other, *_ = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories).remaining
    (one.path / layout.REQUEST).write_text('{"state": "stop"}')
    with claim(other) as claimed:
        claimed.record_failure(Failure("", 1, "it is broken", ""))
    (other.path / layout.REQUEST).write_text('{"state": "stop"}')
    submitted(study)
    assert one.request.state == "run"
    assert other.request == Request("stop")
    progress = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories).poll(full=True)
    assert progress.statuses == {"queued": 7, "failed": 1}
    assert [*progress.failed.values()] == ["it is broken"]


def test_what_is_tried_again_or_resumed_while_a_study_is_watched_is_watched_again(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    following = ProgressTracker(study.folder, study.runs, manifest.read(study).trajectories)
    failed, *others = following.remaining
    with claim(failed) as claimed:
        claimed.record_failure(Failure("", 1, "it is broken", ""))
    request_all(others, "pause")
    assert following.poll().statuses == {"failed": 1, "paused": 7}
    assert following.is_over
    assert retry_all([failed]) + request_all(others[:2], "run") == 3
    progress = following.poll()
    assert progress.statuses == {"queued": 3, "paused": 5}
    assert progress.failed == {}
    assert {one.path for one in following.remaining} == {one.path for one in (failed, *others[:2])}


def test_two_pictures_of_one_name_have_trajectories_of_their_own(written: Written, tmp_path: Path) -> None:
    save(tmp_path / "other" / "a.png", 3)
    study = read_study(written('images = ["pictures/a.png", "other/a.png"]'))
    assert counts(study) == [(4, 0), (4, 0)]
    assert counts(study) == [(0, 4), (0, 4)]


def test_a_poison_picture_is_left_out_and_the_others_are_not(written: Written, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "aa.png").write_bytes(b"\x89PNG\r\n\x1a\n poison")
    first, poison, last = submitted(read_study(written()))
    assert isinstance(first, SubmittedPicture)
    assert isinstance(last, SubmittedPicture)
    assert isinstance(poison, SkippedPicture)
    assert "aa.png" in poison.reason
    assert poison.kept == 0


def test_a_deleted_picture_is_named_and_its_trajectories_go_on(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    submitted(study)
    (tmp_path / "pictures" / "a.png").unlink()
    other, gone = submitted(study)
    assert isinstance(other, SubmittedPicture)
    assert isinstance(gone, SkippedPicture)
    assert gone.reason == f"{tmp_path}/pictures/a.png: it has disappeared since the first run"
    assert gone.kept == 4
    assert len(manifest.read(study).trajectories) == 8


def test_a_named_picture_that_never_was_there_is_refused(written: Written, tmp_path: Path) -> None:
    [missing] = submitted(read_study(written('images = ["none.png"]')))
    assert missing == SkippedPicture(
        tmp_path / "none.png", f"{tmp_path}/none.png: it does not exist: check the path", 0
    )


def test_a_changed_picture_is_noticed_and_one_that_was_only_copied_is_not(written: Written, tmp_path: Path) -> None:
    study = read_study(written())
    submitted(study)
    shutil.copy(tmp_path / "pictures" / "a.png", tmp_path / "copy.png")
    (tmp_path / "copy.png").replace(tmp_path / "pictures" / "a.png")
    assert counts(study) == [(0, 4), (0, 4)]
    save(tmp_path / "pictures" / "a.png", 9, side=65)
    changed, _ = submitted(study)
    assert isinstance(changed, SkippedPicture)
    assert "it has changed since the first run" in changed.reason
    assert changed.kept == 4


def test_a_study_keeps_what_it_read_when_its_file_is_edited(written: Written) -> None:
    study = read_study(written())
    submission = iter(Submission(study, ()))
    next(submission)
    written(sweep=SWEEP.replace("0-1", "0-9"))
    assert [one.made for one in submission if isinstance(one, SubmittedPicture)] == [4]
    assert manifest.read(study).text == study.text


def test_a_submission_that_is_cut_short_leaves_a_manifest_of_what_is_there(written: Written) -> None:
    study = read_study(written())
    submission = iter(Submission(study, ()))
    next(submission)
    submission.close()
    known = manifest.read(study)
    assert known is not None
    assert (known.expected, len(known.trajectories)) == (8, 4)


def test_who_is_asked_to_stop_makes_no_more_of_a_picture(written: Written) -> None:
    study = read_study(written())
    submission = Submission(study, (), should_stop=lambda: len([*study.folder.glob("*/*/spec.json")]) >= 1)
    assert sum(one.made for one in submission if isinstance(one, SubmittedPicture)) < 8
    known = manifest.read(study)
    assert known is not None
    assert len(known.trajectories) == len([*study.folder.glob("*/*/spec.json")])


def test_a_manifest_that_is_damaged_says_what_to_do(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    manifest.manifest_file(study).write_bytes(b"{")
    with pytest.raises(RiptuiError, match="delete it, and `riptui study run` writes it again"):
        manifest.read(study)
    manifest.manifest_file(study).unlink()
    assert counts(study) == [(0, 4), (0, 4)]


def squares_of(study: Study) -> set[str]:
    return {trajectory.spec.squares for trajectory in find_trajectories(study.folder)}


def begun_before_there_was_a_choice(study: Study) -> None:
    """What a study left that was run by a release whose seeds gave all pictures the same squares."""
    shared = dataclasses.replace(
        study, sweeps=tuple(dataclasses.replace(one, squares="shared") for one in study.sweeps)
    )
    submitted(dataclasses.replace(shared, names_squares=True))
    file = manifest.manifest_file(study)
    written = json.loads(file.read_bytes())
    del written["squares"]
    file.write_text(json.dumps(written))


def test_a_study_draws_squares_of_each_pictures_own(written: Written) -> None:
    study = read_study(written())
    submitted(study)
    assert squares_of(study) == {"own"}
    assert counts(study) == [(0, 4), (0, 4)]


def test_a_study_that_was_begun_with_shared_squares_finds_its_trajectories_and_adds_such(written: Written) -> None:
    study = read_study(written())
    begun_before_there_was_a_choice(study)
    assert counts(study) == [(0, 4), (0, 4)]
    grown = read_study(written(sweep=SWEEP.replace("0-1", "0-2")))
    assert counts(grown) == [(2, 4), (2, 4)]
    assert counts(grown) == [(0, 6), (0, 6)]
    assert squares_of(study) == {"shared"}


@pytest.mark.slow
def test_a_study_file_says_whose_squares_whenever_it_was_begun(written: Written) -> None:
    begun_before_there_was_a_choice(read_study(written()))
    both = read_study(written(sweep=SWEEP + 'squares = ["own", "shared"]\n'))
    assert counts(both) == [(4, 4), (4, 4)]
    assert squares_of(both) == {"own", "shared"}


def test_a_study_queues_with_its_priority_and_a_later_run_without_one_keeps_it(written: Written) -> None:
    study = read_study(written())

    def priorities(priority: int | None) -> set[object]:
        assert len([*Submission(study, (), priority=priority)]) == 2
        return {trajectory.request.priority for trajectory in find_trajectories(study.runs)}

    assert priorities(4) == {4}
    assert priorities(None) == {4}
    assert priorities(0) == {0}
