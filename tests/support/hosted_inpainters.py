"""What actors of the tests host: the worker, with the odd inpainters in its registry."""

from riptui.ray_cluster.actor import ActorWorker
from tests.support import odd_inpainters

__all__ = ["ActorWorker"]

odd_inpainters.install()
