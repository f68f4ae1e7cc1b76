"""The right side for one trajectory.

view            the widget; frame_cursor: the position, moving, playing; responsive: its layout
loader          snapshots, frames and comparisons, read in a thread
picture_row     the pictures; difference, colormap: how frame k is compared
heading         path and recipe; slider: the frames; metric_readout: the metrics in a line
tabs            the panes: metric_series (chart), filmstrip, repaint_map (masks), text_tabs (spec, log);
                square_distances: what else the masks are coloured by
"""
