"""From what was measured to what it says. Knows no command line, no torch; SciPy only inside what needs it.

curves      one trajectory's values, and the distribution of many, at each measured point
"""
