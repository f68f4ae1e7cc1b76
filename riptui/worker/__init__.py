"""A worker: a process that runs trajectories from a queue.

loop          take trajectories, run them, wait for more, exit
memory_queue  a queue of given trajectories, for a Ray actor or a command's own process; `store.disk_queue` is that of a
              runs folder
heartbeat     live.json, kept fresh by a thread
inpainter_absence  why an inpainter cannot be used now: a program, a plug-in or a server that is not there
gpu_stats     memory and load of the GPU
"""
