"""The left side: what is in the runs folder.

scanner      finds the trajectories and what changed; watcher: a thread that runs it and polls the workers
tree_model   the rows: groups, order, totals
tree         the widget; tree_panel: its frame, with the filter; status_line: the lines above and below
"""
