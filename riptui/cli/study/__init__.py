"""The work of the commands `riptui study ...`."""
