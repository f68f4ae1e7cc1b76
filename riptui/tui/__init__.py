"""The terminal app. It owns nothing: it reads the runs folder and writes requests, and can be killed at any moment.

start       the terminal asked, the settings read; and the report if the app should crash
app         the Textual app: theme, keys, what every screen has, how it ends
browser     the main screen: the tree, what is chosen in it, the status lines
bindings    every key of the browser, in one table: dispatch, footer, help and the user's keymap come from it
shelf       what is in the runs folder, read by a thread again and again; no Textual
outline     the lines of the tree: groups, order, filter; no Textual
filters     what is typed after `/`, as a condition; no Textual
tree        the tree on the screen
watch       the thread that looks
welcome     what is shown where there are no runs
help        the keys of a screen; themes: colours; keymap: the user's own keys
graphics    pictures in the terminal: kitty, sixel, half blocks
status      the worker, its device and what it computes, in a line
"""
