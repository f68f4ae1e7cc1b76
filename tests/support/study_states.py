"""A study's state, made of counts of its trajectories; nothing is on the disk."""

from pathlib import Path

from riptui.study.known_studies import KnownStudy
from riptui.study.manifest import Manifest, SourceRecord
from riptui.study.study_state import StudyState
from riptui.supervision.progress import StudyProgress


def make_state(
    counts: dict[str, int], *, expected: int = 4, done: int = 0, at_work: bool = False, name: str = "a"
) -> StudyState:
    paths = {f"{number}/m64-s0": 10 for number in range(sum(counts.values()))}
    record = Manifest("/x/a.toml", "", expected, (SourceRecord("x.png", "0" * 64, 1, 1, trajectories=paths),))
    known = KnownStudy(Path(f"/{name}/a.toml"), Path("/x/runs"), manifest_file=Path("/x/a.study.json"), manifest=record)
    return StudyState(known, StudyProgress(10 * len(paths), done, counts, {}), at_work)
