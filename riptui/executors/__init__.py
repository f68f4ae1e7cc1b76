"""Who computes a study: workers of this host (local), or of a cluster's queue (slurm). They share the runs folder."""
