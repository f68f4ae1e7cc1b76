"""`riptui doctor`: what works on this machine, and how to fix what does not."""

import fcntl
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from rich.text import Text

from riptui import __version__
from riptui.cli.console import err, out, print_json
from riptui.cli.logind import logout_advice
from riptui.filesystem import free_bytes
from riptui.metrics.lpips_weights import TRUNKS, is_installed, weights_path
from riptui.text.terminal import printable
from riptui.text.units import format_size

BASE = (
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "pillow",
    "msgspec",
    "rich",
    "rich-click",
    "jaxtyping",
    "simplejpeg",
    "textual",
    "tifffile",
)
EXTRAS = {
    "diffusion": ("torch", "torchvision", "lpips", "torchmetrics"),
    "parquet": ("pyarrow",),
    "datasets": ("datasets",),
    "pictures": ("pillow-heif", "pillow-jxl-plugin"),
    "report": ("matplotlib",),
}
MIN_FREE_BYTES = 2**30  # bytes; about 200 trajectories

# in its own process: torch takes seconds to import and may crash on a broken driver
TORCH_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({"torch": torch.__version__, "built": torch.version.cuda or torch.version.hip,
    "gpus": [{"name": torch.cuda.get_device_name(i), "gib": torch.cuda.get_device_properties(i).total_memory / 2**30}
             for i in range(torch.cuda.device_count() if cuda else 0)],
    "mps": torch.backends.mps.is_available()}))
"""

FindingState = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class DoctorFinding:
    """The result of one check."""

    topic: str
    state: FindingState
    what: str
    advice: str = ""


def doctor(runs: Path, as_json: bool) -> int:
    machine = (check_python, check_packages, check_plugins, check_terminal, check_gpu, check_weights, check_logout)
    checks: list[Callable[[], Iterator[DoctorFinding]]] = [*machine, lambda: check_disk(runs)]
    findings: list[DoctorFinding] = []
    with err.status("checking ...") if err.is_terminal else err.capture():
        for check in checks:
            findings += check()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print_findings(findings)
    return 1 if any(finding.state == "bad" for finding in findings) else 0


def _print_findings(findings: list[DoctorFinding]) -> None:
    marks = {"ok": ("✓", "green"), "note": ("·", "yellow"), "bad": ("✗", "red")}
    topic = ""
    for finding in findings:
        heading, topic = ("" if finding.topic == topic else finding.topic), finding.topic
        out.print(Text.assemble((f"{heading:<10}", "bold"), marks[finding.state], f" {printable(finding.what)}"))
        if finding.advice:
            out.print(Text(f"{'':<12}{printable(finding.advice)}", "dim"))


def check_python() -> Iterator[DoctorFinding]:
    """The interpreter and riptui itself."""
    yield DoctorFinding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield DoctorFinding(
        "python", "ok", f"riptui {__version__} on {platform.system()} {platform.release()} ({platform.machine()})"
    )


def check_packages() -> Iterator[DoctorFinding]:
    """The base packages, and the extras."""
    missing = [name for name in BASE if _version(name) is None]
    if missing:
        yield DoctorFinding("packages", "bad", f"missing: {', '.join(missing)}", "pip install --force-reinstall riptui")
    else:
        yield DoctorFinding("packages", "ok", ", ".join(f"{name} {_version(name)}" for name in BASE))
    for extra, names in EXTRAS.items():
        absent = [name for name in names if _version(name) is None]
        if absent:
            advice = f"pip install 'riptui[{extra}]'"
            yield DoctorFinding("packages", "note", f"extra [{extra}]: not installed ({', '.join(absent)})", advice)
        else:
            versions = ", ".join(f"{name} {_version(name)}" for name in names)
            yield DoctorFinding("packages", "ok", f"extra [{extra}]: {versions}")


def check_plugins() -> Iterator[DoctorFinding]:
    """The inpainters and metrics that other packages add."""
    from riptui import inpainters, metrics

    for registry in (inpainters.REGISTRY, metrics.REGISTRY):
        for name in registry.plugin_names():
            yield DoctorFinding("plug-ins", "ok", f"{registry.kind} {name}")
        for problem in registry.list_problems():
            yield DoctorFinding("plug-ins", "note", problem, "update or uninstall that package")


def check_terminal() -> Iterator[DoctorFinding]:
    """Size, colours and encoding of the terminal."""
    if not sys.stdout.isatty():
        yield DoctorFinding("terminal", "note", "stdout is not a terminal: progress is shown as plain lines")
        return
    term = os.environ.get("TERM", "unset")
    multiplexer = next((name for name, key in (("tmux", "TMUX"), ("screen", "STY")) if key in os.environ), "")
    inside = f" in {multiplexer}" if multiplexer else ""
    environment = f"TERM={term}{inside}{' over SSH' if 'SSH_CONNECTION' in os.environ else ''}"
    yield DoctorFinding("terminal", "ok", f"{environment}, {out.width}x{out.height}")
    if out.no_color or out.color_system is None:
        yield DoctorFinding(
            "terminal", "note", "no colours: pictures cannot be recognised", "unset NO_COLOR, or use a colour TERM"
        )
    elif out.color_system != "truecolor":
        advice = "if it can show more: export COLORTERM=truecolor (ssh does not forward it)"
        yield DoctorFinding("terminal", "note", f"{out.color_system} colours: pictures are coarse", advice)
    else:
        yield DoctorFinding("terminal", "ok", "24-bit colours")
    if not out.encoding.startswith("utf"):
        advice = "export LANG=C.UTF-8"
        yield DoctorFinding("terminal", "note", f"encoding {out.encoding}: no half blocks, no sparklines", advice)


def check_gpu() -> Iterator[DoctorFinding]:
    """The GPUs that torch finds."""
    if find_spec("torch") is None:
        yield DoctorFinding(
            "gpu", "note", "not checked without torch; the inpainters of OpenCV and scikit-image need no GPU"
        )
        return
    try:
        process = subprocess.run(
            [sys.executable, "-c", TORCH_PROBE],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        torch_info = json.loads(process.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        cause = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        advice = "pip install --force-reinstall torch torchvision"
        yield DoctorFinding("gpu", "note", f"torch fails to start: {' '.join(cause)}", advice)
        return
    for card in torch_info["gpus"]:
        yield DoctorFinding("gpu", "ok", f"{card['name']}, {card['gib']:.0f} GiB")
    if not torch_info["gpus"]:
        built = f"torch {torch_info['torch']} " + (
            f"for CUDA {torch_info['built']}" if torch_info["built"] else "for the CPU"
        )
        yield DoctorFinding("gpu", "note", f"none ({built}): models, lpips and ms-ssim run on the CPU")


def check_weights() -> Iterator[DoctorFinding]:
    """The weights of LPIPS."""
    if find_spec("lpips") is None:
        yield DoctorFinding("weights", "note", "LPIPS needs the extra [diffusion]", "pip install 'riptui[diffusion]'")
        return
    for net in TRUNKS:
        path = weights_path(net)
        if is_installed(net):
            yield DoctorFinding("weights", "ok", f"lpips-{net}: {path}")
        else:
            advice = f"riptui fetch lpips-{net}; without network, copy the file there"
            yield DoctorFinding("weights", "note", f"lpips-{net}: {path} is missing", advice)


def check_disk(runs: Path) -> Iterator[DoctorFinding]:
    """The runs folder: free space, write permission, locks, and the time of an fsync."""
    try:
        folder = next(parent for parent in (runs.absolute(), *runs.absolute().parents) if parent.exists())
        free = free_bytes(folder)
    except OSError as error:
        yield DoctorFinding(
            "disk", "bad", f"{runs}: {error.strerror}", "choose another folder with --runs or $RIPTUI_RUNS"
        )
        return
    state: FindingState = "ok" if free > MIN_FREE_BYTES else "note"
    advice = (
        "" if free > MIN_FREE_BYTES else "a trajectory takes about 5 MB at 512 px; choose another folder with --runs"
    )
    yield DoctorFinding("disk", state, f"{format_size(free)} free for {runs}", advice)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            started = time.perf_counter()
            for _ in range(10):
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
            fsync_seconds = (time.perf_counter() - started) / 10
    except OSError as error:
        yield DoctorFinding(
            "disk", "bad", f"{folder}: {error.strerror}", "choose another folder with --runs or $RIPTUI_RUNS"
        )
        return
    slow = "each iteration pays this twice; a local disk is faster" if fsync_seconds > 0.02 else ""
    yield DoctorFinding(
        "disk",
        "note" if slow else "ok",
        f"{folder} is writable, locks work, an fsync takes {fsync_seconds * 1e3:.1f} ms",
        slow,
    )


def check_logout() -> Iterator[DoctorFinding]:
    """Whether background work survives the logout."""
    if text := logout_advice():
        problem, _, command = text.partition("; prevent it with: ")
        yield DoctorFinding("logout", "note", problem, command)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
