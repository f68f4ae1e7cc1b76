"""The panes of one study: plan, failures, log, report; one of them is shown."""

from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from riptui.study.study_state import StudyState
from riptui.text.terminal import printable
from riptui.tui.keymap import shown_key
from riptui.tui.studies.report_reader import FoundReport
from riptui.tui.studies.study_list import LineList
from riptui.tui.studies.study_texts import head_lines, one_line, worker_lines
from riptui.tui.tab_bar import TabBar

TABS = ("plan", "failures", "log", "report")
MAX_FAILURES_SHOWN = 500  # lines; the others are counted


class StudyText(VerticalScroll):
    """A text that the keys scroll when it has the focus."""

    DEFAULT_CSS = "StudyText { scrollbar-size-vertical: 1; & > Static { width: 1fr; height: auto; } }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    @property
    def text(self) -> str:
        return str(self._text.content)

    def show(self, text: Text) -> None:
        if self._text.content != text:
            self._text.update(text)


class StudyPanes(Vertical):
    """Shows a study: three lines, the tabs, and the pane that is chosen."""

    DEFAULT_CSS = """
    StudyPanes {
        width: 1fr;
        height: 1fr;
        padding: 0 1;
        & #study-head { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
        & #study-counts { height: auto; max-height: 4; }
        & TabBar { margin: 1 0 0 0; }
        & ContentSwitcher { height: 1fr; }
        & LineList { height: 1fr; }
    }
    StudiesScreen.-narrow TabBar { margin: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._head = Static(id="study-head", markup=False)
        self._counts = Static(id="study-counts", markup=False)
        self._tabs = TabBar(TABS, TABS[0])
        self.plan, self.log_text = StudyText(id="plan"), StudyText(id="log")
        self.failures, self.report = LineList(id="failures"), LineList(id="report")
        self.found_report: FoundReport | None = None

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._counts
        yield self._tabs
        with ContentSwitcher(initial=TABS[0]):
            yield self.plan
            yield self.failures
            yield self.log_text
            yield self.report

    @property
    def chosen(self) -> str:
        """The name of the tab that is shown."""
        return self._tabs.chosen

    def choose(self, name: str) -> Widget:
        """Show a tab; return its pane."""
        self._tabs.chosen = name
        switcher = self.query_one(ContentSwitcher)
        switcher.current = name
        return switcher.get_child_by_id(name)

    def show_head(self, state: StudyState | None, log: str = "") -> None:
        first, second, counts = (
            head_lines(state, partial(shown_key, self.app), log) if state else (Text(), Text(), Text())
        )
        for widget, text in ((self._head, Text("\n").join([first, second])), (self._counts, counts)):
            if widget.content != text:
                widget.update(text)

    def show_failures(self, state: StudyState) -> None:
        failed = dict(state.progress.failed) if state.progress else {}
        lines = [(path, _failure_line(path, reason)) for path, reason in [*failed.items()][:MAX_FAILURES_SHOWN]]
        if more := len(failed) - len(lines):
            lines.append(("", Text(f"and {more:,} more", "dim")))
        self.failures.show_lines(lines or [("", Text("nothing failed", "dim"))])

    def show_log(self, state: StudyState, log: str) -> None:
        """The running workers, and the background process's output."""
        text = Text("\n").join([Text(printable(line), "dim") for line in worker_lines(state)])
        text.append("\n\n" if text else "")
        lines = "\n".join(printable(line) for line in log.splitlines())
        text.append(lines or "nothing was computed from this app", "" if lines else "dim")
        self.log_text.show(text)

    def show_report(self, notes: Sequence[Text]) -> None:
        """The sections and figures of the report that was found, below the notes about it."""
        found = self.found_report
        lines = [("", note) for note in notes]
        for number, item in enumerate(found.items if found else ()):
            mark = "▦ " if item.picture else "¶ "
            subject = f"  {printable(item.text)}" if item.picture else ""  # Figure 8 alone says little
            lines.append((str(number), one_line((mark, "dim"), printable(item.title), (subject, "dim"))))
        self.report.show_lines(lines)


def _failure_line(path: str, reason: str) -> Text:
    return one_line(("✗ ", "red"), (printable(path), "bold"), f"  {printable(reason)}")
