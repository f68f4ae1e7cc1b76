"""Curves as text: from series of numbers to rows of coloured characters. Knows no widget, no theme, no NumPy.

axes       the range of an axis and its ticks
braille    dots finer than a character
drawing    series → cells: curves, error bars, axes, labels, legend
legend     where the names of the series go
"""
