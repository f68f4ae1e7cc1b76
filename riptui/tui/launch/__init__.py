"""The form for new trajectories.

form             its values, and what is wrong with them; no Textual
lacking          which weights, packages, programs and servers are not there
installed        which inpainters are installed, as listed by `riptui models`
picture_browser  a list of folders and pictures, and completion of a path
field            a labelled line of the form
protocol_fields  the part of the form for what is done otherwise than in the paper
screen           the form on the screen
start_runs       creates and queues the trajectories, in a thread
"""
