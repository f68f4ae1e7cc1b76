"""`python -m riptui` is the command `riptui`."""

import sys

from riptui.cli import main

sys.exit(main())
