"""What a command says that ends badly, also where not even that can be printed."""

import sys
from pathlib import Path

import pytest
import rich_click as click

from riptui.cli import console, exit_codes
from riptui.errors import DiskError, InputError
from tests.support.command import riptui


@pytest.mark.parametrize(
    ("error", "code"),
    [(DiskError("full"), 1), (InputError("wrong"), 2), (click.UsageError("which?"), 2), (OSError(28, "full"), 1)],
)
def test_an_error_that_cannot_be_printed_has_its_exit_code(
    error: Exception, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as out, Path("/dev/full").open("w") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(console, "err", console.PipeSafeConsole(stderr=True))  # it keeps what it could not print
        assert exit_codes.handle_error(error) == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--order", "shufle"], "--order': 'shufle' is not a choice. Did you mean shuffle? Available: replacement, "),
        (["--priority", "5000"], "--priority': 5000: it must be from -1000 to 1000"),
        (["--timeout", "0"], "--timeout': 0.0: it must be above 0"),
        (["--anchor", "-1"], "--anchor': -1: it must be at least 0"),
        (["--anchor", "two"], "--anchor': 'two' is not a whole number"),
        (["--amount", "all"], "--amount': 'all' is not a number"),
        (["--mask", "64,"], "--mask': '' in '64,' is not a number or a range such as 0-9"),
    ],
)
def test_an_odd_value_is_refused_in_words(words: list[str], told: str) -> None:
    outcome = riptui("run", "cat.png", *words)
    assert outcome.code == 2
    outcome.require_one_line(told, "(riptui run --help)")
