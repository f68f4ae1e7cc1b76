"""The left side: what is in the runs folder.

shelf     finds the trajectories and what changed; watch: a thread that looks, and at the workers
outline   groups, order and totals; filters: what is typed after /
tree      the widget; status: the lines above and below
"""
