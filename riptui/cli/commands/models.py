"""`riptui models`."""

import rich_click as click

from riptui.cli.lazy import calls
from riptui.cli.options import json_option


@click.command()
@json_option
@calls("riptui.cli.models:models")
def models() -> None:
    """List models, LPIPS nets and inpainters without weights: size, licence, and whether they are installed.

    \b
    ✓ installed   ○ missing: riptui fetch NAME   ! incomplete   ? unknown without the extra [diffusion]
    """
