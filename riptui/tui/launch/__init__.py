"""Launch trajectories: the form.

form      what was typed, and what is wrong with it; no Textual
stock     which inpainters and metrics are here, as `riptui models` says
browsing  folders and pictures in a list, and completion of a path
field     a line of the form: a label, a widget, what is wrong with it
screen    the form on the screen
order     what happens when it is submitted, in a thread
"""
