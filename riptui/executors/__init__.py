"""Who computes a study: workers of this host, or of a cluster. What is computed is on the disk, whoever did it.

local        workers of this host, one a device
slurm        a script whose tasks are workers, for a cluster's queue
leading      lead actors on a Ray cluster: who computes what
stock        what waits to be handed to an actor
ray_cluster  the cluster: the only module that knows Ray
"""
