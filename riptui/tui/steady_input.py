"""A line to type in whose cursor does not blink: a blinking one sends bytes for ever."""

from textual.reactive import reactive
from textual.widgets import Input


class SteadyInput(Input):
    cursor_blink = reactive(False, init=False)
