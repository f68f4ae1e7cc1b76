"""Compute trajectories: claim them, recurse, save, measure. Tells what happens by yielding events; prints nothing.

bench      the loop: slots that are filled, advanced together, and left
alone      one trajectory, because a person asked
slot       one claimed trajectory in it
padding    a batch of a fixed shape
keeper     the thread that saves and measures one iteration while the next is inpainted
measuring  the frames that are saved already

An event is yielded when what it tells is durable on disk.
"""

from riptui.engine.alone import compute, insist, stop
from riptui.engine.bench import Bench, Source, alike
from riptui.engine.measuring import measure
from riptui.events import Elsewhere, Ended, Event, Failed, Iterated, Measured, Noted, Started, Told

__all__ = [
    "Bench",
    "Elsewhere",
    "Ended",
    "Event",
    "Failed",
    "Iterated",
    "Measured",
    "Noted",
    "Source",
    "Started",
    "Told",
    "alike",
    "compute",
    "insist",
    "measure",
    "stop",
]
