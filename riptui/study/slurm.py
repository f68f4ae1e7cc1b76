"""A SLURM job script for a study: an array whose tasks are workers. A template: review it before submitting it."""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import InputError
from riptui.store.worker_environment import variables_to_pass_on
from riptui.study.study_file import Study

TIME_LIMIT = re.compile(r"\d+(:\d\d){0,2}|\d+-\d+(:\d\d){0,2}|infinite|unlimited", re.ASCII | re.IGNORECASE)
"""Minutes, minutes:seconds, hours:minutes:seconds, days-hours, with minutes, with seconds."""
MEMORY = re.compile(r"\d+[KMGT]?B?", re.ASCII | re.IGNORECASE)
DIRECTIVE_VALUE = re.compile(r"[\w.,:%/+=\[\]-]*", re.ASCII)


@dataclass(frozen=True)
class SlurmResources:
    """Resources per task; "": the cluster's default."""

    tasks: int = 4
    gpus: int = 1
    cpus: int = 4
    memory: str = ""
    time: str = ""
    partition: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """What is text, by option."""
        return {"mem": self.memory, "time": self.time, "partition": self.partition}


def make_script(study: Study, resources: SlurmResources) -> str:
    """The script for `sbatch`: one worker per task, which exits when the queue of the runs folder is empty.

    Raises InputError for values that cannot be written into it.
    """
    runs = Path(os.path.realpath(study.runs))
    _require_printable(str(runs), str(study.file), sys.executable, *resources.texts.values())
    _require_directives(resources)
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
        "signal": "B:USR1@120",
    }
    directive_lines = "\n".join(f"#SBATCH --{name}={value}" for name, value in directives.items() if value)
    worker = [sys.executable, "-m", "riptui", "worker", "--runs", str(runs), "--idle", "0"]
    device = ["--device", "cuda"] if resources.gpus else ["--device", "cpu"]
    exports = "".join(f"\nexport {name}={shlex.quote(value)}" for name, value in variables_to_pass_on().items())
    return f"""\
#!/bin/bash
{directive_lines}
#SBATCH --requeue
#SBATCH --open-mode=append

# Queue the study first, on any machine that sees the runs folder:
#   {shlex.join([sys.executable, "-m", "riptui", "study", "run", str(study.file), "--workers", "0", "--detach"])}
# Each task runs queued trajectories until the queue is empty. The tasks share the folder by flock, so its file system
# must support locks across nodes (NFS 4, Lustre with -o flock). Two minutes before the time limit a task finishes its
# iteration and is queued again; a task that is preempted is queued again by SLURM, and one that finds nothing to do
# ends at once. Every iteration that was finished is kept. After scancel, trajectories stay queued for another sbatch.

export RIPTUI_OFFLINE=1{exports}
{shlex.join(worker + device)} &
worker=$!
trap 'at_limit=1; kill -TERM "$worker"' USR1
trap 'kill -TERM "$worker"' TERM
wait "$worker"; code=$?
while kill -0 "$worker" 2>/dev/null; do wait "$worker"; code=$?; done  # a signal ends a wait, and not the worker
[ -z "$at_limit" ] || exec scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
exit "$code"
"""


def _require_printable(*texts: str) -> None:
    for text in texts:
        if not text.isprintable():
            raise InputError(f"{text!r} cannot be written into a script: it has line ends or control characters")


def _require_directives(resources: SlurmResources) -> None:
    for option, text in resources.texts.items():
        if not DIRECTIVE_VALUE.fullmatch(text):
            raise InputError(f"--{option} {text!r}: it must have only letters, digits and . , : _ % / + = [ ] -")
    if resources.memory and not MEMORY.fullmatch(resources.memory):
        raise InputError(f"--mem {resources.memory!r}: expected megabytes, or e.g. 32G")
    if resources.time and not TIME_LIMIT.fullmatch(resources.time):
        raise InputError(f"--time {resources.time!r}: expected minutes, or e.g. 12:00:00 (hours) or 2-12 (days, hours)")
