"""The right side for one trajectory.

view            the widget; frame_cursor: the position, moving, playing; responsive: its layout
loader          snapshots, frames and comparisons, read in the thread of background_reader
picture_row     the pictures; difference, colormap: how frame k is compared
heading         path and recipe; slider: the frames; metric_readout: the metrics in a line
tabs            the panes: metric_series (chart), filmstrip, repaint_map (masks; region_tiles: what is counted
                where there is no grid; square_distances: what else colours them), exposure_pane (recursion),
                spectrum_pane, text_tabs (spec, log)
"""
