"""What actors of the tests host: the worker, with the odd inpainters in its registry."""

from riptui.worker.handed import Handed
from tests.support import odd_inpainters

__all__ = ["Handed"]

odd_inpainters.install()
