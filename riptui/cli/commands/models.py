"""`riptui models`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option


@click.command()
@json_option
@calls("riptui.cli.models:models")
def models() -> None:
    """List the models, the nets of LPIPS and the inpainters without weights: size, licence, and whether they are here.

    \b
    ✓ here   ○ missing: riptui fetch NAME   ! incomplete   ? not known without the extra [diffusion]
    """
