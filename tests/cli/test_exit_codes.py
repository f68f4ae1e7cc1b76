"""What ends a command, where not even that can be printed."""

import sys
from pathlib import Path

import pytest
import rich_click as click

from riptui.cli import console, exit_codes
from riptui.errors import DiskError, InputError


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
