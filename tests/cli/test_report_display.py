"""How the progress of a report is told to programs."""

import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui.cli.report import write_report
from riptui.figures import report
from riptui.figures.report import WrittenReport
from riptui.figures.report_data import OnReportProgress


def test_progress_as_json_ends_with_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(trajectories: object, out: Path, *, on_progress: OnReportProgress, **rest: object) -> WrittenReport:
        for done in range(100):
            on_progress("reading", done, 100)
        on_progress("drawing", 0, 3)
        return WrittenReport(out, "ssim", 4, 0, [], [], [], [], [], [], [])

    monkeypatch.setattr(report, "write_report", write)
    write_report(
        [], tmp_path, reference=None, rated_folders=(), corpus=None, overwrite=False, display="json", as_json=False
    )
    first, *between, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"event": "progress", "stage": "reading", "done": 0, "total": 100}
    assert between[-1] == {"event": "progress", "stage": "drawing", "done": 0, "total": 3}
    assert len(between) < 10
    assert (last["event"], last["trajectories"]) == ("written", 4)
