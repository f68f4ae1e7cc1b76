"""`riptui study new`: write a study file."""

from pathlib import Path

from riptui.cli.console import print_line, short_path
from riptui.study.presets import write_preset


def new(file: Path, preset: str) -> int:
    write_preset(preset, file)
    print_line(f"wrote {short_path(file)}; estimate its cost with: riptui study plan {short_path(file)}")
    return 0
