"""From what was measured to what it says. Knows no command line and no torch; SciPy only inside what needs it.

curves      one trajectory's values, and the distribution of many, at each measured point
table       all of it as one tidy table
bootstrap   intervals, by image
fits        two laws of growth
statistics  a group of trajectories in a few numbers
panel       distances arranged for tests
verdicts    what a test says
claims      the paper's seven findings, a test each
findings    all of them on any trajectories
comparison  inpainters side by side
"""
