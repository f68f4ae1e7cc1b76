"""The bench: slots, their shape, who leaves it and why; with an inpainter that does as it is told."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui import masks
from riptui.arrays import Images, Masks
from riptui.engine import BatchRunner, batch
from riptui.engine.current_inpainter import CurrentInpainter
from riptui.errors import DeviceMemoryError, HeldError, InpainterError
from riptui.events import Ended, Failed, HeldByOther, Iterated, Notice, Started, TrajectoryEvent
from riptui.inpainters import OnStep, baselines
from riptui.recursion import ignore_step
from riptui.spec import Spec, can_share_batch
from riptui.store import attempts, layout
from riptui.store.claim import claim
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.requests import clear_failure, set_request
from riptui.store.trajectory import Status, Trajectory
from tests.support.faulty_disk import Disk, Story
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

pytest_plugins = ["tests.support.random_trunks"]

Act = Callable[[Sequence[int]], None]


@dataclass
class Fake:
    """Inverts, and adds what only a batch's shape decides, as a GPU's arithmetic does."""

    act: Act = lambda seeds: None
    """Called at each of its two denoising steps, with the seeds of the batch."""
    room_for: int | DeviceMemoryError | None = None
    device: str = "cuda:0 (Fake)"
    unsuitable: dict[str, str] | None = None
    """Notes of a session after which it must be loaded again."""
    loaded: int = 0
    shapes: list[int] = field(default_factory=list)
    seeds: list[list[int]] = field(default_factory=list)

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        assert len(images) == len(masks) == len(seeds)
        self.shapes.append(len(images))
        self.seeds.append([*seeds])
        for step in (1, 2):
            self.act(seeds)
            on_step(step, 2)
        return 255 - images + len(images)

    def suits(self, recorded: Mapping[str, str]) -> bool:
        return recorded != self.unsuitable

    def max_batch(self, size: int) -> int | None:
        assert size == 256
        if isinstance(self.room_for, DeviceMemoryError):
            raise self.room_for
        return self.room_for


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """In the place of the inpainter noise. Requests are looked at whenever they can be."""
    made = Fake()

    def noise() -> Fake:
        made.loaded += 1
        return made

    monkeypatch.setattr(baselines, "noise", noise)
    monkeypatch.setattr(batch, "POLL_SECONDS", -1.0)
    return made


MakeSeveral = Callable[..., list[Trajectory]]


@pytest.fixture
def make(make_trajectory: MakeTrajectory) -> MakeSeveral:
    """`make(3, ...)`: that many trajectories of 4 iterations, their seeds 0, 1, 2."""

    def several(count: int, group: str = "g", **fields: Any) -> list[Trajectory]:
        usual = {"inpainter": "noise", "mask": 128, **fields}
        return [make_trajectory(f"{group}/t{seed}", seed=seed, **usual) for seed in range(count)]

    return several


class Queue:
    """A source that gives each trajectory once."""

    def __init__(self, trajectories: Sequence[Trajectory]) -> None:
        self.waiting = [*trajectories]
        self.asked: list[Spec | None] = []

    def __call__(self, like: Spec | None) -> Trajectory | None:
        self.asked.append(like)
        for trajectory in self.waiting:
            if like is None or can_share_batch(like, trajectory.spec):
                self.waiting.remove(trajectory)
                return trajectory
        return None


def work(trajectories: Sequence[Trajectory], slots: int | None = 1, **given: Any) -> list[TrajectoryEvent]:
    return list(BatchRunner(slots=slots).run(Queue(trajectories), **given))


def events_of(told: list[TrajectoryEvent], kind: type) -> list[Any]:
    return [event for _, event in told if isinstance(event, kind)]


def hashes(trajectory: Trajectory) -> list[str]:
    return [row.sha256 for row in trajectory.read_rows()]


def at(trajectory: Trajectory, k: int, act: Callable[[], Any]) -> Act:
    """Act whenever iteration k of the trajectory is in the batch."""
    seed = masks.draw_noise_seed(trajectory.spec, k)
    return lambda seeds: act() if seed in seeds else None


def ask(trajectory: Trajectory, state: Any) -> None:
    set_request(trajectory, msgspec.structs.replace(trajectory.request, state=state))


def require_left_in_order(trajectory: Trajectory) -> None:
    assert not (trajectory.path / layout.ATTEMPTS).exists()
    assert trajectory.holder is None
    with claim(trajectory):
        pass


@pytest.mark.slow
@pytest.mark.usefixtures("fake", "torch_home")
def test_lpips_is_measured_on_the_device_of_the_bench(make: MakeSeveral, monkeypatch: pytest.MonkeyPatch) -> None:
    from riptui.metrics import lpips  # of an extra

    asked: list[str] = []

    def squeeze(device: str) -> Any:
        asked.append(device)
        return lpips.load_lpips("squeeze", "cpu")

    monkeypatch.setattr(lpips, "squeeze", squeeze)
    trajectories = make(2, metrics=("lpips-squeeze", "ssim"))
    told = list(BatchRunner(device="cuda:1").run(Queue(trajectories)))
    assert len(events_of(told, Ended)) == 2
    assert asked == ["cuda:1"]  # and once for both


# --- slots and their shape


@pytest.mark.slow
def test_a_slot_is_refilled_at_the_next_iteration_and_the_shape_stays(fake: Fake, make: MakeSeveral) -> None:
    several = [*make(2), *make(3, "longer", amount=200.0), *make(1, "finer", mask=64)]
    told = work(several, slots=3)
    assert all(trajectory.read_status() == Status.DONE for trajectory in several)
    assert set(fake.shapes) == {3}
    iterations = sum(trajectory.spec.iterations for trajectory in several)
    assert len(events_of(told, Iterated)) == iterations == 2 * 4 + 3 * 8 + 16
    assert len(fake.shapes) == 8 + 16  # those of 4 give way to two of 8, and the first of 8 to the one of 16
    for trajectory in several:
        own = [event for one, event in told if one is trajectory]
        assert isinstance(own[0], Started)
        assert [event.row.k for event in own[1:-1]] == list(range(1, trajectory.spec.iterations + 1))
        assert own[-1] == Ended(trajectory.spec.iterations, done=True)
        assert [session.batch for session in trajectory.read_sessions()] == [3]
        require_left_in_order(trajectory)


@pytest.mark.slow
def test_at_a_fixed_shape_pixels_depend_neither_on_neighbours_nor_on_the_slot(fake: Fake, make: MakeSeveral) -> None:
    together, alone, last = (make(4, group, amount=200.0) for group in ("together", "alone", "last"))
    work(together, slots=4)
    work(alone[2:3], slots=4)
    work([*make(3, "before", mask=64), last[2]], slots=4)
    assert hashes(together[2]) == hashes(alone[2]) == hashes(last[2])
    work(alone[1:2], slots=3)
    assert hashes(alone[1]) != hashes(together[1])  # the inpainter is one that its shape shows in
    assert set(fake.shapes) == {3, 4}


def test_rows_without_a_trajectory_have_a_seed_that_never_changes(fake: Fake, make: MakeSeveral) -> None:
    work(make(2), slots=4)
    assert len({tuple(seeds[2:]) for seeds in fake.seeds}) == 1


@pytest.mark.slow
def test_one_slot_takes_one_after_another(fake: Fake, make: MakeSeveral) -> None:
    several = make(3)
    told = work(several)
    assert fake.shapes == [1] * 12
    assert [trajectory for trajectory, _ in told] == [one for one in several for _ in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "device", "waiting", "shape"),
    [
        (3, "cuda:0 (Fake)", 6, 3),
        (8, "cuda:0 (Fake)", 5, 5),
        (None, "cuda:0 (Fake)", 5, 1),
        (0, "cuda:0 (Fake)", 5, 1),
        (DeviceMemoryError("not one fits"), "cuda:0 (Fake)", 2, 1),
        (8, "cpu (x86_64)", 5, 1),
    ],
)
def test_left_to_itself_a_batch_is_as_large_as_memory_and_queue_admit(
    fake: Fake, make: MakeSeveral, room: int | DeviceMemoryError | None, device: str, waiting: int, shape: int
) -> None:
    fake.room_for, fake.device = room, device
    several = make(waiting)
    work(several, slots=None)
    assert set(fake.shapes) == {shape}
    assert all(trajectory.read_status() == Status.DONE for trajectory in several)


def test_one_for_which_the_inpainter_is_loaded_is_under_way(
    fake: Fake, make: MakeSeveral, monkeypatch: pytest.MonkeyPatch
) -> None:
    [trajectory] = make(1)
    busy = BatchRunner(slots=1)
    load, seen = CurrentInpainter.load, []

    def look_and_load(self: CurrentInpainter, *arguments: Any, **options: Any) -> None:
        seen.append(busy.in_progress)
        load(self, *arguments, **options)

    monkeypatch.setattr(CurrentInpainter, "load", look_and_load)
    list(busy.run(Queue([trajectory])))
    assert seen == [((trajectory, 0, 4),)]
    assert busy.in_progress == ()


def test_what_is_under_way_can_be_asked_at_any_step(fake: Fake, make: MakeSeveral) -> None:
    several = make(2)
    busy = BatchRunner(slots=2)
    seen: list[Any] = []
    fake.act = lambda seeds: seen.append((busy.in_progress, busy.batch_size, busy.loaded_spec))
    list(busy.run(Queue(several)))
    assert seen[2] == (((several[0], 1, 4), (several[1], 1, 4)), 2, several[1].spec)
    assert (busy.in_progress, busy.batch_size) == ((), 0)


# --- which comes next


def test_an_inpainter_that_does_not_suit_the_last_session_is_loaded_again(fake: Fake, make: MakeSeveral) -> None:
    first, old = make(2)
    runner = BatchRunner()
    list(runner.run(Queue([first])))
    fake.unsuitable = {}
    list(runner.run(Queue([old])))
    assert fake.loaded == 2


@pytest.mark.slow
@pytest.mark.exhaustive
def test_an_inpainter_stays_loaded_while_there_is_work_for_it(fake: Fake, make: MakeSeveral) -> None:
    noise, other, later = make(2), make(2, "ns", inpainter="navier-stokes"), make(1, "later")
    queue = Queue([noise[0], other[0], noise[1], other[1]])
    busy = BatchRunner()
    order = [trajectory for trajectory, event in busy.run(queue) if isinstance(event, Started)]
    assert order == [*noise, *other]
    assert fake.loaded == 1
    list(busy.run(Queue(later)))
    assert fake.loaded == 2
    list(busy.run(Queue(make(1, "last"))))
    assert fake.loaded == 2
    assert queue.asked[0] is None
    assert queue.asked[1] == noise[0].spec


@pytest.mark.slow
def test_what_is_paused_stopped_failed_or_held_when_it_comes_is_left_alone(fake: Fake, make: MakeSeveral) -> None:
    paused, stopped, failed, held, good = several = make(5)
    ask(paused, "pause")
    ask(stopped, "stop")
    (failed.path / layout.FAILED).write_text("{}")
    with claim(held):
        told = work(several, slots=2)
    assert {trajectory for trajectory, _ in told} == {held, good}
    [elsewhere] = events_of(told, HeldByOther)
    assert (elsewhere.k, type(elsewhere.error)) == (0, HeldError)
    assert [len(trajectory.read_rows()) for trajectory in several] == [0, 0, 0, 0, 4]
    assert [one.read_status() for one in several[:3]] == [Status.PAUSED, Status.INTERRUPTED, Status.FAILED]


def test_a_trajectory_that_cannot_be_read_stops_no_other(fake: Fake, make: MakeSeveral) -> None:
    several = make(3)
    (several[0].path / layout.SPEC).write_text("{")
    (several[1].path / layout.ORIGINAL).unlink()
    unreadable, damaged, good = several
    told = list(BatchRunner().run(lambda like: several.pop(0) if several else None))
    assert [trajectory for trajectory, event in told if isinstance(event, Failed)] == [unreadable, damaged]
    assert good.read_status() == Status.DONE


# --- failures


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.slow
def test_a_poison_trajectory_fails_alone_and_the_good_ones_are_what_they_would_have_been(
    fake: Fake, make: MakeSeveral
) -> None:
    several, undisturbed = make(4), make(4, "undisturbed")
    work(undisturbed, slots=3)
    fake.act = at(several[1], 3, failing(ValueError("no paint")))
    told = work(several, slots=3)
    [failed] = events_of(told, Failed)
    assert "noise failed at iteration 3: ValueError: no paint" in str(failed.error)
    assert isinstance(failed.error, InpainterError)
    assert several[1].failure is not None
    assert several[1].failure.k == 3
    assert "no paint" in (several[1].path / layout.LOG).read_text()
    assert set(fake.shapes) == {3}
    for number, (one, other) in enumerate(zip(several, undisturbed, strict=True)):
        assert hashes(one) == hashes(other)[: 2 if number == 1 else 4]
        require_left_in_order(one)


@pytest.mark.slow
def test_what_fails_only_together_goes_on(fake: Fake, make: MakeSeveral) -> None:
    several = make(3)
    seeds = {masks.draw_noise_seed(trajectory.spec, 2) for trajectory in several}

    def act(given: Sequence[int]) -> None:
        if seeds <= set(given):
            raise RuntimeError("a hiccup")

    fake.act = act
    assert not events_of(work(several, slots=3), Failed)
    assert all(trajectory.read_status() == Status.DONE for trajectory in several)


@pytest.mark.slow
def test_a_model_that_does_not_load_fails_its_trajectories_and_no_others(
    fake: Fake, make: MakeSeveral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "noise", failing(OSError("no such weights")))
    several = [*make(2), *make(1, "ns", inpainter="navier-stokes")]
    told = work(several, slots=2)
    assert [type(event) for _, event in told if isinstance(event, Failed)] == [Failed, Failed]
    assert [trajectory.read_status() for trajectory in several] == [Status.FAILED, Status.FAILED, Status.DONE]


def beyond(rows: int) -> Act:
    def act(seeds: Sequence[int]) -> None:
        if len(seeds) > rows:
            raise DeviceMemoryError(f"no memory for {len(seeds)} images")

    return act


@pytest.mark.slow
def test_out_of_memory_halves_the_batch_until_it_fits_and_says_so(fake: Fake, make: MakeSeveral) -> None:
    several = make(6)
    fake.act = beyond(2)
    queue = Queue(several)
    told = []
    for trajectory, event in BatchRunner(slots=8).run(queue):
        told.append((trajectory, event))
        if isinstance(event, Ended) and not event.done:
            queue.waiting.append(trajectory)
    assert [note.text for note in events_of(told, Notice)] == [
        "out of memory at batch size 8: continuing with 4",
        "out of memory at batch size 4: continuing with 2",
    ]
    assert len([event for event in events_of(told, Ended) if not event.done]) == 4
    assert all(trajectory.read_status() == Status.DONE for trajectory in several)
    assert fake.shapes == [8, 4] + [2] * 12
    assert not events_of(told, Failed)


def test_a_batch_that_shrinks_while_under_way_is_another_session(fake: Fake, make: MakeSeveral) -> None:
    [trajectory] = make(1)
    fake.act = lambda seeds: beyond(2 if masks.draw_noise_seed(trajectory.spec, 3) in seeds else 4)(seeds)
    work([trajectory], slots=4)
    assert [session.batch for session in trajectory.read_sessions()] == [4, 2]
    assert [row.session for row in trajectory.read_rows()] == [1, 1, 2, 2]
    assert describe_mixed_sessions(trajectory) == "batch 4, then 2"


def test_out_of_memory_with_a_single_image_fails_the_trajectory(fake: Fake, make: MakeSeveral) -> None:
    several = make(2)
    fake.act = beyond(0)
    told = work(several, slots=2)
    assert [note.text for note in events_of(told, Notice)] == ["out of memory at batch size 2: continuing with 1"]
    assert [type(event.error) for event in events_of(told, Failed)] == [DeviceMemoryError]
    assert several[1].read_status() == Status.QUEUED


# --- asked to leave


@pytest.mark.parametrize("state", ["pause", "stop"])
def test_one_that_is_asked_to_leave_ends_after_the_iteration_and_the_others_go_on(
    fake: Fake, make: MakeSeveral, state: str
) -> None:
    several = make(3)
    fake.act = at(several[1], 2, lambda: ask(several[1], state))
    told = work(several, slots=2)
    assert [event for one, event in told if one is several[1]][-1] == Ended(2, done=False)
    assert [len(trajectory.read_rows()) for trajectory in several] == [4, 2, 4]
    assert several[1].request.state == state
    require_left_in_order(several[1])


@pytest.mark.slow
def test_when_all_are_asked_to_leave_the_iteration_is_abandoned_at_the_next_step(fake: Fake, make: MakeSeveral) -> None:
    several = make(2)
    steps: list[int] = []

    def pause() -> None:
        for trajectory in several:
            ask(trajectory, "pause")

    fake.act = at(several[0], 3, pause)
    told = work(several, slots=2, on_step=lambda step, of: steps.append(step))
    assert steps == [1, 2, 1, 2, 1]
    assert events_of(told, Ended) == [Ended(2, done=False)] * 2
    assert [len(trajectory.read_rows()) for trajectory in several] == [2, 2]
    for trajectory in several:
        assert trajectory.read_status() == Status.PAUSED
        require_left_in_order(trajectory)
        ask(trajectory, "run")
    fake.act = lambda seeds: None
    work(several, slots=2)
    undisturbed = make(2, "undisturbed")
    work(undisturbed, slots=2)
    assert [hashes(one) for one in several] == [hashes(one) for one in undisturbed]
    assert describe_mixed_sessions(several[0]) == ""


def test_a_stop_lets_the_iteration_finish_and_leaves_the_requests(fake: Fake, make: MakeSeveral) -> None:
    several = make(3)
    told = work(several, slots=2, should_stop=lambda: True)
    assert events_of(told, Ended) == [Ended(1, done=False)] * 2
    assert [len(trajectory.read_rows()) for trajectory in several] == [1, 1, 0]
    assert [trajectory.read_status() for trajectory in several] == [Status.QUEUED] * 3


class EnoughError(Exception):
    pass


def test_what_on_step_raises_is_raised_and_is_nobodys_failure(fake: Fake, make: MakeSeveral) -> None:
    several = make(2)
    calls = iter(range(5))

    def on_step(step: int, steps: int) -> None:
        if next(calls) == 4:
            raise EnoughError

    told: list[TrajectoryEvent] = []
    with pytest.raises(EnoughError):
        told.extend(BatchRunner(slots=2).run(Queue(several), on_step=on_step))
    for trajectory in several:
        assert (len(trajectory.read_rows()), trajectory.failure, trajectory.read_status()) == (2, None, Status.QUEUED)
        require_left_in_order(trajectory)


def test_a_generator_that_is_closed_lets_go_of_all(fake: Fake, make: MakeSeveral) -> None:
    several = make(2)
    working = BatchRunner(slots=2).run(Queue(several))
    while not isinstance(next(working)[1], Iterated):
        pass
    working.close()
    for trajectory in several:
        assert trajectory.holder is None
        list(run_trajectory(trajectory))
        assert trajectory.read_status() == Status.DONE


def test_computing_by_hand_means_run_and_stopping_it_means_stop(fake: Fake, make: MakeSeveral) -> None:
    [trajectory] = make(1)
    ask(trajectory, "pause")
    (trajectory.path / layout.FAILED).write_text("{}")
    (trajectory.path / layout.ATTEMPTS).write_text('{"k":0,"count":3}')
    *_, ended = run_trajectory(trajectory, should_stop=lambda: True, on_step=ignore_step)
    assert ended == Ended(1, done=False)
    assert trajectory.request.state == "stop"
    fake.act = at(trajectory, 2, lambda: ask(trajectory, "pause"))
    *_, ended = run_trajectory(trajectory)
    assert Trajectory(trajectory.path).request.state == "pause"
    assert len(trajectory.read_rows()) == 1


# --- processes that die

DYING = """
import os, signal, sys
from pathlib import Path
from riptui import masks
from riptui.engine import BatchRunner
from riptui.events import Failed
from riptui.inpainters import baselines
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Status

[deadly] = [one.spec for one in find_trajectories(Path(sys.argv[1])) if one.spec.seed == 1]

def inpaint(images, masks_, *, seeds, on_step):
    if masks.draw_noise_seed(deadly, int(sys.argv[2])) in seeds:
        os.kill(os.getpid(), signal.SIGKILL)
    return 255 - images

baselines.noise = lambda: inpaint
takeable = (Status.QUEUED, Status.INTERRUPTED)
waiting = [one for one in find_trajectories(Path(sys.argv[1])) if one.read_status() in takeable]
for trajectory, event in BatchRunner(slots=3).run(lambda like: waiting.pop(0) if waiting else None):
    if isinstance(event, Failed):
        print(trajectory.path.name, event.error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.exhaustive
def test_a_trajectory_that_kills_its_process_fails_at_last_and_the_good_ones_finish(make: MakeSeveral, k: int) -> None:
    several = make(3)
    runs = several[0].path.parent
    died = 0
    command = [sys.executable, "-c", DYING, str(runs), str(k)]
    while (done := subprocess.run(command, capture_output=True, text=True)).returncode:
        assert done.stderr == ""
        died += 1
        assert died <= attempts.MAX_ATTEMPTS + 2 * (k - 1)  # the good iterations may not be saved yet when it dies
    assert died >= attempts.MAX_ATTEMPTS
    assert done.stdout.startswith("t1 three attempts ended without a new iteration")
    assert [one.read_status() for one in several] == [Status.DONE, Status.FAILED, Status.DONE]
    assert several[1].failure is not None
    assert (several[1].failure.k, len(several[1].read_rows())) == (k, k - 1)
    clear_failure(several[1])
    assert list(run_trajectory(several[1]))[-1] == Ended(4, done=True)


def test_an_attempt_is_counted_before_anything_is_computed_and_forgotten_at_the_end(
    fake: Fake, make: MakeSeveral
) -> None:
    [trajectory] = make(1)
    seen: list[str] = []
    fake.act = lambda seeds: seen.append((trajectory.path / layout.ATTEMPTS).read_text())
    work([trajectory])
    assert set(seen) == {'{\n  "k": 0,\n  "count": 1\n}\n'}
    require_left_in_order(trajectory)


@pytest.mark.parametrize("written", ['{"k":0,"count":', "", '{"k":"x"}', '{"k":5,"count":3}', '{"k":0,"count":2}'])
def test_attempts_that_are_torn_or_of_another_iteration_do_not_count(make: MakeSeveral, written: str) -> None:
    [trajectory] = make(1)
    (trajectory.path / layout.ATTEMPTS).write_text(written)
    with claim(trajectory) as claimed:
        assert attempts.count_attempt(claimed, 0) == (3 if written.endswith("2}") else 1)


def test_what_is_done_costs_no_attempt(tmp_path: Path) -> None:
    story = Story()
    with Disk() as disk:
        trajectory = story.run(tmp_path)
        assert disk.calls.count("rename attempts.json") == 1
        list(BatchRunner().run(Queue([trajectory])))
        assert disk.calls.count("rename attempts.json") == 1
