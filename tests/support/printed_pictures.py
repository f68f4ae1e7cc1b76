"""Prints two pictures as a command does, a blank line, and the same by our own encoders; then waits for its end.

python tests/support/printed_pictures.py REPORT: what was printed stands in this JSON file.
"""

import json
import sys
import time
from pathlib import Path

from riptui.graphics import printed
from riptui.graphics.printed import picture_row
from riptui.graphics.probe import probe
from tests.support.flat_pictures import FIRST, SECOND, quadrants

terminal = probe()
images = [quadrants(FIRST), quadrants(SECOND)]
size = (100, 12)
sys.stdout.write("\x1b[2J\x1b[H")
row = picture_row(images, terminal, size)
assert row
sys.stdout.write(row.text + "\n")
printed.print_by_library = lambda *_: None
own = picture_row(images, terminal, size)
assert own
sys.stdout.write(own.text)
sys.stdout.flush()
layout = printed.fit_row(images, terminal, size)
assert layout
Path(sys.argv[1]).write_text(json.dumps({"protocol": terminal.protocol, "rows": layout.rows, "columns": row.columns}))
time.sleep(60)
