"""`riptui config`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option


@click.command()
@click.argument("do", type=click.Choice(["path", "show", "edit"]), default="show")
@json_option
@calls("riptui.cli.config:config")
def config() -> None:
    """Say where the settings file is (path), what holds and where it comes from (show), or open the file (edit).

    It is ~/.config/riptui/settings.toml, or what $RIPTUI_CONFIG names. edit takes $VISUAL, $EDITOR, nano or vi; where
    there is no file it makes one in which every setting is explained. It never replaces a file.

    Exit code 2 if something in the file is wrong; the app starts nevertheless, without what is wrong.
    """
