"""What nvidia-smi says of this machine's GPUs: names, memory, MIG devices, processes. Never imports torch."""

import re
import subprocess
from dataclasses import dataclass
from xml.etree import ElementTree

MIB = 2**20
TIMEOUT_SECONDS = 20.0  # without a persistent driver it takes several, with a broken one it hangs
LISTED_GPU = re.compile(r"GPU (?P<index>\d+): (?P<name>.*) \(UUID: (?P<uuid>GPU-[^)]+)\)")
LISTED_MIG = re.compile(r"\s+MIG (?P<name>\S+)\s+Device\s+(?P<index>\d+): \(UUID: (?P<uuid>MIG-[^)]+)\)")
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w+);)")
"""An ampersand that begins no entity: nvidia-smi writes the names of processes as they are."""


@dataclass(frozen=True)
class GpuProcess:
    """A process that uses a GPU."""

    pid: int
    """As the host counts; a container may not see that process."""
    name: str
    memory: int | None
    """Bytes; None: not known."""


@dataclass(frozen=True)
class MachineGpu:
    """A GPU, or a MIG device: a part of one that CUDA uses as a GPU of its own."""

    index: int
    """Of the GPU, as nvidia-smi counts; of a MIG device, that of its GPU."""
    uuid: str
    """GPU-... or MIG-..."""
    name: str
    memory_total: int | None = None
    """Bytes; None: not known."""
    memory_used: int | None = None
    """Bytes, by all processes."""
    processes: tuple[GpuProcess, ...] = ()
    mig_devices: tuple["MachineGpu", ...] = ()
    mig_enabled: bool = False
    """Whether the GPU is split: then it computes only through its MIG devices, if it has any."""


def query_gpus() -> list[MachineGpu]:
    """The GPUs of this machine, in nvidia-smi's order; none without nvidia-smi, or if its driver does not answer."""
    listing, report = _run("-L"), _run("-q", "-x")
    return parse_gpus(listing, report) if listing else []


def _run(*arguments: str) -> str:
    try:
        result = subprocess.run(
            ["nvidia-smi", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout


def parse_gpus(listing: str, report: str) -> list[MachineGpu]:
    """The GPUs by the output of `nvidia-smi -L`, with memory and processes by that of `nvidia-smi -q -x`.

    What the report lacks, or says as N/A, is not known.
    """
    reported = _parse_report(report)
    gpus: list[tuple[re.Match[str], list[re.Match[str]]]] = []
    for line in listing.splitlines():
        if found := LISTED_GPU.match(line):
            gpus.append((found, []))
        elif gpus and (found := LISTED_MIG.match(line)):
            gpus[-1][1].append(found)
    unknown = ElementTree.Element("gpu")
    return [_make_gpu(found, migs, reported.get(found["uuid"], unknown)) for found, migs in gpus]


def _parse_report(report: str) -> dict[str, ElementTree.Element]:
    report = BARE_AMPERSAND.sub("&amp;", NOT_IN_XML.sub("?", report))
    try:
        root = ElementTree.fromstring(report)  # of the driver's own program
    except ElementTree.ParseError:
        return {}
    return {gpu.findtext("uuid", "").strip(): gpu for gpu in root.iter("gpu")}


def _make_gpu(listed: re.Match[str], migs: list[re.Match[str]], report: ElementTree.Element) -> MachineGpu:
    index, uuid, name = int(listed["index"]), listed["uuid"], listed["name"]
    by_index = {part.findtext("index", "").strip(): part for part in report.iter("mig_device")}
    return MachineGpu(
        index,
        uuid,
        name,
        *_read_memory(report),
        tuple(_read_process(process) for process in report.iter("process_info")),
        tuple(_make_mig(index, name, mig, by_index.get(mig["index"]), report) for mig in migs),
        mig_enabled=report.findtext("mig_mode/current_mig", "Enabled" if migs else "").strip() == "Enabled",
    )


def _make_mig(
    index: int, gpu: str, listed: re.Match[str], part: ElementTree.Element | None, report: ElementTree.Element
) -> MachineGpu:
    name = f"{gpu} MIG {listed['name']}"
    if part is None:
        return MachineGpu(index, listed["uuid"], name)
    instances = [_read_instances(part), *map(_read_instances, report.iter("process_info"))]
    processes = zip(report.iter("process_info"), instances[1:], strict=True)
    own = tuple(_read_process(process) for process, place in processes if place == instances[0])
    return MachineGpu(index, listed["uuid"], name, *_read_memory(part), own)


def _read_instances(element: ElementTree.Element) -> tuple[str, str]:
    """The GPU instance and the compute instance: the place of a MIG device, and of a process on one."""
    return element.findtext("gpu_instance_id", "").strip(), element.findtext("compute_instance_id", "").strip()


def _read_memory(element: ElementTree.Element) -> tuple[int | None, int | None]:
    total, used = (_read_bytes(element.findtext(f"fb_memory_usage/{key}")) for key in ("total", "used"))
    return total, used


def _read_process(process: ElementTree.Element) -> GpuProcess:
    pid = process.findtext("pid", "").strip()
    name = process.findtext("process_name", "").strip()
    return GpuProcess(int(pid) if pid.isdecimal() else 0, name, _read_bytes(process.findtext("used_memory")))


def _read_bytes(text: str | None) -> int | None:
    """The bytes of, e.g., "40960 MiB"; None for N/A and anything else."""
    found = re.fullmatch(r"\s*(\d+) MiB\s*", text or "")
    return int(found[1]) * MIB if found else None
