"""The store: the only package that knows paths and bytes on disk. The README has the format.

disk        every call that reads or changes the disk
layout      the names in a runs folder
records     the lines of its JSON files
lock        who computes a trajectory
trajectory  a folder as readers see it
frames      frames from patches
following   the rows of a trajectory while it is computed
listing     find and summarize
disk_queue  the trajectories that workers may take, in order
creation    make a folder: whole or not at all
claim       hold a folder's lock; measurements, request, failure
survey      compare a folder with what it should be
attempts    how often a trajectory was begun at the same iteration
writer      recover, and append iterations
wanted      what is asked for and not there yet
moving      other names and places for a folder
trash       the trash of a runs folder
workers     the register of worker processes
lending     a trajectory computed where its disk does not reach
watch       follow what is asked while it is computed
provenance  whether unlike sessions computed it
"""
