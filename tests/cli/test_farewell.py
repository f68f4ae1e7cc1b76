"""What `riptui study run` says of a study that it no longer watches."""

from pathlib import Path

import msgspec
import pytest

from riptui.cli.study.farewell import RunOptions, describe_detached, describe_leaving, describe_stop
from riptui.store.worker_process import slurm_job
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import Worker
from riptui.supervision.progress import StudyProgress
from riptui.worker.loop import new_worker_record

FILE = Path("my study.toml")
COUNTS = {"done": 3, "running": 2, "queued": 7}


def progress(*workers: Worker) -> StudyProgress:
    return StudyProgress(100, 30, COUNTS, {}, workers)


def elsewhere(job: str) -> Worker:
    record = new_worker_record(WorkerOptions(device="cuda"))
    return Worker(msgspec.structs.replace(record, host="node7", place="another", slurm_job=job), None, True, Path())


def test_a_study_on_ray_ends_with_its_command_and_goes_on_by_the_same() -> None:
    lines = [*describe_stop(RunOptions(workers=2, ray="head:6379", ray_cpus=4, ray_copies=True), FILE, progress())]
    again = "riptui study run 'my study.toml' --workers 2 --ray head:6379 --ray-cpus 4 --ray-copies"
    assert lines[0] == f"stopped; the computed frames are saved. Continue with: {again}"
    assert "3 of 12 trajectories done" in lines[1]
    assert "riptui study status 'my study.toml'" in lines[1]
    assert "on the Ray cluster nothing goes on" in "\n".join(lines)


def test_workers_elsewhere_are_named_with_their_slurm_jobs() -> None:
    text = "\n".join(describe_stop(RunOptions(devices="0,1"), FILE, progress(elsewhere("41_3"), elsewhere("41_4"))))
    assert "--devices 0,1" in text
    assert "on node7, SLURM job 41_3" in text
    assert "scancel 41\n" in f"{text}\n"


def test_a_study_that_others_compute_goes_on(tmp_path: Path) -> None:
    lines = [*describe_leaving(RunOptions(workers=0), FILE, tmp_path, progress(elsewhere("9")))]
    assert "nothing was stopped: 2 trajectories running and 7 queued, 1 worker" in lines[0]
    text = "\n".join(lines)
    assert f"riptui ps --runs {tmp_path}" in text
    assert "riptui study sbatch 'my study.toml' | sbatch" in text
    assert "riptui study stop 'my study.toml'" in text
    assert "riptui study run 'my study.toml' --workers 0    Ctrl-C then only ends the watching" in text
    assert "scancel 9" in text


def test_detached_work_says_how_to_come_back() -> None:
    text = "\n".join(describe_detached(RunOptions(devices="free"), FILE, Path("runs")))
    assert "sbatch" not in text
    assert "riptui study run 'my study.toml' --devices free    Ctrl-C then stops the study" in text


@pytest.mark.parametrize(
    ("variables", "job"),
    [
        ({}, ""),
        ({"SLURM_JOB_ID": "12"}, "12"),
        ({"SLURM_JOB_ID": "12", "SLURM_ARRAY_JOB_ID": "10", "SLURM_ARRAY_TASK_ID": "2"}, "10_2"),
        ({"SLURM_JOB_ID": "12\x1b[31m"}, ""),
    ],
)
def test_a_worker_knows_its_slurm_job(variables: dict[str, str], job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert slurm_job() == job
