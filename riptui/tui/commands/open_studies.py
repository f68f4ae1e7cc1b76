"""The studies that are known here."""

from riptui.tui.commands.context import CommandContext
from riptui.tui.studies.studies_screen import StudiesScreen


async def studies(context: CommandContext) -> None:
    """Show the studies; go to what was chosen there."""
    screen = StudiesScreen(
        context.runs,
        context.graphics,
        context.app.study_jobs,  # type: ignore[attr-defined]
        lambda: list(context.tree_model.totals),
        confirm=context.settings.confirm,
    )
    if path := await context.show_dialog(screen):
        await context.go_to(path)
