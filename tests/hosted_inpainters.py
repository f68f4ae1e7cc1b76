"""What actors of the tests host: the worker, with the odd inpainters in its registry."""

import odd_inpainters

from riptui.worker.handed import Handed

__all__ = ["Handed"]

odd_inpainters.install()
