"""The keys of the screens above the main one, in tables as those of `bindings`, which joins them."""

from riptui.tui.key_binding import key_binding as _key

COMPARE = [
    _key("compare.back", "left,h", "move(-1)", "Frame", "Back by a frame of the smallest squares", footer="←→"),
    _key("compare.forward", "right,l", "move(1)", "Next frame", "Forward by a frame of the smallest squares"),
    _key("compare.back-half", "shift+left,H", "move_by_half(-1)", "Back 50 %"),
    _key("compare.forward-half", "shift+right,L", "move_by_half(1)", "Forward 50 %"),
    _key("compare.first", "home,0", "go(0)", "Original", "Go to the original (frame 0)"),
    _key("compare.last", "end,$", "go(1000000000)", "Newest frames", "Go to the newest frames and follow them"),
    _key("compare.play", "space", "play", "Play", "Play or pause the frames", footer="space"),
    _key("compare.slower", "less_than_sign", "change_speed(-1)", "Play slower"),
    _key("compare.faster", "greater_than_sign", "change_speed(1)", "Play faster"),
    _key("compare.difference", "d", "difference", "Difference", "Show differences to the first", footer="d"),
    _key("compare.blink", "b", "blink", "Blink", "Show one after another in one place", footer="b"),
    _key("compare.large", "f", "large", "Large", "One large; {large.previous} and {large.next} switch", footer="f"),
    _key("compare.metric", "v", "metric", "Metric", "Chart the next metric", footer="v"),
    _key("compare.axis", "a", "axis", "Axis", "Switch the x axis: inpainted % or coverage %", footer="a"),
    _key("compare.all-metrics", "A", "all_metrics", "All metrics", "A chart for each metric, or one"),
    _key("compare.zoom-in", "full_stop", "zoom_charts(1)", "Zoom in", "Zoom the y axis in; so does the wheel"),
    _key("compare.zoom-out", "comma", "zoom_charts(-1)", "Zoom out", "Zoom the y axis out"),
    _key("compare.log-axis", "Y", "log_axis", "Log axis", "A logarithmic y axis, or a linear one"),
    _key("compare.export", "e", "export", "Export", "Write the chart as PDF, SVG, PNG and CSV"),
    _key("compare.close", "escape,q,c,backspace", "close", "Close", "Back to the tree", footer="esc"),
]

LARGE = [
    _key("large.back", "left", "move(-1)", "Frame", "Previous frame", footer="←→"),
    _key("large.forward", "right", "move(1)", "Next frame"),
    _key("large.back-half", "shift+left,H", "move_by_half(-1)", "Back 50 %"),
    _key("large.forward-half", "shift+right,L", "move_by_half(1)", "Forward 50 %"),
    _key("large.first", "home,0", "go(0)", "Original", "Go to the original (frame 0)"),
    _key("large.last", "end,$", "go(1000000000)", "Newest frame", "Go to the newest frame and follow it"),
    _key("large.play", "space", "play", "Play", "Play or pause the frames", footer="space"),
    _key("large.slower", "less_than_sign", "change_speed(-1)", "Play slower"),
    _key("large.faster", "greater_than_sign", "change_speed(1)", "Play faster"),
    _key("large.previous", "up", "open_other(-1)", "Trajectory", "Previous trajectory", footer="↑↓"),
    _key("large.next", "down", "open_other(1)", "Next trajectory"),
    _key("large.zoom-in", "plus,equals_sign", "zoom(1)", "Zoom", "Zoom in, to 1:1 and 2:1", footer="+-"),
    _key("large.zoom-out", "minus", "zoom(-1)", "Zoom out"),
    _key("large.fit", "z", "fit", "Fit", "Show all of the picture, to the edges"),
    _key("large.left", "h", "pan(-1, 0)", "Pan left", "Pan left; previous frame where nothing is cut off"),
    _key("large.down", "j", "pan(0, 1)", "Pan down", "Pan down; next trajectory where nothing is cut off"),
    _key("large.up", "k", "pan(0, -1)", "Pan up", "Pan up; previous trajectory where nothing is cut off"),
    _key("large.right", "l", "pan(1, 0)", "Pan right", "Pan right; next frame where nothing is cut off"),
    _key("large.blink", "b", "blink", "Blink", "Blink with the original", footer="b"),
    _key(
        "large.view",
        "d",
        "cycle_view",
        "Difference",
        "Show the next of: frame, difference, signed difference, heat map, squares by each stored metric",
        footer="d",
    ),
    _key(
        "large.map",
        "m",
        "cycle_map",
        "Map",
        "Show how far each pixel is from the original, by LPIPS or another metric, or the frame again",
        footer="m",
    ),
    _key("large.less", "left_square_bracket", "gain(-1)", "Less gain", "Amplify differences less"),
    _key("large.more", "right_square_bracket", "gain(1)", "More gain", "Amplify differences more"),
    _key("large.square", "o", "outline", "Square", "Outline the square of this iteration", footer="o"),
    _key("large.export", "e", "export", "Export", "Write this frame as PNG, or other files"),
    _key("large.close", "escape,q,f,backspace", "close", "Close", "Back to where you were", footer="esc"),
]

GALLERY = [
    _key("gallery.left", "left,h", "move(0, -1)", "Move", "Column to the left", footer="←↑↓→"),
    _key("gallery.right", "right,l", "move(0, 1)", "Column to the right"),
    _key("gallery.up", "up,k", "move(-1, 0)", "Row above"),
    _key("gallery.down", "down,j", "move(1, 0)", "Row below"),
    _key("gallery.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("gallery.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("gallery.first", "ctrl+home,home", "move(-1000000, -1000000)", "First picture"),
    _key("gallery.last", "ctrl+end,end,G", "move(1000000, 1000000)", "Last picture"),
    _key("gallery.open", "enter,f", "open", "Large", "Show the picture large", footer="enter"),
    _key("gallery.rows", "i", "rows", "Rows", "A row a picture, or a seed", footer="i"),
    _key(
        "gallery.columns",
        "a",
        "columns",
        "Columns",
        "Columns by the next setting that differs, or every 50 %",
        footer="a",
    ),
    _key("gallery.back", "shift+left,H", "step(-1)", "50 %", "Back 50 %", footer="H L"),
    _key("gallery.forward", "shift+right,L", "step(1)", "Forward 50 %"),
    _key("gallery.metric", "v", "metric", "Metric", "Write the next metric below the pictures", footer="v"),
    _key("gallery.larger", "plus,equals_sign", "enlarge(1)", "Size", "Larger pictures", footer="+-"),
    _key("gallery.smaller", "minus", "enlarge(-1)", "Smaller pictures"),
    _key("gallery.export", "e", "export", "Export", "Write the gallery as a sheet for a paper", footer="e"),
    _key("gallery.close", "escape,q,backspace", "close", "Close", "Back to the tree", footer="esc"),
]

PICK_KEYS = "1-6"
"""Of at most so many pictures."""

RATING = [
    *(
        _key(
            f"rate.pick-{number}",
            str(number),
            f"pick({number})",
            f"Picture {number}",
            f"Picture {number}, or tag {number}",
        )
        for number in range(2, 7)
    ),
    _key("rate.pick-1", "1", "pick(1)", "Choose", "Picture 1, or tag 1", footer=PICK_KEYS),
    _key("rate.left", "left,h", "pick_side(1)", "Left", "The left one of two is better"),
    _key("rate.right", "right,l", "pick_side(2)", "Right", "The right one of two is better"),
    _key("rate.tie", "0,t", "tie", "Tie", "Neither is better", footer="0"),
    _key("rate.accept", "enter", "accept", "Accept", "Save the tags, also if there are none", footer="enter"),
    _key("rate.original", "o,space", "original", "Original", "Show the original, and back", footer="o"),
    _key("rate.skip", "s", "skip", "Skip", "Ask this later", footer="s"),
    _key("rate.undo", "u,backspace", "undo", "Undo", "Take the last answer back", footer="u"),
    _key("rate.leave", "escape,q", "leave", "Leave", "Leave; the rating goes on where it ended", footer="esc"),
]

NEAREST = [
    _key("nearest.back", "left,h", "move(-1)", "Picture", "The next nearer picture", footer="←→"),
    _key("nearest.forward", "right,l", "move(1)", "Next picture", "The next less near picture"),
    _key("nearest.previous", "up,k", "open_other(-1)", "Frame", "The frame above: less novel", footer="↑↓"),
    _key("nearest.next", "down,j", "open_other(1)", "Next frame", "The frame below: more novel"),
    _key("nearest.original", "o,space", "original", "Original", "Show the original, and back", footer="o"),
    _key("nearest.features", "E", "features", "Features", "The same pictures, indexed by other features", footer="E"),
    _key("nearest.close", "escape,q,backspace,equals_sign", "close", "Close", "Back to the tree", footer="esc"),
]

DIVERSITY = [
    _key("diversity.left", "left,h", "move(0, -1)", "Move", "Column to the left", footer="←↑↓→"),
    _key("diversity.right", "right,l", "move(0, 1)", "Column to the right"),
    _key("diversity.up", "up,k", "move(-1, 0)", "Row above"),
    _key("diversity.down", "down,j", "move(1, 0)", "Row below"),
    _key("diversity.sheet", "s", "toggle_sheet", "Sheet", "All pictures in this order, or the matrix", footer="s"),
    _key("diversity.features", "E", "features", "Features", "Compare by the next features that are stored", footer="E"),
    _key("diversity.larger", "plus,equals_sign", "enlarge(1)", "Size", "Larger pictures of the sheet", footer="+-"),
    _key("diversity.smaller", "minus", "enlarge(-1)", "Smaller pictures of the sheet"),
    _key("diversity.large", "f", "large", "Large", "Show the picture of the row large", footer="f"),
    _key("diversity.near", "n", "near", "Near", "Next near-duplicates, the nearest first", footer="n"),
    _key("diversity.next", "i,tab", "another_set(1)", "Set", "Next picture, or other settings", footer="i"),
    _key("diversity.previous", "I,shift+tab", "another_set(-1)", "Previous picture, or other settings"),
    _key("diversity.choose", "enter", "choose", "Go to", "Go to the trajectory of the row", footer="enter"),
    _key("diversity.close", "escape,q,backspace,D", "close", "Close", "Back to the tree", footer="esc"),
]

WORKERS = [
    _key("workers.queue", "1", "show_tab('queue')", "Queue", "What waits, the next one first", footer="1"),
    _key("workers.log", "2", "show_tab('log')", "Log", "The log of the chosen worker, followed", footer="2"),
    _key("workers.about", "3", "show_tab('worker')", "Worker", "All that is known of the chosen worker", footer="3"),
    _key("workers.earlier", "plus,K", "shift(-1)", "Earlier", "Earlier in the queue, among your own", footer="+"),
    _key("workers.later", "minus,J", "shift(1)", "Later in the queue"),
    _key("workers.first", "less_than_sign", "move_to_end('first')", "Before all others of yours"),
    _key("workers.last", "greater_than_sign", "move_to_end('last')", "Behind all others of yours"),
    _key("workers.priority", "P", "set_priority", "Priority", "Set the priority; higher ones come first", footer="P"),
    _key(
        "workers.stop",
        "x,delete",
        "stop",
        "Stop",
        "Shut the worker down; in the queue: take out of it",
        footer="x",
    ),
    _key("workers.kill", "X", "kill", "Kill", "Kill the worker at once, if it does not react"),
    _key("workers.start", "s", "start", "Start", "Start a worker on this machine", footer="s"),
    _key("workers.undo", "u", "undo", "Undo", "Undo the last change of the queue", footer="u"),
    _key("workers.mark", "m", "mark", "Mark", "Mark in the queue: changes are about all that is marked", footer="m"),
    _key("workers.mark-all", "asterisk", "mark_all", "Mark all of yours that the search finds, or none"),
    _key("workers.search", "slash", "search", "Search", "Search the queue or the log", footer="/"),
    _key("workers.next", "n", "find(1)", "Next match"),
    _key("workers.previous", "N", "find(-1)", "Match before"),
    _key("workers.wrap", "w", "wrap", "Wrap", "Wrap the lines of the log, or cut them off"),
    _key("workers.full", "f", "full", "Full", "The lower part alone, or with the workers"),
    _key("workers.go", "o", "go", "Go to", "Go to the trajectory that waits, or is computed"),
    _key("workers.close", "escape,q,backspace,W", "close", "Close", "Clear search and marks, then back", footer="esc"),
]

LOG = [
    _key("log.up", "up,k", "move(-1)", "Up"),
    _key("log.down", "down,j", "move(1)", "Down"),
    _key("log.page-up", "pageup,ctrl+b", "page(-1)", "Page up"),
    _key("log.page-down", "pagedown,ctrl+f", "page(1)", "Page down"),
    _key("log.first", "home,ctrl+home,g", "move(-1000000)", "First line"),
    _key("log.last", "end,ctrl+end,G", "move(1000000)", "Newest line", "Newest line; follow the log"),
    _key("log.left", "left,h", "side(-1)", "Left", "To the left, where lines are cut off"),
    _key("log.right", "right,l", "side(1)", "Right", "To the right"),
]

STUDIES = [
    _key("studies.compute", "r", "compute", "Run", "Compute the study on this machine, in the background", footer="r"),
    _key("studies.pause", "p", "pause", "Pause/Resume", "Pause the study, or go on with it", footer="p"),
    _key("studies.retry", "R", "retry", "Retry", "Retry its failed trajectories", footer="R"),
    _key("studies.stop", "x", "stop", "Stop", "Stop the study ({studies.pause} resumes)"),
    _key("studies.report", "e", "report", "Report", "Write its report, or give that up", footer="e"),
    _key("studies.new", "n", "new", "New", "Write a study file from a preset", footer="n"),
    _key("studies.edit", "E", "edit", "Edit", "Edit the study file in your editor", footer="E"),
    _key("studies.group", "t", "go_to_group", "Tree", "Show its group in the tree", footer="t"),
    _key("studies.plan", "1", "select_tab('plan')", "Plan", "What is to be computed, and what it takes", footer="1-4"),
    _key("studies.failures", "2", "select_tab('failures')", "Failures", "What failed, and why"),
    _key("studies.log", "3", "select_tab('log')", "Log", "Its workers, and what they said"),
    _key("studies.tab-report", "4", "select_tab('report')", "Sections", "The report's sections and figures"),
    _key("studies.up", "k", "move(-1)", "Up"),
    _key("studies.down", "j", "move(1)", "Down"),
    _key("studies.back", "escape,q,S,backspace", "back", "Back", "Back to the list, then to the tree", footer="esc"),
]

STUDY_LINES = [
    _key("studies.open", "enter", "select", "Open", "Into the tab of the study; open the line there", footer="enter"),
]

REPORT = [
    _key("report.back", "left,h", "move(-1)", "Section", "The section or figure before", footer="←→"),
    _key("report.forward", "right,l", "move(1)", "Next section", "The next section or figure"),
    _key("report.up", "k", "scroll_text(-1)", "Up", "Scroll up"),
    _key("report.down", "j", "scroll_text(1)", "Down", "Scroll down"),
    _key("report.close", "escape,q,backspace", "close", "Close", "Back to the studies", footer="esc"),
]
