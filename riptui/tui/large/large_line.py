"""The line below the large picture: where it is, what is shown, and the values of the frame."""

from collections.abc import Sequence

from textual.content import Content

from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.text.terminal import count_columns, fit_path, printable
from riptui.tui.group.compare_data import last_measured
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
    values = _values(snapshot, k)
    name_columns = count_columns(printable(name).rpartition("/")[2])
    value_columns = _width(values[:1]) + len(GAP)
    needed = name_columns + value_columns if zoom == "fit" else MIN_NAME_COLUMNS  # that all is shown can be seen
    while _width(fixed) > width - needed - len(GAP) and len(fixed) > 2:
        fixed.pop()  # the zoom is the least important
    room = width - _width(fixed) - len(GAP)
    if room - value_columns >= name_columns:
        room -= value_columns  # before the groups
    title = [Content.styled(_fit_name(printable(name), room), "bold")] if room >= MIN_NAME_COLUMNS else []
    line = Content(GAP).join(part for part in (*title, *fixed) if part.plain)
    for value in values:
        if line.cell_length + value.cell_length + len(GAP) > width:
            break
        line = Content.assemble(line, GAP, value)
    return line


def _fit_name(name: str, columns: int) -> str:
    """The path, or the name alone where little of its group would be left."""
    folder_name = name.rpartition("/")[2]
    has_room = columns >= min(count_columns(name), count_columns(folder_name) + MIN_NAME_COLUMNS)
    return fit_path(name if has_room else folder_name, columns).rstrip()


def _width(parts: Sequence[Content]) -> int:
    return Content(GAP).join(part for part in parts if part.plain).cell_length


def _values(snapshot: TrajectorySnapshot, k: int) -> list[Content]:
    """The values of the last measured frame up to k: dimmed, with its inpainted %, if it is an earlier one."""
    measured = last_measured(snapshot, k)
    if measured is None or snapshot.spec is None:
        return []
    values = snapshot.metrics[measured]
    texts = [f"{metric_title(name)} {format_value(values[name])}" for name in metric_names({measured: values})]
    if texts and measured != k:
        texts[0] = f"at {snapshot.spec.inpainted(measured):.0f} %: {texts[0]}"
    style = "$foreground" if measured == k else "$foreground-muted"
    return [Content.styled(text, style) for text in texts]
