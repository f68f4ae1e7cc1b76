"""Pictures in a terminal: what the terminal can show, the bytes that show it, and the widget that sends them.

terminal, probe    who the terminal is, asked before Textual starts; neither imports Textual
fit                how large a picture is shown
cells              rows of half blocks, and of kitty's placeholders
sixel, kitty       a picture as bytes
graphics           the protocol in use, for the whole app
picture            the widget
"""
