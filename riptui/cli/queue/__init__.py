"""The work of `riptui queue ...`, a module for each command.

ls      what waits, the next one first
move    change its order
remove  take trajectories out of it
chosen  the queued trajectories that a command names
"""
