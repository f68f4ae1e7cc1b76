"""The form for new trajectories.

form             its values, and what is wrong with them; no Textual
installed        which inpainters are installed, as listed by `riptui models`
picture_browser  a list of folders and pictures, and completion of a path
fields           the lines of the form
screen           the form on the screen
start_runs       creates and queues the trajectories, in a thread
"""
