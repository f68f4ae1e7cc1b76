"""Take the pictures in screenshots/ anew, all or those named: `python tests/tools/screenshots.py [group compact ...]`.

Runs of the picture that riptui ships with are computed first, into a temporary folder. It needs what
`terminal_photo.py` names, with kitty 0.28 or newer, and takes some minutes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.terminal_photo import missing, window

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"
COFFEE = ROOT / "riptui" / "pictures" / "coffee.jpg"
RUNS = (
    "--mask 64,128,256 --seed 0-2 -i navier-stokes,telea",
    "--mask 64,128,256 --seed 0-2 --order shuffle --group shuffled",
)
METRICS = "--metrics ssim,psnr,delta-e"
LIVE = "--mask 64 --seed 0-2 -i biharmonic --group live --detach"
STUDY = "quick.toml"
LARGEST = 300_000  # bytes
LIMIT, RUNNING_LIMIT = 40.0, 7.0  # seconds for anything to come to rest; what runs never does
STARTED, DONE = 4.0, 2.0  # seconds without a change, when programs start and when keys are pressed


@dataclass(frozen=True)
class Shot:
    """The app in a terminal, a path chosen in the tree, keys pressed by xdotool's names."""

    name: str
    terminal: str
    select: str
    keys: str = ""
    size: tuple[int, int] = (140, 40)
    theme: str = "riptui-dark"
    live: bool = False
    """While a worker computes."""
    study: bool = False
    """While workers compute the quick study."""


REST, TOAST = "rest", 8.0  # seconds: until what was told is gone
TYPED = "asciitilde slash Return End Return Tab"  # the picture in its home
SHOTS = (
    Shot("trajectory", "kitty", "coffee/m64-s0", "2"),
    Shot("group", "kitty", "shuffled/coffee", "Return"),
    Shot("large", "kitty", "coffee/m64-s0", "shift+Left shift+Left shift+Left shift+Left Left f o"),
    Shot("map", "kitty", "coffee/m64-s0", "f m bracketright bracketright rest"),
    Shot("gallery", "kitty", "coffee", "f a a"),
    Shot("crosshair", "kitty", "coffee", "A Left Left Left Left"),
    Shot("recursion", "kitty", "coffee/m64-s0-telea", "4"),
    Shot("compare", "xterm-sixel", "coffee/m64-s0", "m Down Down Down Down Down m Down Down Down Down Down m c"),
    Shot("launch", "kitty", "coffee/m64-s0", f"n {TYPED}"),
    Shot("masks", "kitty", "coffee/m64-s1", "3 shift+Left shift+Left d", theme="riptui-light"),
    Shot("compact", "xterm-sixel", "coffee/m128-s0", size=(80, 24)),
    Shot("workers", "kitty", "live/coffee/m64-s0-biharmonic", "W", size=(140, 24), live=True),
    Shot("live", "xterm-sixel", "live/coffee/m64-s0-biharmonic", live=True),
    Shot("studies", "kitty", "", "shift+s", study=True),
)


class Studio:
    """A home of its own, with runs in it: what is on the screen depends on nobody's settings."""

    def __init__(self, home: Path) -> None:
        self.home = home
        places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE")}
        self.variables = {
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "RIPTUI_OFFLINE": "1",
            "RIPTUI_IDLE": "0",
            **places,
        }

    def riptui(self, *words: str) -> None:
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "check": True, "env": os.environ | self.variables}
        subprocess.run([sys.executable, "-m", "riptui", *words], cwd=self.home, **quiet)

    def run(self, options: str) -> None:
        self.riptui("run", str(COFFEE), *options.split(), *METRICS.split())

    def take(self, shot: Shot) -> Path:
        if shot.live:
            shutil.rmtree(self.home / "runs" / "live", ignore_errors=True)  # of another shot, which may be done
            self.run(LIVE)
        if shot.study:
            (self.home / STUDY).unlink(missing_ok=True)
            self.riptui("study", "new", STUDY)
            self.riptui("study", "run", STUDY, "--detach")
        limit = RUNNING_LIMIT if shot.live or shot.study else LIMIT
        program = [sys.executable, "-m", "riptui", str(self.home / "runs"), "--select", shot.select]
        variables: dict[str, Any] = self.variables | {"RIPTUI_THEME": shot.theme}
        with window(shot.terminal, program, size=shot.size, **variables) as seen:
            photo = seen.wait_for(lambda photo: True, still=STARTED, seconds=limit)
            for key in shot.keys.split():
                if key == REST:
                    time.sleep(TOAST)
                else:
                    seen.press(key)
                photo = seen.wait_for(lambda photo: True, still=DONE, seconds=limit)
        if shot.live:
            self.riptui("stop", "runs/live")
        if shot.study:
            self.riptui("study", "stop", STUDY)
        return saved(photo, SCREENSHOTS / f"{shot.name}.png")


def saved(photo: Pillow.Image, path: Path) -> Path:
    photo.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        photo.quantize(256, Pillow.Quantize.MEDIANCUT, kmeans=1).save(path, optimize=True)
    return path


def main() -> None:
    known = {shot.name: shot for shot in SHOTS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(known))
    parser.add_argument("--home", type=Path, help="a folder that keeps the runs for the next time")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(known):
        parser.error(f"not one of {', '.join(known)}: {', '.join(sorted(unknown))}")
    chosen = {name: known[name] for name in asked.names or known}
    for shot in chosen.values():
        if lacking := missing(shot.terminal):
            sys.exit(f"not installed: {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as passing:
        studio = Studio((asked.home or Path(passing)).absolute())
        studio.home.mkdir(parents=True, exist_ok=True)
        shutil.copy(COFFEE, studio.home)
        for options in RUNS:
            studio.run(options)
        for shot in chosen.values():
            path = studio.take(shot)
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
