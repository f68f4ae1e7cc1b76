"""A report's text, in sections and figures."""

from pathlib import Path

from riptui.tui.studies.report_reader import ReportItem, read_report, report_stamp, split_report

TEXT = """# Report of x

A line.

## Runs

- one\\_two

## What recursion does

Errors. See [CSV](recursion.csv), ![Figure R](recursion.png)

It rises. [PDF](recursion.pdf), [CSV](recursion.csv)

## Figures

### Figure 7

![Figure 7, lama\\_x](figure-07.png)

Mean and sd. [SVG](figure-07.svg), [PDF](figure-07.pdf)

### Left out

- figure 13: it needs seeds
"""


def test_sections_and_figures_are_told_apart(tmp_path: Path) -> None:
    items = [*split_report(TEXT, tmp_path)]
    assert [(item.title, item.picture.name if item.picture else None) for item in items] == [
        ("Summary", None),
        ("Runs", None),
        ("What recursion does", None),
        ("Figure R", "recursion.png"),
        ("Figure 7, lama_x", "figure-07.png"),
        ("Figures that were left out", None),
    ]
    assert items[3].text == "It rises."
    assert items[4] == ReportItem("Figure 7, lama_x", "Mean and sd.", tmp_path / "figure-07.png")
    assert "`recursion.csv`" in items[2].text
    assert "it needs seeds" in items[5].text
    assert "Mean and sd" not in items[5].text


def test_what_is_no_whole_report_is_none(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none") is None
    assert report_stamp(tmp_path / "none") is None
    (tmp_path / "report.md").write_text(TEXT)
    assert read_report(tmp_path) is None
    (tmp_path / "report.json").write_text("{")
    assert read_report(tmp_path) is None
    (tmp_path / "report.json").write_text('{"riptui_report": 1, "trajectories": 3}')
    found = read_report(tmp_path)
    assert found is not None
    assert (found.trajectories, len(found.items)) == (3, 6)
    assert found.items[-1].title == "Figure 7, lama_x"
