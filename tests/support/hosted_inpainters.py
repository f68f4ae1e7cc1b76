"""The actor's worker with the odd inpainters in its registry, for tests on a Ray cluster."""

from riptui.ray_cluster.actor import ActorWorker
from tests.support import odd_inpainters

__all__ = ["ActorWorker"]

odd_inpainters.install()
