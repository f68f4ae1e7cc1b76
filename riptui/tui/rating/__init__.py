"""Blind ratings: which of several frames is better, or what is wrong with one.

session  the questions that are left, and the journal of answers; no Textual
screen   the screen that asks them
"""
