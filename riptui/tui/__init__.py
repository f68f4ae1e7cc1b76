"""The terminal app. It holds no state of its own: it reads the runs folder and writes requests.

start       probes the terminal, starts the app, reports a crash
app         the Textual app: theme, keys, notifications, exit
browser     the main screen: the tree, the details, the status lines
runs/       the left side: the tree of the runs folder
right_side  what is beside the tree; details: a trajectory/ or group/ there, imported after the first paint
gallery/    many pictures of a group at once; large/: one picture as large as the terminal
launch/     the form for new trajectories
rating/     the screen of blind ratings
nearest/    a frame beside the nearest pictures of a corpus
diversity/  how far the seeds of a picture are apart
workers/    workers, their GPUs and logs, and the queue
studies/    the studies: plan, progress, pause, report
commands/   the keys that change something: launch, pause, stop, rename, export ...; command_runner: runs them
bindings    every key, in tables, those of other screens by screen_bindings
keymap      the user's own keys; help: all keys; key_footer: those in the last line
figure_dialog      writes a chart or a sheet for a paper; written_files: says what was written
picture_screens    opens large, gallery, comparison on what is chosen
player      moves through frames and plays them; playback: by the clock; blinking: pictures in turn
possible    what can be done now, for the palette; go_to: what a typed text can mean; go_to_dialog: its line
settings_screen    changes the settings
last_place  where one was when the app ended
welcome     the screen of a runs folder without trajectories
plot/       charts in braille
themes      colours; dialogs: questions and choices; desktop_notification: OSC 9
work_supervisor    keeps a worker running for what was queued in this session
terminal_input     what the terminal sends: keys, late answers, bytes that are no text; key_queue: one key at a time
terminal_output    what is sent to the terminal, in few bytes
row_table   a table with a cursor, of any number of rows
text_lines  text that is repainted by line; tab_bar: tabs in one line
steady_input       a line to type in
titled_picture     a picture with a line below it
check_boxes boxes that are checked by a sign
inner_screen what every screen above the browser is: one that closes itself and no other
latest_jobs a thread for the newest job of each kind; ui_thread: calls from a thread into a screen
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.tui import app as app
    from riptui.tui import bindings as bindings
    from riptui.tui import commands as commands
    from riptui.tui import details as details
    from riptui.tui import dialogs as dialogs
    from riptui.tui import go_to_dialog as go_to_dialog
    from riptui.tui import help as help
    from riptui.tui import keymap as keymap
    from riptui.tui import picture_screens as picture_screens
    from riptui.tui import settings_screen as settings_screen
    from riptui.tui import welcome as welcome
    from riptui.tui import work_supervisor as work_supervisor

__getattr__ = lazy_modules(__name__)
