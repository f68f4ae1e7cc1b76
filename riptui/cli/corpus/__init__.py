"""The work of `riptui corpus ...`, a module for each command.

index   from a folder of pictures to an index
ls      the indexes
remove  delete them
"""
