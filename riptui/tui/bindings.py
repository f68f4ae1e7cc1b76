"""Every key of the app, in tables: dispatch, footer, help, palette and the user's keymap come from them.

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
        "view('move_by_half', -1)",
        "50 % back",
        "The measured frame before: 50 % back",
    ),
    _key(
        "frames.forward-half",
        "shift+right,L",
        "view('move_by_half', 1)",
        "50 % on",
        "The next measured frame: 50 % on",
    ),
    _key("frames.first", "home,0", "view('first')", "Original", "Frame 0, the original"),
    _key("frames.last", "end,$", "view('last')", "Newest frame", "The newest frame; stays there while it grows"),
    _key("frames.slower", "less_than_sign", "view('change_speed', -1)", "Slower"),
    _key("frames.faster", "greater_than_sign", "view('change_speed', 1)", "Faster"),
    _key(
        "frames.comparison", "d", "view('cycle_comparison')", "Difference", "Difference, heat map, blink, masked square"
    ),
    _key("tabs.chart", "1", "view('select_tab', 'chart')", "Chart", "Chart; of a group the mean ± sd"),
    _key("tabs.filmstrip", "2", "view('select_tab', 'filmstrip')", "Filmstrip", "Filmstrip; of a group all points"),
    _key("tabs.masks", "3", "view('select_tab', 'masks')", "Masks", "Masks; of a group the runs of one image"),
    _key("tabs.spec", "4", "view('select_tab', 'spec')", "Spec", "All that decides the pixels; of a group the table"),
    _key("tabs.log", "5", "view('select_tab', 'log')", "Log", "What happened, and what went wrong"),
    _key("tabs.axis", "a", "details('toggle_axis')", "Axis", "Charts over inpainted % or over coverage"),
    _key("tabs.metric", "v", "details('cycle_metric')", "Metric", "The chart of the next metric"),
    _key("tabs.image", "i", "details('cycle_image')", "Image", "Of a group the runs of the next image"),
    _key("runs.mark", "m", "mark", "Mark", "Mark a trajectory for comparing", footer="m"),
    _key("runs.compare", "c", "compare", "Compare", "Compare the marked trajectories", footer="c"),
    _key("runs.close-filter", "escape", "close_filter", "No filter", "Everything again"),
    _key("runs.unmark", "u", "unmark", "Unmark all"),
    _key("runs.filter", "slash", "filter", "Filter", "Filter: names, and mask:128 status:failed lpips>0.4", footer="/"),
    _key("runs.sort", "s", "sort", "Sort", "Sort by name, newest, distance or status"),
    _key("runs.running", "J", "next_running", "Jump to running", "The next trajectory that is being computed"),
    _key("compute.pause", "p", "do('pause')", "Pause/Resume", "Pause, or go on", footer="p"),
    _key("compute.stop", "x", "do('stop')", "Stop", "Stop computing; resume goes on later"),
    _key("compute.retry", "R", "do('retry')", "Retry", "Try again what failed"),
    _key("compute.sooner", "plus", "do('move_earlier')", "Sooner", "Earlier in the queue"),
    _key("compute.later", "minus", "do('move_later')", "Later", "Later in the queue"),
    _key("compute.again", "N", "do('rerun')", "Another seed", "The same again with another seed"),
    _key("do.export", "e", "do('export')", "Export", "GIF, strip, frames or CSV", footer="e"),
    _key("do.copy", "y", "do('copy')", "Copy", "The path, the command line or the spec"),
    _key("do.measure", "M", "do('measure')", "Measure", "Measure with more metrics"),
    _key("do.rename", "f2", "do('rename')", "Rename"),
    _key("do.trash", "delete", "do('move_to_trash')", "Trash", "Move to the trash of the runs folder"),
    _key("do.undo", "U", "do('undo')", "Undo", "Bring back what went to the trash last"),
    _key("do.erase", "shift+delete", "do('delete')", "Delete", "Delete for good, after a question"),
    _key("do.empty", "ctrl+delete", "do('empty_trash')", "Empty the trash", "Empty the trash, after a question"),
    _key("do.shell", "exclamation_mark", "do('shell')", "Shell", "A shell in the folder; exit comes back"),
]

APP = [
    _key("app.graphics", "g", "graphics", "Graphics", "Pictures by kitty, sixel, half blocks, or none"),
    _key("app.help", "question_mark,f1", "help", "Help", footer="?"),
    _key("app.suspend", "ctrl+z", "suspend_process", "Suspend", "To the shell; fg comes back"),
    _key("app.quit", "q", "quit", "Quit", "Leave; what is computed by a worker goes on", footer="q"),
]

TREE = [
    _key("tree.up", "up,k", "move(-1)", "Up"),
    _key("tree.down", "down,j", "move(1)", "Down"),
    _key("tree.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("tree.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("tree.first", "ctrl+home", "move(-1000000)", "First row"),
    _key("tree.last", "ctrl+end,G", "move(1000000)", "Last row"),
    _key("tree.toggle", "enter", "open", "Open or close the group"),
    _key("tree.leave", "backspace", "leave", "To the group above"),
    _key("tree.collapse-all", "z", "collapse_all", "Close all groups"),
]

TABLE = [
    _key("table.up", "up,k", "move(-1)", "Up"),
    _key("table.down", "down,j", "move(1)", "Down"),
    _key("table.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("table.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("table.first", "ctrl+home", "move(-1000000)", "First row"),
    _key("table.last", "ctrl+end,G", "move(1000000)", "Last row"),
    _key("table.sort", "s", "sort_next", "Sort by the next column"),
    _key("table.reverse", "S", "reverse", "Reverse the order"),
    _key("table.choose", "enter", "choose", "Go there"),
]

COMPARE = [
    _key("compare.back", "left,h", "go(-1)", "50 %", "50 % back", footer="←→"),
    _key("compare.forward", "right,l", "go(1)", "50 % on"),
    _key("compare.first", "home,0", "go(-1000000)", "Original", "Frame 0, the original"),
    _key("compare.last", "end,$", "go(1000000)", "Newest frames", "The newest frames; stays there while they grow"),
    _key("compare.metric", "v", "metric", "Metric", "The curves of the next metric", footer="v"),
    _key("compare.axis", "a", "axis", "Axis", "Curves over inpainted % or over coverage", footer="a"),
    _key("compare.close", "escape,c", "close", "Close", "Back to the tree", footer="esc"),
]

SCOPES = {"browser": BROWSER, "app": APP, "tree": TREE, "table": TABLE, "compare": COMPARE}
"""Within one of them a key means one thing."""
