"""`riptui study sbatch`: print a SLURM script."""

import sys
from pathlib import Path

from riptui.cli.study.read import read_study
from riptui.study.slurm import SlurmResources, make_script


def sbatch(file: Path, tasks: int, gpus: int | None, cpus: int, mem: str, time: str, partition: str) -> int:
    study = read_study(file)
    gpus = int(study.needs_weights) if gpus is None else gpus
    sys.stdout.write(make_script(study, SlurmResources(tasks, gpus, cpus, mem, time, partition)))
    return 0
