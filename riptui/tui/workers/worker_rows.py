"""The table of workers, and all that is known of one. For a thread: it asks the disk and the kernel whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from riptui.filesystem import user_name
from riptui.store.worker_registry import Worker
from riptui.text.terminal import printable
from riptui.text.units import format_duration, format_rate, format_silence
from riptui.tui.row_table import CellValue, TableColumn, TableRow, fit_columns_to_texts

TITLES = ("worker", "computes", "it/s", "device", "user", "left", "since", "model")
RIGHT = ("it/s", "left")
MAX_COLUMNS = {"worker": 26, "computes": 60, "device": 28, "user": 12, "model": 24}
PHASE_MARKS = {"working": "●", "loading": "◌", "starting": "◌", "idle": "○", "leaving": "◌"}


@dataclass(frozen=True)
class DescribedWorker:
    """A worker, with what only the disk and the kernel know, which takes time to ask."""

    worker: Worker
    user: str
    is_own: bool
    is_here: bool

    @property
    def id(self) -> str:
        return self.worker.record.id

    @property
    def has_died(self) -> bool:
        """Whether it ended without having been asked to, or having said that it exits."""
        return not self.worker.alive and not self.worker.leaving

    @property
    def title(self) -> str:
        """Its pid; on another host with the host."""
        pid = f"{self.worker.record.pid}"
        return pid if self.is_here else f"{printable(self.worker.record.host)} {pid}"


def describe_workers(workers: Sequence[Worker]) -> list[DescribedWorker]:
    return [DescribedWorker(worker, _user_name(worker.user), worker.is_own, worker.is_here) for worker in workers]


def _user_name(uid: int | None) -> str:
    return "" if uid is None else printable(user_name(uid))


def build_worker_table(workers: Sequence[DescribedWorker]) -> tuple[tuple[TableColumn, ...], tuple[TableRow, ...]]:
    """Columns and rows, the running ones first."""
    rows = tuple(_build_row(described) for described in workers)
    return fit_columns_to_texts(TITLES, rows, RIGHT, MAX_COLUMNS), rows


def _build_row(described: DescribedWorker) -> TableRow:
    worker, live = described.worker, described.worker.live
    mark, style = PHASE_MARKS.get(live.state if live else "starting", "●"), ""
    if not worker.alive:
        mark, style = ("✗", "error") if described.has_died else ("◼", "dim")
    elif worker.silent:
        mark, style = "!", "warning"
    is_computing = worker.alive and live is not None and not worker.silent
    rate = format_rate(live.rate) if is_computing and live and live.rate else ""
    values: tuple[CellValue, ...] = (
        described.title,
        _describe_work(described),
        rate.removesuffix(" it/s"),
        printable(worker.device.partition(" (")[0] or "best"),
        described.user,
        _format_left(worker) if is_computing else "",
        format_since(worker.record.started),
        printable(live.inpainter) if live else "",
    )
    return TableRow(described.id, mark, values, style)


def _describe_work(described: DescribedWorker) -> str:
    """fig7/cat/m64-s0 38/256 +3; behind it loading or leaving; or idle, no sign for 45 s, died."""
    worker, live = described.worker, described.worker.live
    if not worker.alive:
        return "died: see its log" if described.has_died else "has ended"
    parts = [format_silence(worker.silent)] if worker.silent else []
    if live is not None and live.jobs:
        job = live.jobs[0]
        more = f" +{len(live.jobs) - 1}" if len(live.jobs) > 1 else ""
        parts.append(f"{printable(job.path)} {job.k}/{job.iterations}{more}")
        parts += ["leaving"] if worker.leaving else ["loading"] if live.state == "loading" else []
    elif not worker.silent:
        parts.append(live.state if live else "starting")
    if worker.record.command:
        parts.append(f"riptui {printable(worker.record.command)}")
    if live is not None and live.skipped_count:
        parts.append(f"{live.skipped_count} skipped")
    return ", ".join(parts)


def _format_left(worker: Worker) -> str:
    """Until all its present jobs are done, at its present rate."""
    live = worker.live
    if live is None or not live.jobs or not live.rate:
        return ""
    return format_duration(sum(job.iterations - job.k for job in live.jobs) / live.rate)


def format_since(started: str) -> str:
    """The local time of a start, 14:02; on another day Nov 26; "" if it is not a time."""
    try:
        then = datetime.fromisoformat(started).astimezone()
    except ValueError:
        return ""
    return then.strftime("%H:%M" if then.date() == datetime.now().astimezone().date() else "%b %d")


def describe_worker(described: DescribedWorker) -> Content:
    """All that is known of a worker: its process, its options, its jobs, what it skips and why."""
    record, live = described.worker.record, described.worker.live
    rows = [
        ("worker", record.id),
        ("process", f"{record.pid} on {record.host}, of {described.user or 'an unknown user'}, since {record.started}"),
        ("device", described.worker.device or "the best there is"),
        ("options", _describe_options(described.worker)),
        ("log", str(described.worker.log)),
    ]
    rows += [("command", f"riptui {record.command}: takes nothing from the queue")] if record.command else []
    rows += [("study", record.study)] if record.study else []
    rows += [("SLURM job", record.slurm_job)] if record.slurm_job else []
    if live is not None:
        rows += [("state", f"{live.state}{f', {live.note}' if live.note else ''}")]
        rows += [("model", live.inpainter)] if live.inpainter else []
        for number, job in enumerate(live.jobs):
            step = f"  step {job.step}/{job.steps}" if job.steps else ""
            rows.append(("" if number else "computes", f"{job.path}  {job.k}/{job.iterations}{step}"))
        for number, skipped in enumerate(live.skipped):
            rows.append(("" if number else "skips", f"{skipped.path}: {skipped.reason}"))
        rows += [("notice", notice) for notice in live.notices]
    parts: list[tuple[str, str]] = []
    for name, value in rows:
        parts += [(f"{name:<10}  ", "$foreground-muted"), (f"{printable(value)}\n", "$foreground")]
    return Content.assemble(*parts)


def _describe_options(worker: Worker) -> str:
    record = worker.record
    parts = [f"riptui {record.version}", f"batch {record.batch or 'as many as fit'}", f"computes for: {record.serves}"]
    parts += ["deterministic"] if record.deterministic else []
    parts += ["offline"] if record.offline else []
    parts += [f"offload {record.offload}"] if record.offload != "none" else []
    return ", ".join(parts)
