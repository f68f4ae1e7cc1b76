"""A study: many trajectories, defined by one TOML file.

study_file      parse the file: what is above [sweep]
sweep_table     parse what is below
study_document  the file's values, and errors with their line
presets         study files to start from
sources         the pictures that it names, and a seeded sample of them
dataset_name    how a study names a dataset on the Hugging Face hub
hub_dataset     pictures of a dataset on the Hugging Face hub; dataset_table: its rows, by parquet_table
manifest        its pictures and their trajectories, recorded in the runs folder
study_picture   a picture by its hash, and its originals
submission      create its trajectory folders, one picture at a time; none twice
study_estimate  trajectories, time and disk space, before anything runs
study_needs     weights, packages, programs and servers that it needs and this machine lacks
study_outline   its settings and their values, for people
study_control   pause, resume, stop, retry all of it
known_studies   the studies that are found in and beside a runs folder
study_state     how far one of them is; study_reader: reads all of them again and again
slurm           a job script whose tasks are workers

Computes nothing and starts no process.
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.study import parquet_table as parquet_table

__getattr__ = lazy_modules(__name__, feature="a dataset of the hub", extra="datasets")
