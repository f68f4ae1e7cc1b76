"""A study on a Ray cluster: one actor per GPU, driven from here.

driver      assign trajectories to actors, save what they compute, replace the dead
actor_slot  what the driver knows of an actor
backlog     the trajectories that no actor has yet
actor       what an actor runs: a worker with a queue in memory
actor_output  what an actor prints, kept and sent to the driver
head_watch  whether the head of the cluster answers
messages    what driver and actors send each other
cluster     start and reach actors: the only module that imports Ray
"""
