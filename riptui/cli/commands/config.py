"""`riptui config`."""

import rich_click as click

from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.config:config")
@click.argument("do", type=click.Choice(["path", "show", "edit"]), default="show")
@json_option
def config() -> None:
    """Print the path of the settings file (path), print every setting and its origin (show), or edit the file (edit).

    The file is ~/.config/riptui/settings.toml, or $RIPTUI_CONFIG. `riptui config edit` opens it in $VISUAL, $EDITOR,
    nano or vi, and first creates it, with every setting explained, if it does not exist. External programs become
    inpainters there: [inpainters.NAME] with command and hole; the new file has entries for programs of the field.

    Exit code 2 if a setting is invalid. The app still starts and ignores that setting.
    """
