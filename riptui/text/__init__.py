"""Text for people: safe for a terminal, numbers with units, ranges of whole numbers. Knows nothing of trajectories.

terminal      escape control characters; text of so many columns; sparklines, shades
units         counts, sizes, durations, rates, paths with ~
int_ranges    parse 0-9,12
status_marks  a symbol and a style for each status
"""
