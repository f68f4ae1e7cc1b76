"""The keys of the screens above the main one, in tables as those of `bindings`, which joins them."""

from textual.binding import Binding


def key(id: str, keys: str, action: str, description: str, tooltip: str = "", *, footer: str = "") -> Binding:
    """A key of the tables. keys: separated by commas; tooltip: what the help says, "" for the description; footer: the
    key as the footer shows it, "" keeps it out of the footer.
    """
    shown, tooltip = footer or None, tooltip or description
    return Binding(keys, action, description, show=bool(footer), key_display=shown, id=id, tooltip=tooltip)


COMPARE = [
    key("compare.back", "left,h", "move(-1)", "Frame", "Back by a frame of the smallest squares", footer="←→"),
    key("compare.forward", "right,l", "move(1)", "Next frame", "Forward by a frame of the smallest squares"),
    key("compare.back-half", "shift+left,H", "move_by_half(-1)", "Back 50 %"),
    key("compare.forward-half", "shift+right,L", "move_by_half(1)", "Forward 50 %"),
    key("compare.first", "home,0", "go(0)", "Original", "Go to the original (frame 0)"),
    key("compare.last", "end,$", "go(1000000000)", "Newest frames", "Go to the newest frames and follow them"),
    key("compare.play", "space", "play", "Play", "Play or pause the frames", footer="space"),
    key("compare.slower", "less_than_sign", "change_speed(-1)", "Play slower"),
    key("compare.faster", "greater_than_sign", "change_speed(1)", "Play faster"),
    key("compare.difference", "d", "difference", "Difference", "Show differences to the first", footer="d"),
    key("compare.blink", "b", "blink", "Blink", "Show one after another in one place", footer="b"),
    key("compare.large", "f", "large", "Large", "One large; {large.previous} and {large.next} switch", footer="f"),
    key("compare.metric", "v", "metric", "Metric", "Chart the next metric", footer="v"),
    key("compare.axis", "a", "axis", "Axis", "Switch the x axis: inpainted % or coverage %", footer="a"),
    key("compare.all-metrics", "A", "all_metrics", "All metrics", "A chart for each metric, or one"),
    key("compare.zoom-in", "full_stop", "zoom_charts(1)", "Zoom in", "Zoom the y axis in; so does the wheel"),
    key("compare.zoom-out", "comma", "zoom_charts(-1)", "Zoom out", "Zoom the y axis out"),
    key("compare.log-axis", "Y", "log_axis", "Log axis", "A logarithmic y axis, or a linear one"),
    key("compare.export", "e", "export", "Export", "Write the chart as PDF, SVG, PNG and CSV"),
    key("compare.close", "escape,q,c,backspace", "close", "Close", "Back to the tree", footer="esc"),
]

LARGE = [
    key("large.back", "left", "move(-1)", "Frame", "Previous frame", footer="←→"),
    key("large.forward", "right", "move(1)", "Next frame"),
    key("large.back-half", "shift+left,H", "move_by_half(-1)", "Back 50 %"),
    key("large.forward-half", "shift+right,L", "move_by_half(1)", "Forward 50 %"),
    key("large.first", "home,0", "go(0)", "Original", "Go to the original (frame 0)"),
    key("large.last", "end,$", "go(1000000000)", "Newest frame", "Go to the newest frame and follow it"),
    key("large.play", "space", "play", "Play", "Play or pause the frames", footer="space"),
    key("large.slower", "less_than_sign", "change_speed(-1)", "Play slower"),
    key("large.faster", "greater_than_sign", "change_speed(1)", "Play faster"),
    key("large.previous", "up", "open_other(-1)", "Trajectory", "Previous trajectory", footer="↑↓"),
    key("large.next", "down", "open_other(1)", "Next trajectory"),
    key("large.zoom-in", "plus,equals_sign", "zoom(1)", "Zoom", "Zoom in, to 1:1 and 2:1", footer="+-"),
    key("large.zoom-out", "minus", "zoom(-1)", "Zoom out"),
    key("large.fit", "z", "fit", "Fit", "Show all of the picture, to the edges"),
    key("large.left", "h", "pan(-1, 0)", "Pan left", "Pan left; previous frame where nothing is cut off"),
    key("large.down", "j", "pan(0, 1)", "Pan down", "Pan down; next trajectory where nothing is cut off"),
    key("large.up", "k", "pan(0, -1)", "Pan up", "Pan up; previous trajectory where nothing is cut off"),
    key("large.right", "l", "pan(1, 0)", "Pan right", "Pan right; next frame where nothing is cut off"),
    key("large.blink", "b", "blink", "Blink", "Blink with the original", footer="b"),
    key(
        "large.view",
        "d",
        "cycle_view",
        "Difference",
        "Show the next of: frame, difference, signed difference, heat map, squares by each stored metric",
        footer="d",
    ),
    key(
        "large.map",
        "m",
        "cycle_map",
        "Map",
        "Show how far each pixel is from the original, by LPIPS or another metric, or the frame again",
        footer="m",
    ),
    key("large.less", "left_square_bracket", "gain(-1)", "Less gain", "Amplify differences less"),
    key("large.more", "right_square_bracket", "gain(1)", "More gain", "Amplify differences more"),
    key("large.square", "o", "outline", "Square", "Outline the square of this iteration", footer="o"),
    key("large.export", "e", "export", "Export", "Write this frame as PNG, or other files"),
    key("large.close", "escape,q,f,backspace", "close", "Close", "Back to where you were", footer="esc"),
]

GALLERY = [
    key("gallery.left", "left,h", "move(0, -1)", "Move", "Column to the left", footer="←↑↓→"),
    key("gallery.right", "right,l", "move(0, 1)", "Column to the right"),
    key("gallery.up", "up,k", "move(-1, 0)", "Row above"),
    key("gallery.down", "down,j", "move(1, 0)", "Row below"),
    key("gallery.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    key("gallery.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    key("gallery.first", "ctrl+home,home", "move(-1000000, -1000000)", "First picture"),
    key("gallery.last", "ctrl+end,end,G", "move(1000000, 1000000)", "Last picture"),
    key("gallery.open", "enter,f", "open", "Large", "Show the picture large", footer="enter"),
    key("gallery.rows", "i", "rows", "Rows", "A row a picture, or a seed", footer="i"),
    key(
        "gallery.columns",
        "a",
        "columns",
        "Columns",
        "Columns by the next setting that differs, or every 50 %",
        footer="a",
    ),
    key("gallery.back", "shift+left,H", "step(-1)", "50 %", "Back 50 %", footer="H L"),
    key("gallery.forward", "shift+right,L", "step(1)", "Forward 50 %"),
    key("gallery.metric", "v", "metric", "Metric", "Write the next metric below the pictures", footer="v"),
    key("gallery.larger", "plus,equals_sign", "enlarge(1)", "Size", "Larger pictures", footer="+-"),
    key("gallery.smaller", "minus", "enlarge(-1)", "Smaller pictures"),
    key("gallery.export", "e", "export", "Export", "Write the gallery as a sheet for a paper", footer="e"),
    key("gallery.close", "escape,q,backspace", "close", "Close", "Back to the tree", footer="esc"),
]

PICK_KEYS = "1-6"
"""Of at most so many pictures."""

RATING = [
    *(
        key(
            f"rate.pick-{number}",
            str(number),
            f"pick({number})",
            f"Picture {number}",
            f"Picture {number}, or tag {number}",
        )
        for number in range(2, 7)
    ),
    key("rate.pick-1", "1", "pick(1)", "Choose", "Picture 1, or tag 1", footer=PICK_KEYS),
    key("rate.left", "left,h", "pick_side(1)", "Left", "The left one of two is better"),
    key("rate.right", "right,l", "pick_side(2)", "Right", "The right one of two is better"),
    key("rate.tie", "0,t", "tie", "Tie", "Neither is better", footer="0"),
    key("rate.accept", "enter", "accept", "Accept", "Save the tags, also if there are none", footer="enter"),
    key("rate.original", "o,space", "original", "Original", "Show the original, and back", footer="o"),
    key("rate.skip", "s", "skip", "Skip", "Ask this later", footer="s"),
    key("rate.undo", "u,backspace", "undo", "Undo", "Take the last answer back", footer="u"),
    key("rate.leave", "escape,q", "leave", "Leave", "Leave; the rating goes on where it ended", footer="esc"),
]

NEAREST = [
    key("nearest.back", "left,h", "move(-1)", "Picture", "The next nearer picture", footer="←→"),
    key("nearest.forward", "right,l", "move(1)", "Next picture", "The next less near picture"),
    key("nearest.previous", "up,k", "open_other(-1)", "Frame", "The frame above: less novel", footer="↑↓"),
    key("nearest.next", "down,j", "open_other(1)", "Next frame", "The frame below: more novel"),
    key("nearest.original", "o,space", "original", "Original", "Show the original, and back", footer="o"),
    key("nearest.features", "E", "features", "Features", "The same pictures, indexed by other features", footer="E"),
    key("nearest.close", "escape,q,backspace,equals_sign", "close", "Close", "Back to the tree", footer="esc"),
]

DIVERSITY = [
    key("diversity.left", "left,h", "move(0, -1)", "Move", "Column to the left", footer="←↑↓→"),
    key("diversity.right", "right,l", "move(0, 1)", "Column to the right"),
    key("diversity.up", "up,k", "move(-1, 0)", "Row above"),
    key("diversity.down", "down,j", "move(1, 0)", "Row below"),
    key("diversity.sheet", "s", "toggle_sheet", "Sheet", "All pictures in this order, or the matrix", footer="s"),
    key("diversity.features", "E", "features", "Features", "Compare by the next features that are stored", footer="E"),
    key("diversity.larger", "plus,equals_sign", "enlarge(1)", "Size", "Larger pictures of the sheet", footer="+-"),
    key("diversity.smaller", "minus", "enlarge(-1)", "Smaller pictures of the sheet"),
    key("diversity.large", "f", "large", "Large", "Show the picture of the row large", footer="f"),
    key("diversity.near", "n", "near", "Near", "Next near-duplicates, the nearest first", footer="n"),
    key("diversity.next", "i,tab", "another_set(1)", "Set", "Next picture, or other settings", footer="i"),
    key("diversity.previous", "I,shift+tab", "another_set(-1)", "Previous picture, or other settings"),
    key("diversity.choose", "enter", "choose", "Go to", "Go to the trajectory of the row", footer="enter"),
    key("diversity.close", "escape,q,backspace,D", "close", "Close", "Back to the tree", footer="esc"),
]

WORKERS = [
    key("workers.queue", "1", "show_tab('queue')", "Queue", "What waits, the next one first", footer="1"),
    key("workers.log", "2", "show_tab('log')", "Log", "The log of the chosen worker, followed", footer="2"),
    key("workers.about", "3", "show_tab('worker')", "Worker", "All that is known of the chosen worker", footer="3"),
    key("workers.earlier", "plus,K", "shift(-1)", "Earlier", "Earlier in the queue, among your own", footer="+"),
    key("workers.later", "minus,J", "shift(1)", "Later in the queue"),
    key("workers.first", "less_than_sign", "move_to_end('first')", "Before all others of yours"),
    key("workers.last", "greater_than_sign", "move_to_end('last')", "Behind all others of yours"),
    key("workers.priority", "P", "set_priority", "Priority", "Set the priority; higher ones come first", footer="P"),
    key("workers.stop", "x,delete", "stop", "Stop", "Shut the worker down; in the queue: take out of it", footer="x"),
    key("workers.kill", "X", "kill", "Kill", "Kill the worker at once, if it does not react"),
    key("workers.start", "s", "start", "Start", "Start a worker on this machine", footer="s"),
    key("workers.undo", "u", "undo", "Undo", "Undo the last change of the queue", footer="u"),
    key("workers.mark", "m", "mark", "Mark", "Mark in the queue: changes are about all that is marked", footer="m"),
    key("workers.mark-all", "asterisk", "mark_all", "Mark all of yours that the search finds, or none"),
    key("workers.search", "slash", "search", "Search", "Search the queue or the log", footer="/"),
    key("workers.next", "n", "find(1)", "Next match"),
    key("workers.previous", "N", "find(-1)", "Match before"),
    key("workers.wrap", "w", "wrap", "Wrap", "Wrap the lines of the log, or cut them off"),
    key("workers.full", "f", "full", "Full", "The lower part alone, or with the workers"),
    key("workers.go", "o", "go", "Go to", "Go to the trajectory that waits, or is computed"),
    key("workers.close", "escape,q,backspace,W", "close", "Close", "Clear search and marks, then back", footer="esc"),
]

LOG = [
    key("log.up", "up,k", "move(-1)", "Up"),
    key("log.down", "down,j", "move(1)", "Down"),
    key("log.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    key("log.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    key("log.first", "home,ctrl+home,g", "move(-1000000)", "First line"),
    key("log.last", "end,ctrl+end,G", "move(1000000)", "Newest line", "Newest line; follow the log"),
    key("log.left", "left,h", "side(-1)", "Left", "To the left, where lines are cut off"),
    key("log.right", "right,l", "side(1)", "Right", "To the right"),
]

STUDIES = [
    key("studies.compute", "r", "compute", "Run", "Compute the study on this machine, in the background", footer="r"),
    key("studies.pause", "p", "pause", "Pause/Resume", "Pause the study, or go on with it", footer="p"),
    key("studies.retry", "R", "retry", "Retry", "Retry its failed trajectories", footer="R"),
    key("studies.stop", "x", "stop", "Stop", "Stop the study ({studies.pause} resumes)"),
    key("studies.report", "e", "report", "Report", "Write its report, or give that up", footer="e"),
    key("studies.new", "n", "new", "New", "Write a study file from a preset", footer="n"),
    key("studies.edit", "E", "edit", "Edit", "Edit the study file in your editor", footer="E"),
    key("studies.group", "t", "go_to_group", "Tree", "Show its group in the tree", footer="t"),
    key("studies.plan", "1", "select_tab('plan')", "Plan", "What is to be computed, and what it takes", footer="1-4"),
    key("studies.failures", "2", "select_tab('failures')", "Failures", "What failed, and why"),
    key("studies.log", "3", "select_tab('log')", "Log", "Its workers, and what they said"),
    key("studies.tab-report", "4", "select_tab('report')", "Sections", "The report's sections and figures"),
    key("studies.up", "k", "move(-1)", "Up"),
    key("studies.down", "j", "move(1)", "Down"),
    key("studies.back", "escape,q,S,backspace", "back", "Back", "Back to the list, then to the tree", footer="esc"),
]

STUDY_LINES = [
    key("studies.open", "enter", "select", "Open", "Into the tab of the study; open the line there", footer="enter")
]

REPORT = [
    key("report.back", "left,h", "move(-1)", "Section", "The section or figure before", footer="←→"),
    key("report.forward", "right,l", "move(1)", "Next section", "The next section or figure"),
    key("report.up", "k", "scroll_text(-1)", "Up", "Scroll up"),
    key("report.down", "j", "scroll_text(1)", "Down", "Scroll down"),
    key("report.close", "escape,q,backspace", "close", "Close", "Back to the studies", footer="esc"),
]
