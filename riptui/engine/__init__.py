"""Compute trajectories: claim them, recurse, save, measure. Tells what happens by yielding events; prints nothing.

bench      the loop: slots that are filled, advanced together, and left
alone      one trajectory, because a person asked
slot       one claimed trajectory in it
padding    a batch of a fixed shape
keeper     the thread that saves and measures one iteration while the next is inpainted
measuring  the frames that are saved already

An event is yielded when what it tells is durable on disk.
"""

from riptui.engine.batch import BatchRunner, TrajectorySource, can_share_batch
from riptui.engine.measuring import measure_saved_frames
from riptui.engine.single import force_request, request_stop, run_trajectory

__all__ = [
    "BatchRunner",
    "TrajectorySource",
    "can_share_batch",
    "force_request",
    "measure_saved_frames",
    "request_stop",
    "run_trajectory",
]
