"""Pictures in a terminal: what a terminal can show, the bytes that show it, a widget. Knows nothing of riptui.

probe, capabilities   query the terminal before Textual starts, and choose a protocol; no Textual
fit                   the size at which a picture is shown; zoom: which part of it is shown at 1:1, 2:1 ...
half_blocks, canvas   pictures as rows of text cells; picture_cell: one cell; picture_strip: a row for Textual
rgb                   the array convention
sixel, kitty          pictures as escape sequences; encoding: in a thread, cached; budget: limits of their size; tmux:
                      passthrough
protocol              the protocol that the app uses, and what all its pictures share
picture               the widget; pixel_layer: its pixels in the terminal; changes: which parts of them changed
printed               pictures in a command's output; textual_image_text: by the library textual-image
"""
