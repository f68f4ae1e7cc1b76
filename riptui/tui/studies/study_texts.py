"""The texts about a study: its line in the list, the lines above its panes, its plan."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.text import Text

from riptui.planning.estimate import describe_disk_space, describe_time
from riptui.store.sign_watch import find_silent
from riptui.store.worker_registry import Worker
from riptui.study.study_estimate import StudyEstimate
from riptui.study.study_state import StudyState, describe_state, percent_done
from riptui.supervision.progress import SKIPPED, status_word, worker_rate
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable
from riptui.text.units import abbreviate_home, format_count, format_duration, format_rate, format_size
from riptui.tui.keymap import KeyNames
from riptui.tui.studies.report_reader import FoundReport
from riptui.tui.studies.study_plan import StudyPlan
from riptui.tui.trajectory.heading import format_age

BAR_COLUMNS = 24
LABEL_COLUMNS = 14
MIN_NAME_COLUMNS = 12
MAX_HOSTS = 3  # hosts of workers that are named
COUNTED = ("done", "running", "queued", "paused", "interrupted", "failed", SKIPPED, "missing")


def list_lines(states: Sequence[StudyState], columns: int) -> list[Text]:
    """A line for each study; of those elsewhere, and those of one name, with the folder of their file."""
    counts = Counter(state.known.name for state in states)
    titles = [
        f"{known.name} ({known.file.parent.name})" if known.is_elsewhere or counts[known.name] > 1 else known.name
        for known in (state.known for state in states)
    ]
    return [_list_line(state, printable(title), columns) for state, title in zip(states, titles, strict=True)]


def _list_line(state: StudyState, name: str, columns: int) -> Text:
    """Mark, name, how much of it is done, and a word."""
    status, word = describe_state(state)
    mark, colour = _mark(status)
    percent = f"{percent_done(state):.0f} %" if state.progress and status != "done" else ""
    end = f" {percent}  {word}" if percent else f"  {word}"
    room = max(MIN_NAME_COLUMNS, columns - 2 - cell_len(end))
    shown = name if cell_len(name) <= room else f"{name[: room - 1]}…"
    padding = " " * max(0, room - cell_len(shown))
    return one_line((f"{mark} ", colour), shown, padding, (end, "dim"))


def one_line(*parts: str | tuple[str, str]) -> Text:
    """A text that is cut off where it does not fit."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def head_lines(state: StudyState, key: KeyNames, log: str = "") -> tuple[Text, Text, Text]:
    """The file and the state; the bar; the counts, and what is wrong. log: of its last process in the background."""
    status, word = describe_state(state)
    mark, colour = _mark(status)
    known = state.known
    first = Text.assemble(
        (printable(known.name), "bold"),
        "  ",
        (f"{mark} {word}", colour),
        (f"  {printable(abbreviate_home(known.file))}", "dim"),
    )
    return first, _progress_line(state, key), _last_line(state, key, log)


def _progress_line(state: StudyState, key: KeyNames) -> Text:
    progress = state.progress
    if progress is None:
        text = f"{key('studies.compute')} computes it on this machine, in the background"
        return Text("" if state.known.problem else text, "dim")
    percent = percent_done(state)
    filled = round(BAR_COLUMNS * percent / 100)
    bar = Text.assemble(("━" * filled, "green"), ("━" * (BAR_COLUMNS - filled), "dim"))
    parts = [f" {percent:.0f} %"]
    if progress.seconds_left is not None:
        parts.append(f"{format_duration(progress.seconds_left)} left")
    if progress.rate and state.is_active:
        parts.append(format_rate(progress.rate))
    if state.created < state.expected:
        parts.append(f"{state.created:,} of {format_count(state.expected, 'trajectory')} created")
    if state.is_active and (workers := describe_workers(progress.workers)):
        parts.append(workers)
    return Text.assemble(bar, "  ".join(parts))


def describe_workers(workers: tuple[Worker, ...]) -> str:
    """2 workers here, 3 on node7 (SLURM job 12), 1 without a sign. Not yet safe to print."""
    places: dict[str, int] = {}
    for worker in workers:
        job = worker.record.slurm_job.partition("_")[0]
        place = "here" if worker.is_here else f"on {worker.record.host}"
        place += f" (SLURM job {job})" if job else " (Ray)" if worker.record.study else ""
        places[place] = places.get(place, 0) + 1
    texts = [f"{format_count(count, 'worker')} {place}" for place, count in places.items()]
    if len(texts) > MAX_HOSTS:
        texts[MAX_HOSTS:] = [f"{sum([*places.values()][MAX_HOSTS:])} elsewhere"]
    if silent := find_silent(workers):
        texts.append(f"{len(silent)} without a sign")
    return printable(", ".join(texts))


def _last_line(state: StudyState, key: KeyNames, log: str) -> Text:
    counts = [
        Text.assemble(_mark(status, ("!", "red")), f" {count:,} {status_word(status)}")
        for status in COUNTED
        if (count := state.count(status))
    ]
    if state.known.has_changed:
        counts.append(Text(f"the file has changed since: {key('studies.compute')} adds the changes", "yellow"))
    lines = [Text(printable(state.known.problem), "red")] if state.known.problem else []
    last = (log.strip().splitlines() or [""])[-1]
    if last.startswith("error: ") and not (lines or state.is_active or state.is_done):
        lines.append(Text(f"when it was last computed here: {printable(last.removeprefix('error: '))}", "red"))
    return Text("\n").join([*lines, Text("  ").join(counts)] if counts else lines)


def _mark(status: str, unlisted: tuple[str, str] = ("·", "dim")) -> tuple[str, str]:
    """The sign of a status, and its colour."""
    mark, colour = STATUS_MARKS.get(status, unlisted)
    return mark, "" if colour == "none" else colour


def plan_lines(state: StudyState, plan: StudyPlan | None, key: KeyNames) -> Text:
    """What is to be computed and what it takes. plan: None while it is being made."""
    known = state.known
    if known.study is None:
        if known.is_gone and known.manifest:
            text = Text("what was run:\n\n", "dim")
            return text.append("\n".join(map(printable, known.manifest.text.splitlines())), "not dim")
        return Text(f"{key('studies.edit')} opens {printable(known.file.name)} in your editor", "dim")
    if plan is None:
        return Text("estimating ...", "dim")
    estimate = plan.estimate
    rows = [*_cost_rows(state, plan.product, estimate)] if estimate else [("", plan.problem)]
    rows += [("", "")]
    rows += [(setting.name, setting.text) for setting in plan.settings]
    metrics = known.study.metrics
    names = "the defaults" if metrics is None else ", ".join(metrics) or "none"
    interval = known.study.measure
    every = {"half": "every 50 %", "every": "every iteration"}.get(str(interval), f"every {interval} iterations")
    rows += [("metrics", f"{names}, {every}"), ("", "")]
    rows += [("file", abbreviate_home(known.file)), ("folder", abbreviate_home(known.study.folder))]
    text = Text()
    for name, value in rows:
        text.append(f"{printable(name):<{LABEL_COLUMNS}}", "dim").append(f"{printable(value)}\n")
    for notice in _list_warnings(estimate, key) if estimate else ():
        text.append(f"{printable(notice)}\n", "yellow")
    if plan.lacking is None and not state.is_done:
        text.append("looking for weights, packages, programs and servers ...\n", "dim")
    for line in plan.lacking or ():
        text.append(f"{printable(line)}\n", "yellow")
    return text


def _cost_rows(state: StudyState, product: str, estimate: StudyEstimate) -> Iterator[tuple[str, str]]:
    done = max(estimate.done, state.progress.done if state.progress else 0)
    seconds = None if estimate.hours is None else estimate.hours * 3600
    yield "pictures", f"{estimate.pictures:,}"
    yield "each", product
    finished = f", {state.count('done'):,} of them done" if state.progress else ""
    yield "trajectories", f"{estimate.trajectories:,}{finished}"
    yield "iterations", f"{estimate.iterations:,}, {done:,} of them done" if done else f"{estimate.iterations:,}"
    if done < estimate.iterations:
        if state.progress is None or state.progress.seconds_left is None:  # else it is in the lines above
            yield "time", f"{describe_time(seconds)} on one device"
        yield "disk", f"{describe_disk_space(estimate.room)} more, {format_size(estimate.free)} free"


def _list_warnings(estimate: StudyEstimate, key: KeyNames) -> Iterator[str]:
    if estimate.hours is None and estimate.done < estimate.iterations:
        yield "no timings for this model yet: they come with its first iterations"
    if estimate.room > estimate.free:
        yield "not enough disk space: free some, or use another runs folder"
    for name in estimate.unfetched:
        fetches = f"{key('studies.compute')} fetches it"
        yield f"{name} is not on this machine: {fetches}, of Parquet files only the drawn rows"
    yield from estimate.notices
    for path in estimate.missing:
        yield f"{path} does not exist"


def report_lines(state: StudyState, found: FoundReport | None, progress: str, report_key: str) -> list[Text]:
    """What is said of a study's report, above its sections. progress: how far the writing of one is."""
    known, done = state.known, state.count("done")
    lines = []
    if progress:
        lines.append(one_line((f"being written: {printable(progress)}   {report_key} gives it up", "bold")))
    if found is not None:
        lines.append(one_line(printable(abbreviate_home(found.folder))))
        age = format_age(datetime.fromtimestamp(found.when, UTC).isoformat()).strip() or "now"
        about = format_count(found.trajectories, "trajectory")
        lines.append(one_line((f"report.md, report.html and figures, written {age}, of {about}", "dim")))
        if done > found.trajectories:
            lines.append(one_line((f"{done:,} are done now: {report_key} writes it again", "yellow")))
        lines.append(one_line(""))
    elif not progress:
        if known.study:
            folder = printable(abbreviate_home(known.study.report_folder))
            lines.append(one_line((f"{report_key} writes the report to {folder}", "dim")))
        if not done:
            lines.append(one_line(("nothing is done yet, and only complete trajectories count", "dim")))
    return lines


def worker_lines(state: StudyState) -> Iterator[str]:
    """A line for each worker that is at work. Not yet safe to print."""
    for worker in state.progress.workers if state.progress else ():
        live = worker.live
        rate = format_rate(worker_rate(worker)) if worker_rate(worker) else ""
        facts = [worker.record.id, worker.device or "best device", live.state if live else "starting", rate]
        yield "  ".join(filter(None, facts))
