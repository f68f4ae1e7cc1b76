"""Blind ratings: which of several frames is better, or what is wrong with one.

rating_session  the questions that are left, and the journal of answers; no Textual
rating_screen   the screen that asks them
"""
