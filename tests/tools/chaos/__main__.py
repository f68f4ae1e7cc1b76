"""The command line of the chaos script: rounds until the time is over, then the figures."""

import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np

from tests.tools.chaos.laboratory import Laboratory
from tests.tools.chaos.trial import Figures, Trial

ROUND_SECONDS = 45.0  # of disturbance; finishing and checking take about as long


def run_rounds(
    seed: int,
    seconds: float,
    folder: Path,
    *,
    round_seconds: float = ROUND_SECONDS,
    locks: str = "system",
    report: Path | None = None,
) -> Figures:
    """Rounds in new folders below `folder`; those without a fault are deleted. report: rewritten after each round."""
    figures, end = Figures(), time.monotonic() + seconds
    while not figures.rounds or time.monotonic() < end:
        rng = np.random.default_rng([seed, figures.rounds])
        place = folder / f"round{figures.rounds}"
        with Laboratory(place, rng, locks=locks) as laboratory:
            found = Trial(laboratory, rng).run(min(round_seconds, seconds))
            if found.faults:
                shutil.copytree(laboratory.disk, folder / f"faulty{figures.rounds}", symlinks=True)
        figures.add(found)
        if report:
            report.write_text(figures.as_json() + "\n")
        if not found.faults:
            shutil.rmtree(place)
        print(f"round {figures.rounds}: {found.trajectories} trajectories, {len(found.faults)} faults", file=sys.stderr)
        for fault in found.faults:
            print(f"  {fault}", file=sys.stderr, flush=True)
    return figures


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.tools.chaos", description=sys.modules[__name__].__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60, help="the round in progress is completed")
    parser.add_argument("--report", type=Path, help="write the figures to this file, too")
    parser.add_argument("--folder", type=Path, help="work here; rounds with faults are kept")
    parser.add_argument("--locks", choices=["system", "files"], default="system", help="riptui's setting")
    parser.add_argument("--round", type=float, default=ROUND_SECONDS, help="seconds of disturbance in a round")
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # so that processes are ended and the disk is unmounted
        signal.signal(number, signal.default_int_handler)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="riptui-chaos-"))
    figures = run_rounds(
        given.seed, given.seconds, folder, round_seconds=given.round, locks=given.locks, report=given.report
    )
    print(figures.as_json())
    return int(bool(figures.faults))


if __name__ == "__main__":
    sys.exit(main())
