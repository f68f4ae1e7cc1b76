"""The programs of a user's settings, as inpainters.

external_program  the inpainter that starts one
program_registry  finds them in the settings
program_files     the folder of a program's pictures
program_process   one run of a program
program_sources   the files that its command names
program_guard     ends its processes, also when ours is killed
"""
