"""What the app imports before it is on the screen: nothing that the first rows do not need."""

import subprocess
import sys

import pytest

UNNEEDED = {"numpy", "PIL", "click", "riptui.inpainters.registry", "riptui.tui.dialogs", "riptui.tui.details"}


@pytest.mark.slow
def test_the_first_rows_need_no_dialog_no_inpainter_and_no_array() -> None:
    code = f"import sys, riptui.cli, riptui.tui.start, riptui.tui.app; print(*sorted({UNNEEDED!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
