"""A study on a Ray cluster: a head and two more nodes, each with raylet and object store of its own, on one host."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from riptui.store.trajectory import Status
from riptui.store.verify import inspect_folder
from riptui.store.worker_registry import list_workers
from riptui.supervision.client import list_running_workers
from tests.support.command import Outcome, environment, finished, require_harmless, riptui, started, wait_until
from tests.support.odd_inpainters import POISON
from tests.support.study_runs import all_of, require_once, require_whole, rows, save_pictures, undisturbed
from tests.support.trajectories import picture

ROOT = Path(__file__).parents[2]
COMMAND = [
    sys.executable,
    "-c",
    "import sys; from tests.support import odd_inpainters; odd_inpainters.install(); "
    "from riptui.ray_cluster import cluster; cluster.WORKER_CLASS = 'tests.support.hosted_inpainters:ActorWorker'; "
    "from riptui.cli import main; sys.exit(main())",
]
"""The command `riptui` with slow inpainters, here and in the actors."""

STORE = 80 * 2**20  # bytes; the least that Ray accepts is 75 MB
PATIENCE = 240  # seconds; each actor imports everything anew, and on a busy machine that takes its time

STUDY = """
images = ["*.png"]
runs = "runs"
metrics = ["psnr"]
[sweep]
inpainter = "slow"
seconds = {seconds}
mask = [64, 128]
seed = "0-1"
amount = 100
size = 256
"""
TOUCHY = """
images = ["*.png"]
runs = "runs"
metrics = ["psnr"]
[sweep]
inpainter = "touchy"
mask = 128
amount = 50
size = 256
"""
QUICK = """
images = ["*.png"]
runs = "runs"
metrics = ["psnr"]
[sweep]
inpainter = "telea"
mask = 128
amount = 50
size = 256
"""


def ray(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that starts Ray."""
    return pytest.mark.needs("ray")(pytest.mark.ray(pytest.mark.slow(test)))


class Nodes:
    """A head and two nodes, of a CPU each; the last pretends to have a GPU."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300, "health_check_failure_threshold": 3}
        each = {"num_cpus": 1, "object_store_memory": STORE}
        head = {**each, "include_dashboard": False, "_system_config": quick}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self._cluster.address
        self._session = self._cluster.head_node.get_session_dir_path()
        self._nodes = [self._cluster.add_node(wait=False, **each, num_gpus=gpus) for gpus in (0, 1)]
        self._cluster.wait_for_nodes()

    def kill(self) -> None:
        """The node without a GPU: its raylet, and with it all of its processes."""
        self._cluster.remove_node(self._nodes.pop(0), allow_graceful=False)

    def end(self) -> None:
        self._cluster.shutdown()
        shutil.rmtree(self._session, ignore_errors=True)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """No process of Ray is left behind."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_TMPDIR", tempfile.gettempdir())  # sockets are there, whose names must be short
        patched.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
        patched.setenv("PYTHONPATH", str(ROOT))
        patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patched.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patched.setenv("OMP_NUM_THREADS", "1")
        cluster = Nodes()
        yield cluster
        cluster.end()
    wait_until(lambda: not [process for process in processes() if "/raylet" in process[1] or "ray::" in process[1]])


def processes() -> list[tuple[int, str]]:
    """Those that descend from this one: id and command line."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    table = [line.split(None, 2) for line in listed.splitlines()]
    mine = {os.getpid()}
    for _ in range(10):
        mine |= {int(pid) for pid, parent, *_ in table if int(parent) in mine}
    return [(int(pid), args[0] if args else "") for pid, _, *args in table if int(pid) in mine]


Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A study of two pictures, four trajectories each; each iteration takes so many seconds."""

    def write(seconds: float = 0.02, text: str = STUDY) -> Path:
        save_pictures(tmp_path)
        file = tmp_path / "small.toml"
        file.write_text(text.format(seconds=seconds))
        return file

    return write


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the study gives that nobody disturbs."""
    return undisturbed(tmp_path_factory.mktemp("reference"), 0.02)


def study(file: Path, *more: str, **given: Any) -> Any:
    environ = environment(RIPTUI_IDLE="0", PYTHONPATH=str(ROOT))
    return started("study", "run", file, *more, command=COMMAND, env=environ, cwd=ROOT, **given)


def ran(file: Path, *more: str) -> Outcome:
    with study(file, *more) as process:
        return finished(process, PATIENCE)


def on_ray(nodes: Nodes, *more: str) -> list[str]:
    return ["--ray", nodes.address, "--ray-cpus", "1", *more]


def require_undisturbed(runs: Path, reference: Path, *, deaths: int = 0) -> None:
    """All is to the byte what an undisturbed run gives, nothing was computed twice, and no rubbish is left."""
    require_whole(runs, reference)
    require_once(runs, deaths=4 * deaths)
    assert not [one.path for one in all_of(runs).values() if inspect_folder(one).leftovers]


def actors(runs: Path) -> list[int]:
    """The processes of the actors that compute for a runs folder."""
    return [worker.record.pid for worker in list_running_workers(runs) if worker.live]


@ray
def test_a_killed_actor_is_started_again_and_the_study_is_what_it_would_have_been(
    nodes: Nodes, written: Written, reference: Path, tmp_path: Path
) -> None:
    file, runs = written(), tmp_path / "runs"
    with study(file, *on_ray(nodes, "--workers", "2")) as process:
        wait_until(lambda: rows(runs) > 10 and len(actors(runs)) == 2)
        os.kill(actors(runs)[0], signal.SIGKILL)
        outcome = finished(process, PATIENCE)
    require_harmless(outcome)
    assert outcome.code == 0
    assert re.fullmatch(r"actor \S+ died and was started again\n", outcome.err)
    assert outcome.out.splitlines()[-1].endswith("8 done")
    require_undisturbed(runs, reference, deaths=1)
    logs = [worker.log.read_text() for worker in list_workers(runs)]
    assert len(logs) == 3
    assert all("Ray actor on " in log and ": assigned\n" in log for log in logs)
    assert sum(log.count(": done\n") for log in logs) == 8
    assert not list((runs / ".riptui/workers").glob("leader-*"))


@ray
@pytest.mark.exhaustive
def test_a_leader_that_is_killed_goes_on_when_it_is_started_again(
    nodes: Nodes, written: Written, reference: Path, tmp_path: Path
) -> None:
    file, runs = written(), tmp_path / "runs"
    given = on_ray(nodes, "--workers", "2", "--ray-copies")
    with study(file, *given) as process:
        wait_until(lambda: rows(runs) > 10)
        process.kill()
        process.wait()
    before = {place: one.read_rows() for place, one in all_of(runs).items()}
    assert ran(file, *given).code == 0
    require_undisturbed(runs, reference, deaths=2)
    for place, trajectory in all_of(runs).items():
        assert trajectory.read_rows()[: len(before[place])] == before[place]


@ray
@pytest.mark.exhaustive
def test_what_kills_its_actor_fails_and_the_rest_is_computed(nodes: Nodes, written: Written, tmp_path: Path) -> None:
    file = written(text=TOUCHY)
    poisoned = picture()
    poisoned[0, 0] = POISON
    Image.fromarray(poisoned).save(tmp_path / "b.png")
    hook = f"sh -c 'echo \"$RIPTUI_EVENT $RIPTUI_MESSAGE\" >> {tmp_path}/told'"
    outcome = ran(file, *on_ray(nodes, "--workers", "1", "--ray-copies", "--on-end", hook))
    found = all_of(tmp_path / "runs")
    assert {place.split("/")[1]: one.read_status() for place, one in found.items()} == {
        "a": Status.DONE,
        "b": Status.FAILED,
    }
    assert outcome.code == 1
    assert "three attempts ended without a new iteration" in outcome.err
    assert "died and was started again: " in outcome.err
    assert "poisoned: the driver says no (full log: " in outcome.err
    assert any("poisoned: the driver says no" in worker.log.read_text() for worker in list_workers(tmp_path / "runs"))
    told = (tmp_path / "told").read_text().splitlines()
    *deaths, last = [line.split()[0] for line in told]
    assert last == "study-failed"
    # three alone; and one before them, if it died before the driver had heard that the other one was done
    assert deaths in (["worker-died"] * 3, ["worker-died"] * 4)
    assert "poisoned: the driver says no" in told[0]


@ray
@pytest.mark.exhaustive
def test_actors_that_can_never_be_placed_are_told_of_and_ctrl_c_stops_all(
    nodes: Nodes, written: Written, tmp_path: Path
) -> None:
    file, runs = written(0.1), tmp_path / "runs"
    with study(file, "--ray", nodes.address, "--workers", "4", "--ray-copies") as process:
        wait_until(lambda: rows(runs) > 2)
        (worker,) = list_running_workers(runs)
        assert worker.record.study == str(file)
        assert "belongs to a study" in riptui("stop", "--worker", worker.record.id, "--runs", runs).err
        process.send_signal(signal.SIGINT)
        outcome = finished(process, PATIENCE)
    assert outcome.code == 130
    assert "3 of 4 actors can never be placed: the cluster has 1 GPU, but an actor needs 1 GPU and 1 CPU" in outcome.err
    statuses = {one.read_status() for one in all_of(runs).values()}
    assert Status.INTERRUPTED in statuses <= {Status.INTERRUPTED, Status.DONE}


@ray
@pytest.mark.exhaustive
def test_what_a_killed_node_had_is_computed_by_the_others(nodes: Nodes, written: Written, tmp_path: Path) -> None:
    """The last test of the file: the cluster has a node less from then on."""
    file, runs = written(0.1), tmp_path / "runs"  # so slow that the node's end is noticed before that of the study
    with study(file, *on_ray(nodes, "--ray-copies")) as process:
        wait_until(lambda: len(actors(runs)) == 3 and rows(runs) > 10)
        nodes.kill()
        outcome = finished(process, PATIENCE)
    require_harmless(outcome)
    assert outcome.code == 0
    assert "is gone; other actors compute its trajectories" in outcome.err
    assert "1 of 3 actors can never be placed: the cluster has 2 CPUs" in outcome.err
    (tmp_path / "undisturbed").mkdir()
    require_undisturbed(runs, undisturbed(tmp_path / "undisturbed", 0.1), deaths=1)


def test_what_does_not_go_with_ray_is_refused_at_once(written: Written) -> None:
    file = written(text=QUICK)
    for given, words in (
        (["--devices", "cpu"], "--devices cannot be combined with --ray"),
        (["--detach"], "this process is the driver"),
        (["--workers", "0"], "this process is the driver"),
    ):
        outcome = riptui("study", "run", file, "--ray", "auto", *given)
        assert outcome.code == 2
        outcome.require_one_line(words)
    assert "need --ray auto" in riptui("study", "run", file, "--ray-cpus", "2").err


@pytest.mark.slow
def test_without_ray_its_extra_is_named(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = riptui("study", "run", written(text=QUICK), "--ray", "auto")
    assert outcome.code == 2
    outcome.require_one_line("--ray needs the package ray", "pip install 'riptui[ray]'")


@ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense"])
@pytest.mark.exhaustive
def test_where_no_cluster_is_one_line_says_how_to_get_one(address: str, written: Written) -> None:
    outcome = ran(written(), "--ray", address)
    assert outcome.code == 1
    outcome.require_one_line(f"could not reach a Ray cluster at {address}", "ray start --head")
