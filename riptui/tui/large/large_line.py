"""The line below the large picture: where it is, what is shown, and the values of the frame."""

from collections.abc import Sequence

from textual.content import Content

from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.text.terminal import fit_path, printable
from riptui.tui.trajectory.loader import TrajectorySnapshot

MIN_NAME_COLUMNS = 8
GAP = "  "


def large_line(snapshot: TrajectorySnapshot, k: int, name: str, what: Content, zoom: str, width: int) -> Content:
    """The name, cut or left out where needed; frame and inpainted %; what is shown, the zoom and values as they fit."""
    spec = snapshot.spec
    if spec is None:
        return Content(fit_path(printable(name), width).rstrip())
    place = Content.styled(f"frame {k}/{spec.iterations}{GAP}{spec.inpainted(k):.0f} %", "$foreground")
    fixed = [place, what.stylize_before("$accent"), Content.styled(f"zoom {zoom}", "$accent")]
    while _width(fixed) > width - MIN_NAME_COLUMNS - len(GAP) and len(fixed) > 2:
        fixed.pop()  # the zoom is the least important
    room = width - _width(fixed) - len(GAP)
    title = [Content.styled(fit_path(printable(name), room).rstrip(), "bold")] if room >= MIN_NAME_COLUMNS else []
    line = Content(GAP).join(part for part in (*title, *fixed) if part.plain)
    for value in _values(snapshot, k):
        if line.cell_length + value.cell_length + len(GAP) > width:
            break
        line = Content.assemble(line, GAP, value)
    return line


def _width(parts: Sequence[Content]) -> int:
    return Content(GAP).join(part for part in parts if part.plain).cell_length


def _values(snapshot: TrajectorySnapshot, k: int) -> list[Content]:
    """The values of the last measured frame up to k: dimmed, with its inpainted %, if it is an earlier one."""
    assert snapshot.spec is not None
    measured = max((frame for frame in snapshot.metrics if frame <= k), default=None)
    if measured is None:
        return []
    values = snapshot.metrics[measured]
    is_of_frame = measured == k
    style, where = ("$foreground", "") if is_of_frame else ("$foreground-muted", "")
    texts = [f"{metric_title(name)} {format_value(values[name])}" for name in metric_names({measured: values})]
    if texts and not is_of_frame:
        where = f"at {snapshot.spec.inpainted(measured):.0f} %: "
        texts[0] = where + texts[0]
    return [Content.styled(text, style) for text in texts]
