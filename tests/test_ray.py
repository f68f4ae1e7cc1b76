"""A study on a Ray cluster: a head and two more nodes, each with raylet and object store of its own, on one host."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Outcome, environment, finished, require_harmless, riptui, started, wait_until
from conftest import picture
from faulty_disk import contents
from PIL import Image

from riptui.client import living
from riptui.store.listing import find
from riptui.store.survey import survey
from riptui.store.trajectory import Status, Trajectory

ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'riptui[ray]'")
TESTS = Path(__file__).parent
COMMAND = [
    sys.executable,
    "-c",
    "import sys; import odd_inpainters; from riptui.executors import ray_cluster; "
    "ray_cluster.WORKER = 'hosted_inpainters:Handed'; from riptui.cli import main; sys.exit(main())",
]
"""The command `riptui` with slow inpainters, here and in the actors."""

STORE = 80 * 2**20  # bytes; the least that Ray accepts is 75 MB

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
TRAJECTORIES = 8
ITERATIONS = 2 * 2 * (16 + 4)


class Nodes:
    """A head that places nothing, and nodes that come and go."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300, "health_check_failure_threshold": 3}
        head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False, "_system_config": quick}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self._cluster.address
        self._nodes: list[Any] = []
        self.more(2)

    def more(self, count: int = 1, **given: Any) -> None:
        wanted = {"num_cpus": 1, "object_store_memory": STORE, **given}
        self._nodes += [self._cluster.add_node(wait=False, **wanted) for _ in range(count)]
        self._cluster.wait_for_nodes()

    def kill(self) -> None:
        """The node that came last: its raylet, and with it all of its processes."""
        self._cluster.remove_node(self._nodes.pop(), allow_graceful=False)

    def end(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes of one CPU beside the head. No process of Ray is left behind."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS)]))
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
        for number, name in enumerate(("a", "b")):
            Image.fromarray(picture() ^ np.uint8(number)).save(tmp_path / f"{name}.png")
        file = tmp_path / "small.toml"
        file.write_text(text.format(seconds=seconds))
        return file

    return write


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the study gives that nobody disturbs, computed by a worker of this host."""
    folder = tmp_path_factory.mktemp("reference")
    for number, name in enumerate(("a", "b")):
        Image.fromarray(picture() ^ np.uint8(number)).save(folder / f"{name}.png")
    (folder / "small.toml").write_text(STUDY.format(seconds=0.02))
    outcome = ran(folder / "small.toml", "--devices", "cpu", "--workers", "1")
    assert outcome.code == 0
    return folder / "runs"


def study(file: Path, *more: str, **given: Any) -> Any:
    environ = environment(RIPTUI_IDLE="0", PYTHONPATH=os.pathsep.join([str(TESTS.parent), str(TESTS)]))
    return started("study", "run", file, *more, command=COMMAND, env=environ, cwd=TESTS, **given)


def ran(file: Path, *more: str) -> Outcome:
    with study(file, *more) as process:
        return finished(process)


def on_ray(nodes: Nodes, *more: str) -> list[str]:
    return ["--ray", nodes.address, "--ray-cpus", "1", *more]


def all_of(runs: Path) -> dict[str, Trajectory]:
    return {str(one.path.relative_to(os.path.realpath(runs))): one for one in find(Path(os.path.realpath(runs)))}


def rows(runs: Path) -> int:
    return sum(len(one.rows()) for one in all_of(runs).values()) if runs.exists() else 0


def require_whole(runs: Path, reference: Path, *, deaths: int = 0) -> None:
    """All trajectories are to the byte what an undisturbed run gives, and no iteration was saved twice."""
    expected, found = all_of(reference), all_of(runs)
    assert found.keys() == expected.keys()
    sessions = 0
    for place, trajectory in found.items():
        assert trajectory.status() == Status.DONE
        assert contents(trajectory) == contents(expected[place])
        assert not survey(trajectory).leftovers
        sessions += len({row.session for row in trajectory.rows()})
    assert sessions <= TRAJECTORIES + 4 * deaths


def actors(runs: Path) -> list[int]:
    """The processes of the actors that compute for a runs folder."""
    return [worker.record.pid for worker in living(runs) if worker.live]


@ray
@pytest.mark.parametrize("copies", [False, True], ids=["in the runs folder", "in copies"])
def test_a_killed_actor_is_started_again_and_the_study_is_what_it_would_have_been(
    nodes: Nodes, written: Written, reference: Path, tmp_path: Path, copies: bool
) -> None:
    file, runs = written(0.02), tmp_path / "runs"
    with study(file, *on_ray(nodes, *["--ray-copies"] * copies)) as process:
        wait_until(lambda: rows(runs) > 10)
        assert len(actors(runs)) == 2
        os.kill(actors(runs)[0], signal.SIGKILL)
        outcome = finished(process)
    require_harmless(outcome)
    assert outcome.code == 0
    assert outcome.err.endswith("died; it is started again\n")
    assert outcome.out.splitlines()[-1].startswith("100 %  8 done")
    require_whole(runs, reference, deaths=1)


@ray
def test_what_a_killed_node_had_is_computed_by_another(
    nodes: Nodes, written: Written, reference: Path, tmp_path: Path
) -> None:
    file, runs = written(0.02), tmp_path / "runs"
    nodes.more()
    with study(file, *on_ray(nodes, "--ray-copies")) as process:
        wait_until(lambda: len(actors(runs)) == 3 and rows(runs) > 10)
        nodes.kill()
        outcome = finished(process)
    require_harmless(outcome)
    assert outcome.code == 0
    require_whole(runs, reference, deaths=1)


@ray
@pytest.mark.parametrize("copies", [False, True], ids=["in the runs folder", "in copies"])
def test_a_leader_that_is_killed_and_started_again_goes_on(
    nodes: Nodes, written: Written, reference: Path, tmp_path: Path, copies: bool
) -> None:
    file, runs = written(0.02), tmp_path / "runs"
    given = on_ray(nodes, *["--ray-copies"] * copies)
    with study(file, *given) as process:
        wait_until(lambda: rows(runs) > 10)
        process.kill()
        process.wait()
    before = {place: one.rows() for place, one in all_of(runs).items()}
    assert ran(file, *given).code == 0
    require_whole(runs, reference, deaths=2)
    for place, trajectory in all_of(runs).items():
        assert trajectory.rows()[: len(before[place])] == before[place]
