"""How lines are broken on a terminal."""

import pytest
from rich.text import Text

from riptui.cli import console

LINE = "   slope of the first half minus slope of the second, per 100 %: 0.1226"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> console.PipeSafeConsole:
    """A terminal of 40 columns, whose output is kept."""
    out = console.PipeSafeConsole(width=40, force_terminal=True, record=True, soft_wrap=True)
    monkeypatch.setattr(console, "out", out)
    return out


@pytest.mark.parametrize("line", [LINE, Text.assemble(LINE[:40], (LINE[40:], "red"))])
def test_prose_is_broken_between_words_and_indented(line: str | Text, narrow: console.PipeSafeConsole) -> None:
    console.print_prose(line)
    lines = narrow.export_text().splitlines()
    assert [text.rstrip() for text in lines] == [
        "   slope of the first half minus slope",
        "     of the second, per 100 %: 0.1226",
    ]


def test_prose_is_one_line_in_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(console, "out", console.PipeSafeConsole(width=40, soft_wrap=True))
    console.print_prose(LINE)
    assert capsys.readouterr().out == f"{LINE}\n"
