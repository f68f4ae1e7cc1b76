"""`riptui export`."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from riptui.cli.options import Every, path_argument
from riptui.spec import Measure

File = click.Path(path_type=Path, dir_okay=False)
