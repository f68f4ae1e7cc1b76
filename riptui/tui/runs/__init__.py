"""The left side: what is in the runs folder.

scanner      finds the trajectories and what changed; watcher: a thread that runs it and polls the workers
tree_model   the rows: groups, order, totals
row_cells    the texts of a row, in columns
tree         the widget; tree_panel: its frame; filter_line: where a filter is typed
known_work   what is known of the work on a trajectory; work_watch: finds it out for the shown one
head_line    the line above; feedback_line: the one below; status_line: their texts
"""
