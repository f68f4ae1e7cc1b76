"""Many pictures of a group at once: a row a picture or a seed, a column a mask size, an inpainter or every 50 %.

gallery_screen   the screen: keys, mouse, what is read
gallery_table    which trajectory and frame is in which cell; no Textual
gallery_grid     the widget: only visible cells exist
thumbnails       reads small pictures, in a thread
"""
