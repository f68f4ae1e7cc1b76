"""Pictures in a terminal: what it can show, the bytes that show it, a widget. Knows nothing of riptui.

probe, capabilities   ask the terminal before Textual starts, and choose a protocol; no Textual
fit                   the size at which a picture is shown; zoom: which part of it, at 1:1 and the like
half_blocks, canvas   pictures as rows of cells; picture_cell: one of them; rgb: pictures as
                      arrays; picture_strip: a row for Textual
sixel, kitty          pictures as bytes; encoding: in a thread, cached; budget: how many; tmux: passthrough
protocol              the protocol in use by the whole app
picture               the widget; pixel_layer: its pixels in the terminal; changes: which squares of them to send anew
printed               pictures among a command's output; textual_image_text: by the library textual-image
"""
