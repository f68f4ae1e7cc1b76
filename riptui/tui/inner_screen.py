"""The base of every screen above the browser: it closes itself and no other."""

from typing import Literal, TypeVar

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.screen import ModalScreen, Screen

from riptui.tui.keymap import shown_key
from riptui.tui.runs.feedback_line import FeedbackLine

Answer = TypeVar("Answer")


class InnerScreen(Screen[Answer]):
    """Textual's `dismiss` closes the screen on top, whichever it is, and a message that closes one can come late."""

    DEFAULT_CSS = "InnerScreen { overflow: hidden; }"
    _late_result: tuple[Answer | None] | None = None

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Close this screen: at once, or when the screens above it are closed; once."""
        if self.app.screen is self:
            return super().dismiss(result)
        self._late_result = (result,)
        done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return done

    def action_close(self) -> None:
        self.dismiss(None)

    def display_key(self, binding: Binding) -> str:
        """A key as the last line names it."""
        return self.app.get_key_display(binding)

    def key_of(self, binding_id: str) -> str:
        """The user's key of a binding, as texts name it."""
        return shown_key(self.app, binding_id)

    def say(self, text: str, severity: Literal["information", "warning"] = "information") -> None:
        """Show feedback in the status line, on screens that have one."""
        self.query_one(FeedbackLine).say(text, severity)

    def action_press_key(self, key: str) -> None:
        """Act as if a key had been pressed. As a message of the app's: one of a widget's parent does not bubble."""
        self.app.call_later(self.app.simulate_key, key)

    @on(events.ScreenResume)
    def _dismiss_late(self) -> None:
        if self._late_result is not None:
            self.dismiss(*self._late_result)


class InnerModalScreen(ModalScreen[Answer], InnerScreen[Answer]):
    """Shows what is below it, dimmed: Textual takes the style of the first base alone."""
