"""A study by SLURM: the script of an array whose tasks are workers. Knows no cluster: what it prints is to be read."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from riptui.study.study_file import Study


@dataclass(frozen=True)
class SlurmResources:
    """What each task asks the cluster for; "" leaves it to the cluster."""

    tasks: int = 4
    gpus: int = 1
    cpus: int = 4
    memory: str = ""
    time: str = ""
    partition: str = ""


def make_script(study: Study, resources: SlurmResources) -> str:
    """What `sbatch` takes: as many workers as tasks, each until nothing is left in the runs folder."""
    runs = Path(os.path.realpath(study.runs))
    directives = {
        "job-name": study.name,
        "array": f"0-{resources.tasks - 1}",
        "gpus-per-task": str(resources.gpus) if resources.gpus else "",
        "ntasks": "1",
        "cpus-per-task": str(resources.cpus),
        "mem": resources.memory,
        "time": resources.time,
        "partition": resources.partition,
        "output": f"{study.name}-%A_%a.log",
        "signal": "B:TERM@120",
    }
    directive_lines = "\n".join(f"#SBATCH --{name}={value}" for name, value in directives.items() if value)
    worker = [sys.executable, "-m", "riptui", "worker", "--runs", str(runs), "--idle", "0"]
    device = ["--device", "cuda"] if resources.gpus else ["--device", "cpu"]
    return f"""\
#!/bin/bash
{directive_lines}
#SBATCH --requeue
#SBATCH --open-mode=append

# Queue the study first, on any machine that sees the runs folder:
#   {shlex.join([sys.executable, "-m", "riptui", "study", "run", str(study.file), "--workers", "0", "--detach"])}
# Each task computes what is queued until nothing is left. They share the folder by flock, so its file system must have
# locks that hold between nodes (NFS 4, Lustre with -o flock). At the time limit a task finishes its iteration and
# leaves; what is not done stays queued, for the other tasks or for another sbatch of this script.

export RIPTUI_OFFLINE=1
exec {shlex.join(worker + device)}
"""
