"""Blind ratings: which of several frames is better, or what is wrong with one.

rating_session  the questions that are left, and the journal of answers; no Textual
rating_screen   the screen that asks them
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.tui.rating import rating_screen as rating_screen

__getattr__ = lazy_modules(__name__)
