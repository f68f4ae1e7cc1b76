"""The command `riptui`: the table of its commands, and `main`, which opens the app or runs one of them.

    commands/    what can be typed: options, help, and the name of the work; a file for each command
    NAME.py      the work of the command NAME; study/NAME.py that of `riptui study NAME`, corpus/ likewise
    options      options and arguments that commands share; values: their types, such as 64,128,256 and 0-9;
                 computing_options: those that name models, metrics and features
    lazy         what lets a declaration name work that is imported when the command runs
    stall_watch  says which file system does not answer
    console      printing, made safe for a terminal; streams: the standard streams; exit_codes: errors to exit codes;
                 usage_errors: what is wrong with a command line
    run_trajectories    how `run`, `resume` and `demo` compute: in_process, or via_worker; run_display: what they show
    ls_table     the lines of `ls`
    sweep_options       the sweep of `run`
    metric_choice       which metrics a run measures; fetch_names: what the names given to `fetch` stand for
    results_tables      tables of `results`, with settings_table, setting_value, mask_names, recursion_tables
    set_results         `results` by a metric of sets
    collapse_tables     how trajectories end, for `collapse`; diversity_tables: of `diversity`
    care                --on-end and --timeout; stop_signal: Ctrl-C; logind: what systemd kills at logout
    source_images       the pictures of `run`; side_by_side: two pictures on a terminal, for `show`
    garbage      turns off Python's cycle collector for long lists; reading_line: how far their reading is
    runs_folder, lookup_runs, worker_options    options as values; unlisted, copies: warnings beside a listing
    diagnosis           a result of `doctor`; doctor_disk: its checks of the disk; transient_progress: bars that vanish
    filtered            what --filter leaves; figure_files: the files of chart and sheet
    pause_and_stop      the work of `pause` and `stop`
    confirm      questions

Help and completion import only the declarations; the work of a command imports NumPy, OpenCV and scikit-image, which
take 0.8 s together. The app, and `ls` without options, start without Click and Rich's help: in a tenth of that time.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli import streams
from riptui.cli.garbage import without_gc
from riptui.cli.stall_watch import end_stall_watch, watch_for_stalls

if TYPE_CHECKING:
    from riptui.settings import LoadedSettings

PANELS = {
    "Compute": {
        "demo": "See a photograph drift: a first trajectory, in seconds.",
        "run": "Repaint pictures recursively; measure how far they drift.",
        "generate": "Make pictures from a prompt, one per seed.",
        "resume": "Resume trajectories that stopped, were paused or failed.",
        "pause": "Pause trajectories.",
        "stop": "Stop trajectories, or shut down workers.",
        "study": "Compute many trajectories from one file, on all devices.",
    },
    "Workers": {
        "worker": "Compute queued trajectories, with the model kept loaded.",
        "ps": "List running workers and what each is doing.",
        "queue": "List what waits for workers; reorder it.",
        "logs": "Show the log of a worker or of a trajectory.",
    },
    "Inspect": {
        "browse": "Open the app: browse, watch, compare, launch trajectories.",
        "ls": "List trajectories: status, progress, newest value.",
        "show": "Show trajectories in full, with pictures.",
        "tag": "Tag trajectories and groups; show their tags.",
        "note": "Write down what you saw in a trajectory or group.",
        "check": "Verify that saved frames are intact; repair them.",
    },
    "Tidy up": {
        "du": "Tell how much disk trajectories take.",
        "rm": "Move trajectories to the trash.",
        "trash": "List the trash; empty it.",
        "restore": "Bring trajectories back from the trash.",
    },
    "Analyse": {
        "measure": "Add metrics later, from the saved frames.",
        "export": "Export frames, an animation, a strip of frames, tables.",
        "rate": "Rate frames blind: A/B, best of several, tags.",
        "ratings": "Summarise what people said with rate.",
        "diversity": "Tell how far the seeds of a picture are apart.",
        "chart": "Draw a chart of trajectories for a paper.",
        "sheet": "Put pictures of trajectories on a sheet.",
        "results": "Summarise many trajectories; test the paper's findings.",
        "corpus": "Index folders of pictures that frames are compared with.",
        "nearest": "Find the nearest pictures of a corpus; is a frame new?",
        "collapse": "Tell how trajectories end: uniform, collage, blurred ...",
        "report": "Draw the paper's figures from your own trajectories.",
    },
    "Set up": {
        "fetch": "Download the weights of models and of LPIPS.",
        "models": "List the models: size, licence, whether installed.",
        "config": "Show or edit your settings.",
        "devices": "List the GPUs: who uses them, which are free.",
        "doctor": "Check what works on this machine; suggest fixes.",
        "completion": "Print the script that completes commands in your shell.",
    },
}
"""The commands with their short help, by the panel of `riptui --help` that lists them."""

UNLISTED_COMMANDS = {"follow": "Follow detached work."}
"""Commands that riptui starts itself."""

COMMANDS = {name: text for commands in PANELS.values() for name, text in commands.items()}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code. Nothing raised on purpose reaches the user as a traceback."""
    argv = sys.argv[1:] if argv is None else argv
    streams.prepare()
    with watch_for_stalls(argv):
        try:
            return _run(argv)
        except BaseException as error:
            from riptui.cli.exit_codes import handle_error

            return handle_error(error, argv)


def _run(argv: list[str]) -> int:
    if opens_app(argv):
        from riptui.settings import load_settings

        loaded = load_settings()
        if not loaded.problems:  # `browse` prints them
            return open_app(Path(argv[0]) if argv else loaded.settings.runs, loaded)
    if argv[:1] == ["ls"] and len(argv) == 2 and is_folder(argv[1]):
        return _list(Path(argv[1]))
    with without_gc():
        from riptui.cli.commands import run_command_line

    return run_command_line(argv)


def _list(runs: Path) -> int:
    """`riptui ls RUNS`: as the app, and with the same outcome, without Click, which takes as long as 3,000 lines."""
    with without_gc():
        from riptui.cli.ls import ls

        code = ls([runs], "", as_json=False)
        sys.stdout.flush()
        gc.freeze()  # so that the interpreter looks for none at its end
    return code


def open_app(runs: Path, loaded: LoadedSettings, *, select: str = "", graphics: str | None = None) -> int:
    """Run the app until it ends; return the exit code. stdin and stdout must be a terminal."""
    gc.disable()  # until the app is on the screen: importing and mounting it leaves no garbage to look for
    from riptui.tui.start import start

    end_stall_watch()  # the app has the screen, and says itself what does not answer
    code = start(runs, loaded, selected_path=select, graphics=graphics)
    if code == 128 + signal.SIGHUP:
        for stream in (sys.stdout, sys.stderr):  # the terminal is gone
            streams.discard_output(stream)
    return code


def opens_app(argv: list[str]) -> bool:
    """`riptui` or `riptui RUNS` on a terminal."""
    if len(argv) > 1 or (argv and (argv[0] in COMMANDS or not is_folder(argv[0]))):
        return False
    return has_terminal() and "_RIPTUI_COMPLETE" not in os.environ


def has_terminal() -> bool:
    """All three streams: Textual draws on stderr."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def is_folder(text: str) -> bool:
    return not text.startswith("-") and os.path.isdir(text)  # noqa: PTH112  # a Path raises for some names
