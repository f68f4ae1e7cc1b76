"""The right side for one trajectory.

view        the widget, and where in the trajectory it is; player: playing
projector   frames and comparisons, in a thread; reel: frames at random access
stage       the pictures; arrangement: their room; comparison, heat: how frame k differs
slider      the frames; readings: the metrics in a line
panes       chart, filmstrip, masks (coverage), spec and log (texts); course: what the chart shows
"""
