"""What will be computed, before any of it is: sweeps, new trajectories, their cost.

sweep         inpainters x masks x seeds: which trajectories, and their folders
submit        pictures x a sweep to trajectory folders
estimate      time and room on the disk
command_line  a spec as the `riptui run` that computes it
"""
