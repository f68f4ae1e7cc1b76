"""The work of `riptui queue ...`, a module for each command."""
