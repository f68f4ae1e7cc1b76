"""riptui: a lab bench for Recursive InPainting (RIP).

Take a picture, mask a square, let a model repaint it, paste that square back, mask another, again and again, and
measure how far the picture drifts from the original (Conde et al. 2024, arXiv 2407.09549).
"""

__version__ = "0.1.0"
