"""Charts as text: from series of numbers to rows of coloured characters. Knows nothing of riptui, and no NumPy.

axes       the range of an axis and its ticks; y_axis: the vertical one, linear or logarithmic, or a part of it
braille    dots finer than a character; grid: cells with an ink
drawing    series → cells: curves, error bars, axes, labels; legend: the names of the series
series     named points; palette: the colours of the series
chart      the widget; crosshair: the values at one x; chart_grid: several charts, and their legend above them
"""
