"""The worker: a process that computes what is queued in a runs folder, and outlives the terminal it was started from.

service  take, compute, wait, leave
queue    what is to be taken next, from the disk
report   live.json, kept fresh by a thread
gauges   how full and how busy the GPU is
"""
