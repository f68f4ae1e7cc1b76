"""Random disturbances of real riptui processes, and a check of every pixel afterwards by an independent reader.

`python -m tests.tools.chaos --seed 1 --seconds 60` prints its figures as JSON, and exits with 1 if it found a fault.

reader.py         the format as the README describes it, with json, Pillow and OpenCV; imports nothing of riptui
laboratory.py     a runs folder on a small disk, the processes that work in it, and moments in which the disk fails
launcher.py       starts commands quickly
actions.py        what users, the kernel and chance do
app_calls.py      what only the app does: trash, restore, rename
trial.py          a round: disturb, let everything finish, check
failing_calls.c   a library that lets system calls fail while a file says so
"""
