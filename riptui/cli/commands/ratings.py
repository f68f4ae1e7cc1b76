"""`riptui ratings`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option, lookup_option, paths_argument


@command("riptui.cli.ratings:ratings")
@paths_argument
@lookup_option
@json_option
def ratings() -> None:
    """Summarise what people said with `riptui rate`. PATH: the folder that was rated, or one above it.

    For each condition: how often it came first where it was shown, and its strength by Bradley and Terry's model (log
    odds against an average condition); how often each kind of damage was seen; how far people agree beyond chance
    (Cohen's and Fleiss' kappa); and which metrics order frames as people do. All with 95 % intervals by image.

    \b
    riptui ratings runs/fig7
    riptui ratings runs --json
    """
