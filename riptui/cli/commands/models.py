"""`riptui models`."""

from riptui.cli.lazy import command
from riptui.cli.options import json_option


@command("riptui.cli.models:models")
@json_option
def models() -> None:
    """List models, LPIPS nets, inpainters without weights, your programs: size, licence, and what is installed.

    \b
    ✓ installed   ○ missing: riptui fetch NAME   ! incomplete
    ? unknown without the extra [diffusion]
    """
