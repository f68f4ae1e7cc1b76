"""One trajectory of the comparison: its name, in what it differs, its frame, its values."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from riptui.arrays import Image
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.tui.group.compare_data import last_measured
from riptui.tui.plot.palette import current_series_colours
from riptui.tui.plot.series import SHAPES
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.loader import FrameImage, TrajectorySnapshot

GAP_COLUMNS = 1  # between two trajectories
KEPT_PICTURES = 6  # in kitty's memory: as many as blink in one place
MUTED = "$foreground-muted"


class CompareColumn(Vertical):
    """One trajectory: its name, its differing fields, its frame, its values."""

    DEFAULT_CSS = f"""
    CompareColumn {{
        height: auto;
        margin-right: {GAP_COLUMNS};
        & TextLine {{ width: 1fr; }}
        & .differs {{ color: $text-muted; }}
        &:last-of-type {{ margin-right: 0; }}
    }}
    """

    def __init__(self, graphics: Graphics, index: int, name: str) -> None:
        super().__init__()
        self._index = index
        self._title = name
        self._own_heading = Content(""), Content("")
        self._head, self._differing = TextLine().add_class("name"), TextLine().add_class("differs")
        self._values = TextLine().add_class("values")
        self._measured: tuple[TrajectorySnapshot, int, str] | None = None  # up to a frame, and the first metric
        self.picture = PictureWidget(graphics, kept_pictures=KEPT_PICTURES)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._differing
        yield self.picture
        yield self._values

    def set_heading(self, differing: Sequence[str]) -> None:
        colour = current_series_colours(self.app)[self._index]
        name = Content.assemble((SHAPES[self._index], colour), (f" {self._title}", "bold"))
        self._own_heading = name, Content(" · ".join(differing))
        self.take_heading(self)

    def take_heading(self, other: "CompareColumn") -> None:
        """Show the name of another column, whose picture blinks here."""
        name, differing = other._own_heading
        self._head.set_text(name)
        self._differing.set_text(differing)

    def show(
        self, frame: FrameImage, image: Image | None, snapshot: TrajectorySnapshot, metric: str, *, steady: bool
    ) -> None:
        """Show a frame, or an image made of it, and as many values as fit, that of `metric` first."""
        is_missing = image is None and frame.image is not None
        note = "of another size than the first" if is_missing else frame.note
        self.picture.show(image, note=note, steady=steady)
        self._measured = snapshot, frame.k, metric
        self._show_values()

    def on_resize(self) -> None:
        self._show_values()

    def _show_values(self) -> None:
        if self._measured is not None:
            self._values.set_text(values_line(*self._measured, self.size.width))


def values_line(snapshot: TrajectorySnapshot, k: int, metric: str, width: int) -> Content:
    """The values at the last measured frame up to k; where that is an earlier one, dimmed, with its inpainted %."""
    measured = last_measured(snapshot, k)
    if measured is None or snapshot.spec is None:
        return Content("")
    values, is_of_frame = snapshot.metrics[measured], measured == k
    ordered = [metric, *(name for name in metric_names({0: values}) if name != metric)]
    line = Content("") if is_of_frame else Content.styled(f"at {snapshot.spec.inpainted(measured):.0f} %:", MUTED)
    for name in (name for name in ordered if name in values):
        text = f"{metric_title(name)} {format_value(values[name])}"
        gap = 2 if is_of_frame and line else bool(line)
        if line and line.cell_length + len(text) + gap > width:
            break
        line += Content(" " * gap) + Content.styled(text, "bold" if is_of_frame and name == metric else MUTED)
    return line
