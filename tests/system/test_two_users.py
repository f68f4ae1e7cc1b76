"""Several users in one runs folder: whose work a worker computes, what others may do, and what root leaves behind.

Needs root, which becomes the users in processes that it forks.
"""

import os
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import PIL.Image
import pytest

from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.creation import create_or_open
from riptui.store.ownership import require_registrable
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.trust import Trust
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import open_new_log, register, workers_folder
from riptui.worker.loop import new_worker_record, serve
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import make_spec, picture

ANN, BEN = 61001, 61002  # user ids
LAB = 61100  # their group

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two users"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # the child starts no threads that it has not
    pytest.mark.slow,
]


@pytest.fixture
def lab() -> Iterator[Path]:
    """A runs folder as a lab has it: of a group, setgid, and writable for its members. pytest's own are private."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        runs = Path(place, "runs")
        runs.mkdir()
        os.chown(runs, ANN, LAB)
        runs.chmod(0o2775)
        yield runs


def be(user: int, do: Callable[[], object], *, umask: int = 0o002) -> None:
    """Do something as a user of the lab, in a process of its own; fail if it raises."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([LAB])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.umask(umask)
            do()
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def queue(runs: Path, place: str, **fields: object) -> Trajectory:
    original = picture()
    return create_or_open(runs, place, make_spec(original, amount=25, **fields), original, Request())


def work(runs: Path, **options: object) -> None:
    """Run a worker until its queue is empty."""
    record = new_worker_record(WorkerOptions(batch=1, **options))  # type: ignore[arg-type]
    with register(runs, record) as entry:
        list(serve(entry, runs, idle_seconds=0, should_stop=lambda: False))


def test_both_create_and_compute_in_each_others_groups(lab: Path) -> None:
    be(ANN, lambda: queue(lab, "shared/ann"))
    be(BEN, lambda: queue(lab, "shared/ben"))
    be(BEN, lambda: list(run_trajectory(Trajectory(lab / "shared/ann"))))
    assert Trajectory(lab / "shared/ann").read_status() is Status.DONE


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o002, 0o2775, 0o664), (0o027, 0o2750, 0o640), (0o077, 0o2700, 0o600)]
)
def test_umask_and_setgid_decide_the_permissions(umask: int, folder: int, file: int, lab: Path) -> None:
    be(BEN, lambda: list(run_trajectory(queue(lab, "group/a"))), umask=umask)
    for path in (lab / "group").rglob("*"):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == (folder if path.is_dir() else file), path
        assert status.st_gid == LAB


def test_a_worker_computes_what_its_own_user_queued(lab: Path) -> None:
    be(ANN, lambda: queue(lab, "ann/a"))
    be(BEN, lambda: queue(lab, "ben/b"))
    be(BEN, lambda: work(lab))
    assert Trajectory(lab / "ben/b").read_status() is Status.DONE
    assert Trajectory(lab / "ann/a").read_status() is Status.QUEUED
    be(BEN, lambda: work(lab, serves="group"))
    assert Trajectory(lab / "ann/a").read_status() is Status.DONE


def test_who_queues_anothers_trajectory_again_has_it_computed(lab: Path) -> None:
    be(ANN, lambda: queue(lab, "ann/a"))
    be(BEN, lambda: set_request(Trajectory(lab / "ann/a"), Request(queued=1)))
    be(BEN, lambda: work(lab))
    assert Trajectory(lab / "ann/a").read_status() is Status.DONE


def test_without_a_common_group_only_all_is_everybody(lab: Path) -> None:
    trajectory = queue(lab, "root/r")
    os.chown(trajectory.path / layout.REQUEST, 0, 0)
    assert [Trust(ANN, whose).accepts(trajectory) for whose in ("own", "all")] == [False, True]


def test_specs_of_others_load_no_files_unless_the_worker_trusts_them(lab: Path) -> None:
    spec = make_spec(picture(), inpainter="sd2")
    listed: dict[str, object] = {
        "allow_pickle": True,
        "lora": "/home/ann/l.safetensors",
        "embedding": "/home/ann/e.pt",
        "vae": "/home/ann/vae",
        "model": "/home/ann/model",
    }

    def make(place: str, **parameters: object) -> Trajectory:
        changed = {**spec.parameters, **parameters}
        original = picture()
        return create_or_open(lab, place, msgspec.structs.replace(spec, parameters=changed), original, Request())

    harmless = make("harmless", vae="stabilityai/sd-vae", prompt="/imagine a cat")
    for name, value in listed.items():
        foreign = make(name.replace("_", "-"), **{name: value})
        assert Trust(ANN, "all").refuse(foreign).startswith(f"its spec is another user's and loads {name};")
        assert Trust(0, "all").refuse(foreign) == ""
        assert Trust(ANN, "all", trusts_all=True).refuse(foreign) == ""
        os.chown(foreign.path, ANN, -1)  # the spec in it is still another's
        assert Trust(ANN, "all").refuse(foreign)
    assert Trust(ANN, "all").refuse(harmless) == ""


def test_what_root_left_is_refused_before_anything_is_queued(lab: Path) -> None:
    workers_folder(lab).mkdir(parents=True)
    picture_file = lab.parent / "picture.png"
    PIL.Image.fromarray(picture()).save(picture_file)
    command = (
        "run",
        picture_file,
        "--size",
        "256",
        "--mask",
        "128",
        "--amount",
        "25",
        "-i",
        "telea",
        "--metrics",
        "psnr",
    )
    riptui(*command, "--runs", lab.parent / "roots")  # imports what a user may not read

    def run() -> None:
        with pytest.raises(DiskError, match=r"\.riptui: permission denied: it belongs to root.*nothing was queued"):
            require_registrable(lab)
        outcome = riptui(*command, "--runs", lab, "--detach")
        assert outcome.code == 1
        assert "it belongs to root" in outcome.err
        assert {path.name for path in lab.iterdir()} == {".riptui"}

    be(ANN, run)


def test_an_error_of_permissions_names_whose_the_folder_is(lab: Path) -> None:
    (lab / "group").mkdir()

    def create() -> None:
        with pytest.raises(DiskError, match=r"permission denied.*\(it belongs to root\)"):
            queue(lab, "group/a")

    be(ANN, create)


def test_links_planted_in_the_registry_are_not_followed(lab: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    workers_folder(lab).mkdir(parents=True)
    planted = workers_folder(lab) / "starting-guessed.txt"
    planted.symlink_to(victim)
    with pytest.raises((DiskError, FileExistsError)), open_new_log(planted):
        pass
    with register(lab, new_worker_record(WorkerOptions())) as entry:
        with pytest.raises(DiskError):
            entry.attach_log(planted)
        entry.log.symlink_to(victim)
        entry.append_to_log("a line")
        with pytest.raises(DiskError):
            entry.open_log()
    assert victim.read_text() == "mine"
