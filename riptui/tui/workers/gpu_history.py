"""Use and memory of the workers' GPUs over the last minutes: what their live.json said while the app was open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan

from textual.content import Content

from riptui.store.worker_registry import Worker
from riptui.text.terminal import printable, sparkline

BAR_SECONDS = 5.0  # of history that a bar stands for
MAX_BARS = 240
MIN_BARS = 6
GIB = 2**30

GpuKey = tuple[str, str]
"""Host and device."""


@dataclass
class GpuSamples:
    """What workers said of one GPU."""

    load: float | None = None
    """0 to 1, the newest."""
    memory: tuple[int, int] | None = None
    """Used, by all processes, and total; bytes."""
    bars: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Highest load and memory in use, 0 to 1, by the number of the bar; nan: not known."""
    is_used: bool = True
    """Whether a worker that gives signs uses it now."""


class GpuHistory:
    """Fed with what the app's watcher sees of the workers. For the UI thread."""

    def __init__(self) -> None:
        self.gpus: dict[GpuKey, GpuSamples] = {}

    def add(self, workers: Sequence[Worker], now: float) -> None:
        """Note what running workers say. now: time.monotonic()."""
        for samples in self.gpus.values():
            samples.is_used = False
        bar = int(now // BAR_SECONDS)
        for worker in workers:
            live = worker.live
            if live is None or worker.silent or (live.load is None and live.memory_used is None):
                continue
            samples = self.gpus.setdefault((worker.record.host, worker.device), GpuSamples())
            samples.is_used = True
            samples.load = live.load
            if live.memory_used is not None and live.memory_total:
                samples.memory = live.memory_used, live.memory_total
            used = samples.memory[0] / samples.memory[1] if samples.memory else nan
            load = nan if live.load is None else live.load
            samples.bars[bar] = max(load, samples.bars.get(bar, (load, used))[0]), used
            while len(samples.bars) > MAX_BARS:
                del samples.bars[next(iter(samples.bars))]

    def to_lines(self, width: int, now: float, own_host: str) -> list[Content]:
        """A line for each GPU, with as much of its history as fits."""
        names = {key: _format_name(*key, own_host) for key in self.gpus}
        longest = min(max(map(len, names.values()), default=0), max(8, width // 3))
        return [_format_line(names[key], longest, self.gpus[key], width, now) for key in sorted(self.gpus)]


def _format_name(host: str, device: str, own_host: str) -> str:
    name = printable(device).replace("(NVIDIA ", "(")
    return name if host == own_host else f"{printable(host)} {name}"


def _format_line(name: str, columns: int, samples: GpuSamples, width: int, now: float) -> Content:
    """cuda:0 (NVIDIA H200)   71 % ▂▃▅▇   18/139 GiB ▂▂▂▂"""
    load = "   –" if samples.load is None else f"{100 * samples.load:3.0f} %"
    memory = ""
    if samples.memory is not None:
        memory = f"{samples.memory[0] / GIB:.0f}/{samples.memory[1] / GIB:.0f} GiB"
    room = width - columns - 2 - 6 - 2 - 12
    count = max(0, min(MAX_BARS, room // 2))
    newest = int(now // BAR_SECONDS)
    known = [samples.bars.get(bar, (nan, nan)) for bar in range(newest - count + 1, newest + 1)]
    bars = [sparkline([pair[place] for pair in known], 0.0, 1.0) if count >= MIN_BARS else "" for place in (0, 1)]
    style = "" if samples.is_used else "$foreground-muted"
    return Content.assemble(
        (f"{name[:columns]:<{columns}}  {load:>5} ", style),
        (bars[0], "$primary"),
        (f"  {memory:>11} ", style),
        (bars[1], "$secondary"),
    )
