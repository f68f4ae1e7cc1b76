"""Every key of the browser, in one table: dispatch, footer, help and the user's keymap come from it.

An id is `group.verb`; the user's settings give other keys to ids. Groups come in the help in this order.
"""

from textual.binding import Binding

GROUPS = {
    "frames": "Frames",
    "tabs": "Tabs",
    "runs": "Runs",
    "compute": "Compute",
    "do": "Do",
    "app": "App",
    "tree": "Tree",
    "group": "Group",
    "table": "Table",
    "compare": "Compare",
}


def _key(id: str, keys: str, action: str, description: str, tooltip: str = "", *, footer: str = "") -> Binding:
    """footer: the key as the footer shows it; "": not there."""
    return Binding(
        keys, action, description, show=bool(footer), key_display=footer or None, id=id, tooltip=tooltip or description
    )


BROWSER = [
    _key("compute.new", "n", "do('launch')", "New", "Launch a trajectory", footer="n"),
    _key("frames.play", "space", "view('play_or_pause')", "Play", "Play the frames, or pause", footer="space"),
    _key("frames.back", "left,h", "view('move', -1)", "Frame", "The frame before", footer="←→"),
    _key("frames.forward", "right,l", "view('move', 1)", "Next frame"),
    _key(
        "frames.back-half",
        "shift+left,H",
        "view('move_measured', -1)",
        "50 % back",
        "The measured frame before: 50 % back",
    ),
    _key(
        "frames.forward-half",
        "shift+right,L",
        "view('move_measured', 1)",
        "50 % on",
        "The next measured frame: 50 % on",
    ),
    _key("frames.first", "home,0", "view('first')", "Original", "Frame 0, the original"),
    _key("frames.last", "end,$", "view('last')", "Newest frame", "The newest frame; stays there while it grows"),
    _key("frames.slower", "less_than_sign", "view('slower')", "Slower"),
    _key("frames.faster", "greater_than_sign", "view('faster')", "Faster"),
    _key(
        "frames.comparison", "d", "view('cycle_comparison')", "Difference", "Difference, heat map, blink, masked square"
    ),
    _key("tabs.chart", "1", "view('select_tab', 'chart')", "Chart"),
    _key("tabs.filmstrip", "2", "view('select_tab', 'filmstrip')", "Filmstrip"),
    _key("tabs.masks", "3", "view('select_tab', 'masks')", "Masks", "How often each square was repainted"),
    _key("tabs.spec", "4", "view('select_tab', 'spec')", "Spec", "All that decides the pixels"),
    _key("tabs.log", "5", "view('select_tab', 'log')", "Log", "What happened, and what went wrong"),
    _key("tabs.axis", "a", "axis", "Axis", "Charts over inpainted % or over coverage"),
    _key("runs.mark", "m", "mark", "Mark", "Mark a trajectory for comparing", footer="m"),
    _key("runs.compare", "c", "compare", "Compare", "Compare the marked trajectories", footer="c"),
    _key("runs.unmark", "u", "unmark", "Unmark all"),
    _key("runs.filter", "slash", "filter", "Filter", "Names, and mask:128 status:failed lpips>0.4", footer="/"),
    _key("runs.sort", "s", "sort", "Sort", "By name, newest, distance or status"),
    _key("runs.running", "J", "next_running", "Jump to running", "The next trajectory that is being computed"),
    _key("compute.pause", "p", "do('pause')", "Pause/Resume", "Pause, or go on", footer="p"),
    _key("compute.stop", "x", "do('stop')", "Stop", "Stop computing; resume goes on later"),
    _key("compute.retry", "R", "do('retry')", "Retry", "Try again what failed"),
    _key("compute.sooner", "plus", "do('sooner')", "Sooner", "Earlier in the queue"),
    _key("compute.later", "minus", "do('later')", "Later", "Later in the queue"),
    _key("compute.again", "N", "do('again')", "Another seed", "The same again with another seed"),
    _key("do.export", "e", "do('export')", "Export", "GIF, strip, frames or CSV", footer="e"),
    _key("do.copy", "y", "do('copy')", "Copy", "The path, the command line or the spec"),
    _key("do.measure", "M", "do('measure')", "Measure", "Measure with more metrics"),
    _key("do.rename", "f2", "do('rename')", "Rename"),
    _key("do.trash", "delete", "do('throw_away')", "Trash", "Move to the trash of the runs folder"),
    _key("do.undo", "U", "do('undo')", "Undo", "Bring back what went to the trash last"),
    _key("do.erase", "shift+delete", "do('erase')", "Delete", "Delete for good, after a question"),
    _key("do.empty", "ctrl+delete", "do('empty_trash')", "Empty the trash", "Empty the trash, after a question"),
    _key("do.shell", "exclamation_mark", "do('shell')", "Shell", "A shell in the folder; exit comes back"),
]

APP = [
    _key("app.graphics", "g", "graphics", "Graphics", "Pictures by kitty, sixel, half blocks, or none"),
    _key("app.help", "question_mark,f1", "help", "Help", footer="?"),
    _key("app.suspend", "ctrl+z", "suspend_process", "Suspend", "To the shell; fg comes back"),
    _key("app.quit", "q", "quit", "Quit", "Leave; what is computed by a worker goes on", footer="q"),
]
