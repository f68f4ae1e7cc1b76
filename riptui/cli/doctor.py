"""`riptui doctor`: what works on this machine, and how to fix what does not."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from rich.text import Text

from riptui import __version__, features, inpainters, metrics
from riptui.cli.console import err, out, print_json
from riptui.cli.diagnosis import Diagnoses, Diagnosis
from riptui.cli.doctor_disk import check_disk
from riptui.cli.logind import logout_advice
from riptui.errors import RiptuiError
from riptui.extras import importing
from riptui.graphics.probe import probe
from riptui.inpainters import servers
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.inpainters.devices.visible_devices import find_visible
from riptui.inpainters.programs.program_registry import explain_missing
from riptui.inpainters.servers.server_place import find_named_server, url_variable
from riptui.metrics.lpips_weights import TRUNKS, is_installed, weights_path
from riptui.settings import load_settings
from riptui.supervision.device_choice import list_gpu_uses
from riptui.text.terminal import printable

BASE = (
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "pillow",
    "msgspec",
    "rich",
    "rich-click",
    "imagehash",
    "simplejpeg",
    "textual",
    "tifffile",
)
EXTRAS = {
    "diffusion": ("torch", "torchvision", "lpips", "torchmetrics"),
    "lora": ("peft",),
    "prompts": ("compel",),
    "quantised": ("bitsandbytes", "gguf"),
    "lama": ("spandrel",),
    "mat": ("spandrel-extra-arches",),
    "servers": ("httpx2", "wsproto"),
    "sets": ("torch-fidelity", "scikit-learn"),
    "parquet": ("pyarrow",),
    "datasets": ("datasets",),
    "pictures": ("pillow-heif", "pillow-jxl-plugin"),
    "video": ("av",),
    "report": ("matplotlib", "markdown-it-py", "anyascii"),
    "ray": ("ray",),
}

# in its own process: torch takes seconds to import and may crash on a broken driver
TORCH_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({"torch": torch.__version__, "built": torch.version.cuda or torch.version.hip,
    "gpus": [{"name": torch.cuda.get_device_name(i), "gib": torch.cuda.get_device_properties(i).total_memory / 2**30}
             for i in range(torch.cuda.device_count() if cuda else 0)],
    "mps": torch.backends.mps.is_available()}))
"""


def doctor(folder: Path | None, runs: Path, as_json: bool) -> int:
    checks: dict[str, Callable[[], Diagnoses]] = {
        "python": check_python,
        "packages": check_packages,
        "plug-ins": check_plugins,
        "programs": check_programs,
        "servers": check_servers,
        "terminal": check_terminal,
        "gpu": lambda: check_gpu(runs),
        "weights": check_weights,
        "logout": check_logout,
        "disk": lambda: check_disk(folder or runs),
    }
    with err.status("checking ...") if err.is_terminal else err.capture():
        found = {topic: list(check()) for topic, check in checks.items()}
    if as_json:
        print_json([{"topic": topic, **each._asdict()} for topic, diagnoses in found.items() for each in diagnoses])
    else:
        _print_diagnoses(found)
    return 1 if any(each.state == "bad" for diagnoses in found.values() for each in diagnoses) else 0


def _print_diagnoses(found: Mapping[str, Sequence[Diagnosis]]) -> None:
    marks = {"ok": ("✓", "green"), "note": ("·", "yellow"), "bad": ("✗", "red")}
    for topic, diagnoses in found.items():
        for index, (state, what, advice) in enumerate(diagnoses):
            heading = "" if index else topic
            out.print(Text.assemble((f"{heading:<10}", "bold"), marks[state], f" {printable(what)}"))
            if advice:
                out.print(Text(f"{'':<12}{printable(advice)}", "dim"))


def check_python() -> Diagnoses:
    yield Diagnosis("ok", f"{platform.python_version()} at {sys.executable}")
    yield Diagnosis("ok", f"riptui {__version__} on {platform.system()} {platform.release()} ({platform.machine()})")


def check_packages() -> Diagnoses:
    missing = [name for name in BASE if installed_version(name) is None]
    if missing:
        yield Diagnosis("bad", f"missing: {', '.join(missing)}", "pip install --force-reinstall riptui")
    else:
        yield Diagnosis("ok", ", ".join(f"{name} {installed_version(name)}" for name in BASE))
    for extra, names in EXTRAS.items():
        absent = [name for name in names if installed_version(name) is None]
        if absent:
            advice = f"pip install 'riptui[{extra}]'"
            yield Diagnosis("note", f"extra [{extra}]: not installed ({', '.join(absent)})", advice)
        else:
            versions = ", ".join(f"{name} {installed_version(name)}" for name in names)
            yield Diagnosis("ok", f"extra [{extra}]: {versions}")


def check_plugins() -> Diagnoses:
    """The inpainters, metrics and feature extractors that other packages add."""

    for registry in (inpainters.REGISTRY, metrics.REGISTRY, features.REGISTRY):
        for name in registry.plugin_names():
            yield Diagnosis("ok", f"{registry.kind} {name}")
        for problem in registry.list_problems():
            yield Diagnosis("note", problem, "update or uninstall that package")


def check_programs() -> Diagnoses:
    """The external programs of the settings, and whether each is found; none of them is started."""
    for name, info in inpainters.REGISTRY.own_infos().items():
        missing = explain_missing(name, info)
        if missing:
            problem, _, advice = str(missing).partition("; ")
            yield Diagnosis("note", problem, advice)
        else:
            yield Diagnosis("ok", f"inpainter {name}: its program is found")
    for problem in inpainters.REGISTRY.own_problems().values():
        yield Diagnosis("note", problem, "riptui config edit")


def check_servers() -> Diagnoses:
    """Whether the servers whose URL is known answer, and what they are."""
    names = [name for name, info in inpainters.REGISTRY.items() if info.is_server]
    with ThreadPoolExecutor() as pool:
        yield from filter(None, pool.map(_check_server, names))


def _check_server(name: str) -> Diagnosis | None:
    """None if nobody says where it is."""
    info = inpainters.find_inpainter(name)
    try:
        place = find_named_server(name)
        if place is None:
            return None
        with importing(f"the inpainter {name}", info.extra or ""):
            server_check = servers.server_check
        found = server_check.look_up(name, info.parameters, refuses=False)
    except RiptuiError as error:
        return Diagnosis("note", str(error), f"[servers.{name}] of the settings, or ${url_variable(name)}")
    details = ", ".join(f"{key} {value}" for key, value in found.items())
    return Diagnosis("ok", f"inpainter {name}: {place.url} answers{details and f': {details}'}")


def check_terminal() -> Diagnoses:
    """Size, colours and encoding of the terminal."""
    if not sys.stdout.isatty():
        yield Diagnosis("note", "stdout is not a terminal: progress is shown as plain lines")
        return
    term = os.environ.get("TERM", "unset")
    multiplexer = next((name for name, key in (("tmux", "TMUX"), ("screen", "STY")) if key in os.environ), "")
    inside = f" in {multiplexer}" if multiplexer else ""
    environment = f"TERM={term}{inside}{' over SSH' if 'SSH_CONNECTION' in os.environ else ''}"
    yield Diagnosis("ok", f"{environment}, {out.width}x{out.height}")
    if out.no_color or out.color_system is None:
        yield Diagnosis("note", "no colours: half blocks are grey or left out", "unset NO_COLOR, or use a colour TERM")
    elif out.color_system != "truecolor":
        advice = "if it can show more: export COLORTERM=truecolor (ssh does not forward it)"
        yield Diagnosis("note", f"{out.color_system} colours: pictures are coarse", advice)
    else:
        yield Diagnosis("ok", "24-bit colours")
    yield check_pictures()
    if not out.encoding.startswith("utf"):
        advice = "export LANG=C.UTF-8"
        yield Diagnosis("note", f"encoding {out.encoding}: no half blocks, no sparklines", advice)


def check_pictures() -> Diagnosis:
    """How pictures are shown here, and why."""
    try:
        terminal = probe(load_settings().settings.graphics)
    except ValueError as error:  # of $RIPTUI_GRAPHICS
        return Diagnosis("bad", f"pictures: {error}", "unset RIPTUI_GRAPHICS")
    reason, _, advice = terminal.reason.partition("; for pictures: ")
    state: Literal["ok", "note"] = "ok" if terminal.protocol in ("kitty", "sixel") else "note"
    return Diagnosis(state, f"pictures: {terminal.protocol.replace('halfblock', 'half blocks')}; {reason}", advice)


def check_gpu_uses(runs: Path) -> Diagnoses:
    """Who uses the GPUs that nvidia-smi lists, and what CUDA_VISIBLE_DEVICES makes of them."""
    gpus = query_gpus()
    for use in list_gpu_uses(runs, gpus):
        yield Diagnosis("ok" if use.is_free else "note", f"{use.device or use.gpu.uuid}: {use.use}: {use.reason}")
    if note := find_visible(gpus).note:
        yield Diagnosis("note", note, "riptui devices")


def check_gpu(runs: Path) -> Diagnoses:
    """The GPUs that torch finds, and who uses them."""
    if find_spec("torch") is None:
        yield Diagnosis("note", "not checked without torch; the inpainters of OpenCV and scikit-image need no GPU")
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
        probed = json.loads(process.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        cause = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        advice = "pip install --force-reinstall torch torchvision"
        yield Diagnosis("note", f"torch fails to start: {' '.join(cause)}", advice)
        return
    for card in probed["gpus"]:
        yield Diagnosis("ok", f"{card['name']}, {card['gib']:.0f} GiB")
    yield from check_gpu_uses(runs)
    if not probed["gpus"]:
        target = f"CUDA {probed['built']}" if probed["built"] else "the CPU"
        yield Diagnosis(
            "note", f"none (torch {probed['torch']} for {target}): models, lpips and ms-ssim run on the CPU"
        )


def check_weights() -> Diagnoses:
    if find_spec("lpips") is None:
        yield Diagnosis("note", "LPIPS needs the extra [diffusion]", "pip install 'riptui[diffusion]'")
        return
    for net in TRUNKS:
        path = weights_path(net)
        if is_installed(net):
            yield Diagnosis("ok", f"lpips-{net}: {path}")
        else:
            advice = f"riptui fetch lpips-{net}; without network, copy the file there"
            yield Diagnosis("note", f"lpips-{net}: {path} is missing", advice)


def check_logout() -> Diagnoses:
    """Whether background work survives the logout."""
    if text := logout_advice():
        problem, _, command = text.partition("; prevent it with: ")
        yield Diagnosis("note", problem, command)


def installed_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
