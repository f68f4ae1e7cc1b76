"""How far the seeds of the selection are apart."""

from riptui.tui.commands.context import CommandContext
from riptui.tui.diversity.diversity_screen import DiversityScreen


async def compare_seeds(context: CommandContext) -> None:
    """Show the matrices of the selected trajectories' seeds; on one trajectory, of those beside it."""
    if not context.cursor_path:
        return
    paths = context.paths
    if not context.marked and not context.is_group:
        paths = context.tree_model.list_matching(context.cursor_path.rpartition("/")[0])
    screen = DiversityScreen([context.runs / path for path in paths], context.graphics, runs=context.runs)
    chosen = await context.show_dialog(screen)
    if chosen is not None:
        await context.go_to(chosen.relative_to(context.runs).as_posix())
