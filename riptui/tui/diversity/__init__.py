"""How far the seeds of a picture are apart: a screen.

diversity_screen   the matrix of a set, the two frames of a cell, and what is known of the set
matrix             the widget of the matrix
similarity_sheet   the widget of the contact sheet
set_reader         reads sets and frames, in a thread; no Textual
"""
