"""Every key of the app, in tables: dispatch, footer, help, palette and the user's keymap are made from them.

Here those of the main screen; `screen_bindings` has those of the screens above it.
An id is `group.verb`; the settings map ids to other keys. The help lists the groups in this order.
"""

from dataclasses import replace

from riptui.tui import screen_bindings
from riptui.tui.screen_bindings import key as _key

GROUPS = {
    "frames": "Frames",
    "tabs": "Tabs",
    "runs": "Runs",
    "compute": "Compute",
    "do": "Actions",
    "tree": "Tree",
    "table": "Table",
    "compare": "Compare",
    "large": "Large picture",
    "gallery": "Gallery",
    "rate": "Rating",
    "nearest": "Nearest pictures",
    "diversity": "Diversity",
    "workers": "Workers and queue",
    "log": "Log of a worker",
    "studies": "Studies",
    "report": "Report",
    "app": "App",
}

TABS = {
    "chart": "Chart (group: mean ± sd)",
    "filmstrip": "Filmstrip (group: all points)",
    "masks": "Masks (group: one image)",
    "recursion": "Error by repaints (group: with R)",
    "spec": "Spec and sessions (group: table)",
    "log": "Log and errors (group: gallery)",
    "spectrum": "Lost frequencies, if measured (group: sets)",
}
"""The tabs of a trajectory, with the help of their keys: 1 for the first. A group's tabs have the same keys."""

BROWSER = [
    _key("compute.new", "n", "do('launch')", "New", "New trajectories", footer="n"),
    _key("frames.play", "space", "view('play_or_pause')", "Play", "Play or pause the frames", footer="space"),
    _key("frames.back", "left", "view('move', -1)", "Frame", "Previous frame; of a group the crosshair", footer="←→"),
    _key("frames.forward", "right", "view('move', 1)", "Next frame", "Next frame; of a group the crosshair"),
    _key("frames.back-half", "shift+left,H", "view('move_by_half', -1)", "Back 50 %"),
    _key("frames.forward-half", "shift+right,L", "view('move_by_half', 1)", "Forward 50 %"),
    _key("frames.first", "home,0", "view('first')", "Original", "Go to the original (frame 0)"),
    _key("frames.last", "end,$", "view('last')", "Newest frame", "Go to the newest frame and follow it"),
    _key(
        "frames.repaint", "w", "view('go_to_next_repaint')", "Next repaint", "Next repaint of the square at the mouse"
    ),
    _key("frames.slower", "less_than_sign", "view('change_speed', -1)", "Play slower"),
    _key("frames.faster", "greater_than_sign", "view('change_speed', 1)", "Play faster"),
    _key("frames.large", "f", "large", "Large", "One picture large; of a group its gallery", footer="f"),
    _key(
        "frames.comparison",
        "d",
        "view('cycle_comparison')",
        "Comparison",
        "Show difference, heat map, blink or masked square",
    ),
    *(
        _key(f"tabs.{name}", str(position), f"view('select_tab', '{name}')", name.capitalize(), explanation)
        for position, (name, explanation) in enumerate(TABS.items(), start=1)
    ),
    _key("tabs.axis", "a", "details('toggle_axis')", "Axis", "Next axis: inpainted %, coverage %, excess"),
    _key("tabs.metric", "v", "details('cycle_metric')", "Metric", "Draw, or colour masks by, the next metric"),
    _key("tabs.features", "E", "details('cycle_features')", "Features", "Compare sets by the next stored features"),
    _key("tabs.all-metrics", "A", "details('toggle_all_metrics')", "All metrics", "A chart for each metric, or one"),
    _key("tabs.zoom-in", "full_stop", "details('zoom_charts', 1)", "Zoom in", "Zoom the y axis in; so does the wheel"),
    _key("tabs.zoom-out", "comma", "details('zoom_charts', -1)", "Zoom out", "Zoom the y axis out"),
    _key("tabs.log-axis", "Y", "details('toggle_log')", "Log axis", "A logarithmic y axis, or a linear one"),
    _key("tabs.scroll-down", "ctrl+d", "details('scroll_text', 1)", "Scroll down", "Scroll spec or log down"),
    _key("tabs.scroll-up", "ctrl+u", "details('scroll_text', -1)", "Scroll up", "Scroll spec or log up"),
    _key("tabs.image", "i", "details('cycle_image')", "Image", "Trajectories of the next image (groups only)"),
    _key(
        "runs.filter",
        "slash",
        "panel('open_filter')",
        "Filter",
        "Filter, e.g. mona mask:128 -tag:old lpips>0.4",
        footer="/",
    ),
    _key("runs.mark", "m", "tree('mark_row')", "Mark", "Mark a trajectory, or all of a group", footer="m"),
    _key(
        "runs.mark-range",
        "V",
        "tree('begin_or_end_range')",
        "Mark range",
        "Mark as the cursor moves; {runs.mark-range} ends it",
    ),
    _key("runs.mark-all", "asterisk", "tree('mark_all')", "Mark all", "Mark all that the filter leaves, or none"),
    _key("runs.unmark", "U", "tree('unmark_all')", "Unmark all"),
    _key("runs.compare", "c", "compare", "Compare", "Compare the marked trajectories", footer="c"),
    _key("runs.back", "escape", "back", "Back", "Back to the tree, else end range, filter or marks"),
    _key("runs.sort", "s", "panel('sort_next')", "Sort", "Sort by name, newest, drift or status"),
    _key("runs.flat", "F", "panel('toggle_flat')", "Flat list", "List trajectories without groups, or with"),
    _key("runs.narrower", "left_square_bracket", "panel('widen', -1)", "Narrower tree"),
    _key("runs.wider", "right_square_bracket", "panel('widen', 1)", "Wider tree"),
    _key("runs.hide", "backslash", "panel('hide_or_show')", "Hide tree", "Hide the tree (its keys still work)"),
    _key("runs.go-to", "colon", "go_to", "Go to", "Go to 231 %, k 37, a path, a command or a filter", footer=":"),
    _key("runs.workers", "W", "workers", "Workers", "Workers, their GPUs and logs, and the queue", footer="W"),
    _key("runs.running", "J", "next_running", "Next running", "Jump to the next running trajectory"),
    _key("compute.pause", "p", "do('pause')", "Pause/Resume", "Pause or resume", footer="p"),
    _key("compute.stop", "x", "do('stop')", "Stop", "Stop ({compute.pause} resumes)"),
    _key("compute.retry", "R", "do('retry')", "Retry", "Retry failed trajectories"),
    _key("compute.sooner", "plus", "do('move_earlier')", "Earlier", "Move earlier in the queue"),
    _key("compute.later", "minus", "do('move_later')", "Later", "Move later in the queue"),
    _key("compute.again", "N", "do('rerun')", "Another seed", "Repeat with another seed"),
    _key("do.studies", "S", "do('studies')", "Studies", "The studies: plan, run, pause, report", footer="S"),
    _key("do.nearest", "equals_sign", "do('nearest')", "Nearest", "The nearest pictures of a corpus, side by side"),
    _key("do.rate", "B", "do('rate')", "Rate", "Rate frames blind: A/B, best of several, or tags"),
    _key("do.seeds", "D", "do('compare_seeds')", "Diversity", "How far the seeds of a picture are apart, as a matrix"),
    _key("do.export", "e", "do('export')", "Export", "Export files; of a group also its chart", footer="e"),
    _key("do.copy", "y", "do('copy')", "Copy", "Copy path, command line, spec or table"),
    _key("do.measure", "M", "do('measure')", "Measure", "Measure more metrics"),
    _key("do.tag", "t", "do('edit_tags')", "Tags", "Edit the tags of the trajectory or group"),
    _key("do.note", "T", "do('edit_note')", "Note", "Write a note on the trajectory or group"),
    _key("do.rename", "f2", "do('rename')", "Rename"),
    _key("do.trash", "delete", "do('move_to_trash')", "Trash", "Move to the trash"),
    _key("do.undo", "u", "do('undo')", "Undo", "Undo the last move to the trash"),
    _key("do.erase", "shift+delete", "do('delete')", "Delete", "Delete permanently (asks first)"),
    _key("do.empty", "ctrl+delete", "do('empty_trash')", "Empty trash", "Empty the trash (asks first)"),
    _key("do.shell", "exclamation_mark", "do('shell')", "Shell", "Open a shell in the folder"),
]

APP = [
    _key("app.graphics", "ctrl+g", "graphics", "Graphics", "Switch graphics: kitty, sixel, half blocks or off"),
    _key("app.settings", "O", "settings", "Settings", "Change the settings"),
    replace(_key("app.redraw", "ctrl+l", "redraw", "Redraw", "Draw a garbled screen anew"), priority=True),
    _key("app.help", "question_mark,f1", "help", "Help", "Show all keys", footer="?"),
    _key("app.suspend", "ctrl+z", "suspend_process", "Suspend", "Suspend (fg resumes)"),
    _key(
        "app.quit",
        "q",
        "quit_if_again",
        "Quit",
        "Quit; the key has to be pressed twice (workers keep running)",
        footer="q",
    ),
]

TREE = [
    _key("tree.up", "up,k", "move(-1)", "Up"),
    _key("tree.down", "down,j", "move(1)", "Down"),
    _key("tree.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("tree.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("tree.first", "ctrl+home,g", "move(-1000000)", "First row"),
    _key("tree.last", "ctrl+end,G", "move(1000000)", "Last row"),
    _key("tree.toggle", "enter", "open", "Open or close the group; of a trajectory its picture large"),
    _key("tree.leave", "backspace", "leave", "Go to the parent group"),
    _key("tree.fold", "h", "fold", "Close the group, or go to the one above"),
    _key("tree.unfold", "l", "unfold", "Open the group, or go into it"),
    _key("tree.collapse-all", "z", "collapse_all", "Close all groups"),
]

ROWS = [
    _key("table.up", "up,k", "move(-1)", "Up"),
    _key("table.down", "down,j", "move(1)", "Down"),
    _key("table.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("table.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("table.first", "ctrl+home,g", "move(-1000000)", "First row"),
    _key("table.last", "ctrl+end,G", "move(1000000)", "Last row"),
    _key("table.choose", "enter", "choose", "Go to the trajectory"),
]

TABLE = [
    *ROWS,
    _key("table.sort", "s", "sort_next", "Sort by the next column"),
    _key("table.reverse", "S", "reverse", "Reverse the order"),
]

SCOPES = {
    "browser": BROWSER,
    "app": APP,
    "tree": TREE,
    "table": TABLE,
    "compare": screen_bindings.COMPARE,
    "large": screen_bindings.LARGE,
    "gallery": screen_bindings.GALLERY,
    "rating": screen_bindings.RATING,
    "nearest": screen_bindings.NEAREST,
    "diversity": screen_bindings.DIVERSITY,
    "workers": screen_bindings.WORKERS,
    "log": screen_bindings.LOG,
    "studies": [*screen_bindings.STUDIES, *screen_bindings.STUDY_LINES],
    "report": screen_bindings.REPORT,
}
"""Within a scope a key has one meaning."""
