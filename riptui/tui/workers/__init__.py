"""The screen of workers: who computes what on which device, and what waits.

workers_screen   the screen: its parts, its keys, what is read in threads; worker_commands: its keys that start, shut
                 down and kill workers, each after a question
worker_rows      the table of workers, and all that is known of one
queue_table      what waits, as a table: read in a thread, and changed, with undo; queue_rows: its columns and rows
gpu_history      use and memory of the workers' GPUs over the last minutes
followed_log     the log of a worker, read in a thread; log_view: lines that are followed, wrapped, searched
search_line      the line to type what is searched for
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.tui.workers import workers_screen as workers_screen

__getattr__ = lazy_modules(__name__)
