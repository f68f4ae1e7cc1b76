"""Plan work before it is computed: sweeps, new trajectories, estimates of their cost.

sweep         inpainters x masks x seeds: the trajectories and their folders
picture_files the pictures of a folder or a glob pattern; bundled_pictures: those that come with riptui
missing_weights, same_weights    whether a spec's model is here, and which trajectory has the same
mask_folder   the user's own masks
prepare       a picture to frame 0 and its spec, for use from Python
submit        create the trajectory folders of pictures and a sweep
generation    the trajectories of a prompt: pictures from nothing
estimate      iterations, time and disk space; scheduled_work: of iterations whose steps change
command_line  the command, `riptui run` or `riptui generate`, that computes a spec
"""
