"""Pictures in a terminal: what the terminal can show, the bytes that show it, and a widget. Knows nothing of riptui.

probe, capabilities   ask the terminal before Textual starts, and choose a protocol; no Textual
fit                   the size at which a picture is shown
half_blocks, canvas   pictures as rows of cells; picture_cell: one of them; rgb: pictures as arrays
sixel, kitty          pictures as bytes; encoding: in a thread, cached; budget: how many; tmux: passthrough
protocol              the protocol in use by the whole app
picture               the widget
"""
