"""Start, find, watch and ask workers, from outside: through the disk and processes. Never the engine, never torch.

client    start, find and stop workers; ask for trajectories
monitor   follow queued trajectories to completion, and keep a worker running
pool      one worker per device of this host, replaced when it dies
progress  how far many trajectories are
bulk      the same request for many trajectories
"""
