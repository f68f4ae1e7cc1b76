"""A study: many trajectories, asked for by one TOML file.

definition   the file: what it says, and what is wrong with it, with the line
presets      files to begin with
sources      the pictures it names, and a seeded sample of them; dataset: those of the Hugging Face hub
manifest     which pictures it was run with, and the trajectories that came of them: a file in the runs folder
submission   pictures x sweep to trajectory folders, one picture at a time; none twice
forecast     how many, how long and how large, before anything runs
progress     how far it is, from a few small reads a trajectory

Computes nothing and starts nothing: executors do.
"""
