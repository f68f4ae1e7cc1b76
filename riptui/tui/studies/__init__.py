"""The screen of the studies: what is known here, plan, progress, failures, log and report of each.

studies_screen     the screen; study_commands: its keys that change something
study_actions      what they do to a study
study_list         the list on its left side
study_panes        plan, failures, log and report of one study
study_plan         what a study will take; for a thread
study_texts        the texts about them
study_jobs         the processes that compute a study or write its report
report_reader      the sections and figures of a written report
report_screen      one of them as large as the terminal
new_study_dialog   writes a study file
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.tui.studies import study_jobs as study_jobs

__getattr__ = lazy_modules(__name__)
