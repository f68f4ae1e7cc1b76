"""One picture of a trajectory, as large as the terminal.

screen     the screen: keys, mouse, playing, blinking
picture    the picture: fits the room, or is zoomed and panned
views      what is shown of a frame: itself, its differences, its squares by a metric
line       the line of text below the picture
"""
