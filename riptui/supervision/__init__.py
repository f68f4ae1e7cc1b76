"""Start, find, watch and stop workers from outside: through the disk and processes. Never the engine, never torch.

client          start, find and stop workers; request trajectories
pool            keep workers running on this host while trajectories are queued: one for `run`, one per GPU for a study
device_choice   which GPUs the workers of a study use, and who else uses them
restart_policy  when a worker that ended is replaced, and when to give up
hang_watch      end a worker whose iteration takes too long
monitor         a pool's reader of events, for a few trajectories
follower        a background process that watches detached work
study_process   `riptui study run` in the background
end_hook        a command that tells people how work ended
progress        a pool's reader of counts and rates, for thousands of trajectories
queue_listing   what waits, in order, with when and whether it starts
time_left       how long workers still need for a study, by `queue_listing`
reordering      change the queue: order, priorities, what is taken out; take changes back
bulk            the same request for many trajectories
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.supervision import queue_listing as queue_listing

__getattr__ = lazy_modules(__name__)
