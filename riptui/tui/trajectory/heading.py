"""The line above a trajectory: its place in the runs folder, and how it was made."""

from pathlib import Path

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from riptui.spec import Spec
from riptui.terminal import printable
from riptui.tui.lines import Line
from riptui.tui.trajectory.projector import Snapshot


class Heading(Horizontal):
    """fig7 / cat / m64-s0        navier-stokes · 64 px · seed 0. Where there is little room, the outer groups go."""

    DEFAULT_CSS = """
    Heading {
        height: 1;
        & #name { width: 1fr; }
        & #recipe { width: auto; margin-left: 2; color: $foreground-muted; }
    }
    """

    def __init__(self, runs: Path | None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs = runs
        self._shown: Snapshot | None = None

    def compose(self) -> ComposeResult:
        yield Line(id="name")
        yield Line(id="recipe")

    def show(self, snapshot: Snapshot) -> None:
        self._shown = snapshot
        self._say()

    def on_resize(self) -> None:
        self._say()

    def _say(self) -> None:
        if (shown := self._shown) is None:
            return
        path, runs = shown.path, self._runs
        parts = path.relative_to(runs).parts if runs and path.is_relative_to(runs) else path.parts[-3:]
        *groups, own = map(printable, parts)
        recipe = Content(_recipe(shown.spec) if shown.spec else "")
        most = max(self.size.width // 2, self.size.width - cell_len(own) - 2)
        room = self.size.width - min(recipe.cell_length, most) - 2
        while groups and cell_len(" / ".join([*groups, own])) > room:
            del groups[0]  # the nearer ones tell more
        above = "".join(f"{group} / " for group in groups)
        self.query_one("#name", Line).say(Content.assemble((above, "$foreground-muted"), (own, "bold")))
        self.query_one("#recipe", Line).styles.max_width = most
        self.query_one("#recipe", Line).say(recipe)


def _recipe(spec: Spec) -> str:
    order = "" if spec.order == "replacement" else f" · {spec.order}"
    return printable(f"{spec.inpainter} · {spec.mask} px · seed {spec.seed}{order}")
