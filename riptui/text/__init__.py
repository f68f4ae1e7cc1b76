"""Text for people: safe for a terminal, numbers with units, ranges of whole numbers. Knows nothing of trajectories.

terminal      escape what a terminal would obey; sparklines; half blocks
units         counts, sizes, durations, paths with ~
int_ranges    parse 0-9,12
status_marks  a symbol and a style for each status
"""
