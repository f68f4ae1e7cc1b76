"""Statistics and findings from measured metrics. Knows no command line and no torch; imports SciPy only when needed.

curves      one trajectory's values, and the distribution of many, at each measured point
long_table  all measurements as one tidy table
bootstrap   confidence intervals, by image
fits        two growth laws
statistics  summary statistics of a group of trajectories
panel       distances arranged for tests
verdict     the outcome of a test
paper_tests one test for each of the paper's seven findings
findings    runs the seven tests on any trajectories
comparison  ranks inpainters
"""
