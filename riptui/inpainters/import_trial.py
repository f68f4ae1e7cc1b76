"""Whether an inpainter's packages can be imported, tried in another process: an import takes seconds, and may crash.

Successes are remembered until a package is installed, replaced or removed; failures are tried again.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from riptui.errors import BrokenExtraError, MissingExtraError
from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.models.json_cache import add_to_cache, read_cache

CACHE = "imports"
MAX_SECONDS = 300.0  # what takes longer is on a slow disk, and counts as importable
TRIAL = """
import importlib, sys
try:
    importlib.import_module(sys.argv[1])
except Exception as error:
    print(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    sys.exit(1)
"""


OnTrial = Callable[[str], None]
"""Called as `on_trial(text)` before a trial, with what it is and why it takes long."""


def require_importable(name: str, info: InpainterInfo, on_trial: OnTrial = lambda text: None) -> None:
    """Raise BrokenExtraError if a worker could not import what an inpainter of an extra needs.

    Tries nothing if this process has imported its packages already.
    """
    module = info.target.partition(":")[0]
    if info.extra is None or all(package in sys.modules for package in info.distributions):
        return
    installed = _describe_installation(info)
    if read_cache(CACHE).get(module) == installed:
        return
    on_trial(f"{name}: trying to import riptui[{info.extra}]: some seconds, once after each installation")
    if problem := _try_import(module):
        raise BrokenExtraError(f"the inpainter {name}", ImportError(problem), info.extra)
    add_to_cache(CACHE, module, installed)


def require_installed(name: str, info: InpainterInfo) -> None:
    """Raise MissingExtraError if a package of an inpainter's extra is not installed. Imports nothing."""
    absent = [package for package in info.distributions if find_spec(package) is None]
    if absent and info.extra:
        raise MissingExtraError(f"the inpainter {name}", absent[0], info.extra)


def _try_import(module: str) -> str:
    """Why a module cannot be imported; "" if it can."""
    command = [sys.executable, "-c", TRIAL, module]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=MAX_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):  # counts as importable: the worker's own import will say what is wrong
        return ""
    if ended.returncode < 0:
        return f"signal {-ended.returncode} ended the import"
    return ended.stdout.strip() or "the import ended the process" if ended.returncode else ""


def _describe_installation(info: InpainterInfo) -> str:
    """A digest that changes when a package is installed, replaced or removed in the folders of an inpainter's own."""
    found = [sys.executable]
    for name in info.distributions:
        with suppress(PackageNotFoundError, OSError):
            package = distribution(name)
            folder = Path(str(package.locate_file("")))
            found += [name, package.version, str(folder), str(folder.stat().st_mtime_ns)]
        if spec := find_spec(name):
            found.append(str(spec.origin))
    return hashlib.sha256("\n".join(found).encode()).hexdigest()
