"""The job script for SLURM."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.store.creation import create_or_open
from riptui.store.frames import read_original
from riptui.store.listing import find_trajectories
from riptui.store.records import Request
from riptui.store.trajectory import Status
from riptui.store.verify import inspect_folder
from riptui.store.worker_registry import Worker
from riptui.study.slurm import SlurmResources, make_script
from riptui.study.study_file import Study, read_study
from riptui.supervision.client import list_running_workers
from tests.support.command import riptui, wait_until
from tests.support.fake_slurm import FakeSlurm
from tests.support.running import run_trajectory
from tests.support.study_files import Written, submitted


def test_the_slurm_script_has_a_worker_in_each_task(written: Written) -> None:
    text = make_script(read_study(written()), SlurmResources(tasks=8, gpus=1, memory="32G"))
    assert text.startswith("#!/bin/bash\n#SBATCH --job-name=small\n#SBATCH --array=0-7\n#SBATCH --gpus-per-task=1\n")
    assert "#SBATCH --mem=32G\n" in text
    assert "--time=" not in text
    [last] = [line for line in text.splitlines() if line.endswith(" &")]
    assert f"worker --runs {read_study(written()).runs} --idle 0 --device cuda" in last
    assert "--gpus-per-task" not in riptui("study", "sbatch", written()).out
    assert "--gpus-per-task=1" in riptui("study", "sbatch", written(sweep='[sweep]\ninpainter = "sd2"')).out


@pytest.mark.parametrize("time", ["30", "30:00", "12:00:00", "2-12", "2-12:30", "1-00:00:00", "infinite"])
def test_the_slurm_script_takes_times_as_slurm_does(time: str, written: Written) -> None:
    assert f"#SBATCH --time={time}\n" in make_script(read_study(written()), SlurmResources(time=time))


@pytest.mark.parametrize("time", ["two hours", "12h", "1:2:3:4", "12:0", "2-", "30\n#SBATCH --uid=0"])
def test_the_slurm_script_refuses_other_times(time: str, written: Written) -> None:
    with pytest.raises(InputError):
        make_script(read_study(written()), SlurmResources(time=time))


@pytest.mark.parametrize("memory", ["4000", "32G", "512m", "1T"])
def test_the_slurm_script_takes_memory_as_slurm_does(memory: str, written: Written) -> None:
    assert f"#SBATCH --mem={memory}\n" in make_script(read_study(written()), SlurmResources(memory=memory))


@pytest.mark.parametrize("memory", ["lots", "32 G", "1.5G", "-1"])
def test_the_slurm_script_refuses_other_memory(memory: str, written: Written) -> None:
    with pytest.raises(InputError, match=r"expected megabytes|only letters"):
        make_script(read_study(written()), SlurmResources(memory=memory))


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "requeued"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_slurm_task_is_queued_again_at_the_time_limit_only(
    sent: signal.Signals, requeued: bool, written: Written, tmp_path: Path
) -> None:
    """With a stand-in scontrol, and the script run as SLURM's batch shell does."""
    study = read_study(written(sweep='[sweep]\nmask = 32\namount = 100_000\nseed = "0-3"'))
    submitted(study)
    log = tmp_path / "requeued"
    (tmp_path / "scontrol").write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    (tmp_path / "scontrol").chmod(0o755)
    script = tmp_path / "job.sh"
    script.write_text(make_script(study, SlurmResources(gpus=0)))
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SLURM_ARRAY_JOB_ID": "77", "SLURM_ARRAY_TASK_ID": "3"}
    with subprocess.Popen(["bash", str(script)], env=environment, stdout=subprocess.DEVNULL) as task:
        wait_until(lambda: [worker for worker in list_running_workers(study.runs) if worker.live], 30)
        task.send_signal(sent)
        assert task.wait(30) == 0
    assert log.exists() is requeued
    assert not requeued or log.read_text() == "requeue 77_3\n"
    assert not list_running_workers(study.runs)


@pytest.mark.slow
def test_a_slurm_task_that_finds_nothing_ends_at_once(written: Written, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text(make_script(read_study(written()), SlurmResources(gpus=0)))
    assert subprocess.run(["bash", str(script)], timeout=60, stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_the_slurm_script_looks_for_weights_where_this_shell_does(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "a folder"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    script = make_script(read_study(written()), SlurmResources())
    assert f"\nexport HF_HOME='{tmp_path.resolve()}/a folder'\n" in script
    assert "secret" not in script


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_job_that_is_preempted_and_reaches_its_time_limit_computes_every_trajectory_right(
    written: Written, tmp_path: Path
) -> None:
    study = read_study(written(sweep='[sweep]\ninpainter = "noise"\nmask = 32\namount = 300\nsize = 256\nseed = "0-1"'))
    submitted(study, ("psnr",))
    trajectories = [*find_trajectories(study.runs)]
    slurm = FakeSlurm(tmp_path / "slurm")
    try:
        slurm.sbatch(make_script(study, SlurmResources(tasks=2, gpus=0, time="60")))
        preempted, limited = slurm.tasks
        slurm.run_until(lambda: len({worker.record.slurm_job for worker in _at_work(study)}) == 2)
        slurm.preempt(preempted)
        slurm.bring_limit_near(limited)
        slurm.run_until(lambda: slurm.is_over)
    finally:
        slurm.kill_all()
    assert preempted.history[:3] == ["started", "preempted", "requeued"]
    assert limited.history[:3] == ["started", "warned", "requeued"]
    assert {task.state for task in slurm.tasks} == {"COMPLETED"}
    assert not list_running_workers(study.runs)
    for trajectory in trajectories:
        assert trajectory.read_status() == Status.DONE
        assert not inspect_folder(trajectory).damage
        name, original = trajectory.spec.digest[:8], read_original(trajectory)
        twin = create_or_open(tmp_path / "twins", name, trajectory.spec, original, Request())
        list(run_trajectory(twin))
        assert [row.sha256 for row in twin.read_rows()] == [row.sha256 for row in trajectory.read_rows()]


def _at_work(study: Study) -> list[Worker]:
    """Workers that have committed an iteration of what they compute now."""
    workers = list_running_workers(study.runs)
    return [worker for worker in workers if worker.live and any(job.k for job in worker.live.jobs)]


@pytest.mark.parametrize("spoilt", ["#SBATCH --array 0-3", "#SBATCH --nonsense=1", "#SBATCH --time=a b"])
def test_the_stand_in_refuses_what_sbatch_refuses(spoilt: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sbatch"):
        FakeSlurm(tmp_path / "slurm").sbatch(f"#!/bin/bash\n{spoilt}\n")
