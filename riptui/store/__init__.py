"""The store: the only package that knows paths and bytes on disk. The README has the format.

disk             calls that read or change the disk
disk_errors      what a disk error means, and what to do
disk_failure     what a disk error concerns: one folder, or the whole disk
layout           the file names of a runs folder
names            the names of groups and trajectories; trajectory_names: those that specs get
records          the records in its JSON files
size_limits      the largest size that each file can have, from its spec
lock             the lock of the process that runs a trajectory; lock_file: on file systems without flock
ownership        whether this user can work in a runs folder of another
trajectory       a trajectory folder as readers see it, and its status
frames           frames rebuilt from patches
frame_reader     frames at random access
feature_file     the vectors of frames by feature extractors, which can be deleted
tail             incremental reads of growing files
listing          find, scan and summarize trajectories; filters: those that a user's words select;
                 filter_hints: what words that select none may mean
summary_cache    summaries kept in the cache folder, which count while the disk is as it was; summary_file: its
                 file; spec_table: the specs in it; folder_stamp: what tells that a folder has changed;
                 glance: what a list shows of one
copies           trajectories of one spec in several folders
annotations      tags and notes; ratings: what people said of frames, for statistics
disk_queue       the trajectories that workers may take, in order
queued           a trajectory's place in the queue
queue_order      the order in which workers will take what waits
turns            whose trajectory is next: one of each user in turn
trust            whose trajectories a worker computes, and what their specs may load
creation         create a folder: whole or not at all
claim            a trajectory whose lock this process holds
verify           compare a folder with its spec and its hashes
attempts         sessions that died at the same iteration
writer           recover, and append iterations
requests         what is requested of a trajectory and not done yet
move             rename and move trajectories and groups
trash            the trash of a runs folder
worker_registry  the worker processes of a runs folder; worker_record: the records in a worker's folder
worker_environment    what a worker keeps of the environment of the command that started it
asked_places     in whose cache of the hub a trajectory finds its model, and by which server it is painted
worker_process   which process a worker is, and the proof of it
sign_watch       whether workers still give signs
lease            a trajectory computed on a machine that cannot reach its disk
provenance       differences between the sessions of a trajectory
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.store import feature_file as feature_file
    from riptui.store import frames as frames
    from riptui.store import provenance as provenance
    from riptui.store import sign_watch as sign_watch
    from riptui.store import worker_registry as worker_registry

__getattr__ = lazy_modules(__name__)
