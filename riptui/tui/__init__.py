"""The terminal app. It owns nothing: it reads the runs folder and writes requests, and can be killed at any moment.

start       the terminal asked, the settings read; and the report if the app should crash
app         the Textual app: theme, keys, what every screen has, how it ends
browser     the main screen: the tree, what is chosen in it, the status lines
runs/       the left side: what is in the runs folder
details     the right side: trajectory/ or group/, imported after the first paint
launch/     the form that launches trajectories
commands/   what keys do beyond looking
bindings    every key of the app, in tables: dispatch, footer, help and the user's keymap come from them
help        the keys of a screen; keyline: those in the last line; keymap: the user's own keys
welcome     what is shown where there are no runs
graphics/   pictures in the terminal: kitty, sixel, half blocks
plot/       charts in braille
themes      colours; notification: bell and OSC 9; dialogs: questions; wording: numbers and places in sentences
lines       text that changes often; tabline: tabs in a line; latest, threads: what a thread does for a screen
"""
