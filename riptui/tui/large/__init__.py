"""One picture of a trajectory, as large as the terminal.

large_screen    the screen: keys, mouse, playing, blinking
large_picture   the picture: fits the room, or is zoomed and panned
frame_views     what is shown of a frame: itself, its differences, its squares by a metric
map_view        a metric's distance at each pixel over the frame; map_process: measured in a process of its own
large_line      the line of text below the picture
"""
