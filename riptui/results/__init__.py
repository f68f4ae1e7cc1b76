"""Statistics and findings from measured metrics. Knows no command line and no torch; imports SciPy only when needed.

curves      one trajectory's values, and the distribution of many, at each measured point
long_table  all measurements as one tidy table
bootstrap   intervals, by image
fits        two laws of growth
statistics  a group of trajectories in a few numbers
panel       distances arranged for tests
verdict     outcomes of a test
paper_tests the paper's seven findings, one test each
findings    all of them on any trajectories
comparison  inpainters side by side
"""
