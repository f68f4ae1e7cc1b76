"""The line above a trajectory: its path, and inpainter, mask size and seed."""

from pathlib import Path

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from riptui.spec import Spec
from riptui.text.terminal import printable
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.loader import TrajectorySnapshot


class Heading(Horizontal):
    """fig7 / cat / m64-s0        navier-stokes · 64 px · seed 0. In little room the outer groups are left out."""

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
        self._snapshot: TrajectorySnapshot | None = None

    def compose(self) -> ComposeResult:
        yield TextLine(id="name")
        yield TextLine(id="recipe")

    def show(self, snapshot: TrajectorySnapshot) -> None:
        self._snapshot = snapshot
        self._update_lines()

    def on_resize(self) -> None:
        self._update_lines()

    def _update_lines(self) -> None:
        if (snapshot := self._snapshot) is None:
            return
        path, runs = snapshot.path, self._runs
        parts = path.relative_to(runs).parts if runs and path.is_relative_to(runs) else path.parts[-3:]
        *groups, folder_name = map(printable, parts)
        recipe = Content(_recipe(snapshot.spec) if snapshot.spec else "")
        max_recipe_columns = max(self.size.width // 2, self.size.width - cell_len(folder_name) - 2)
        path_columns = self.size.width - min(recipe.cell_length, max_recipe_columns) - 2
        while groups and cell_len(" / ".join([*groups, folder_name])) > path_columns:
            del groups[0]  # the nearest groups say most
        prefix = "".join(f"{group} / " for group in groups)
        tags = "".join(f" #{tag}" for tag in snapshot.annotations.tags)
        name = Content.assemble((prefix, "$foreground-muted"), (folder_name, "bold"), (printable(tags), "$text-accent"))
        self.query_one("#name", TextLine).set_text(name)
        self.query_one("#recipe", TextLine).styles.max_width = max_recipe_columns
        self.query_one("#recipe", TextLine).set_text(recipe)


def _recipe(spec: Spec) -> str:
    order = "" if spec.order == "replacement" else f" · {spec.order}"
    return printable(f"{spec.inpainter} · {spec.mask} px · seed {spec.seed}{order}")
