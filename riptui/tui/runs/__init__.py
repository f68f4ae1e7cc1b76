"""The left side: what is in the runs folder.

scanner      finds the trajectories and what changed; watcher: a thread that runs it and polls the workers
tree_model   the rows: groups, order, totals; filters: the texts typed after /
tree         the widget; status_line: the lines above and below
"""
