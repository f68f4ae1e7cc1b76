"""The right side for a group, and the screen that compares trajectories.

view        the widget; choice: what is to be drawn; curves: the paper's figures 7, 8 and 13
gathering   what was measured of all of them, read by a thread
table       rows that are drawn when they are seen; columns: those of a group
compare     the screen; lineup: frames at equal inpainted %
"""
