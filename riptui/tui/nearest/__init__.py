"""A frame beside the nearest pictures of a corpus.

nearest_lookup   what is found, in a thread: by stored features, or by the perceptual hash; never by a network
nearest_screen   the screen
"""
