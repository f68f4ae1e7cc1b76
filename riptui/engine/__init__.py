"""Run trajectories: claim them, recurse, save, measure. Reports by yielding events; prints nothing.

batch              the loop: fill slots, advance them together, empty them
batch_limit        how many trajectories may share the batch
current_inpainter  the inpainter that is loaded, until another is needed
slot               one claimed trajectory in the batch
padding            a batch of a fixed shape
freed_memory       what the C library does with the memory of freed arrays
saver              a thread that saves and measures one iteration while the next is inpainted
session_record     by what, where and with which versions rows are computed
measuring          measure frames that are saved already
features_of_frames features of frames, saved already or just computed

An event is yielded once its content is durable on disk.
"""

from riptui.engine.batch import BatchRunner
from riptui.engine.features_of_frames import extract_saved_frames
from riptui.engine.measuring import measure_saved_frames

__all__ = ["BatchRunner", "extract_saved_frames", "measure_saved_frames"]
