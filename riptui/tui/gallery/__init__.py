"""Many pictures of a group at once: a row a picture or a seed, a column a mask size, an inpainter or every 50 %.

screen       the screen: keys, mouse, what is read
table        which trajectory and frame is in which cell; no Textual
grid         the widget: only visible cells exist
thumbnails   reads small pictures, in a thread
"""
