"""The right side for a group, and the screen that compares trajectories.

view           the widget; chart_options: what to draw; chart_reader: what that needs to be read
mean_curves    the paper's figures 7, 8 and 13; recursion_curves: error by repaints
sets_curves    metrics of sets of pictures
chart_command  the commands that draw the same for a paper
group_reader   reads the metrics of all trajectories, in a thread
table          a table that renders only visible rows; columns: those of a group; table_text: as TSV and Markdown
compare        the comparison screen; compare_data: its frames at equal inpainted %
compare_charts  its charts
compare_column  a trajectory in the comparison; compare_position: which frames it shows
"""
