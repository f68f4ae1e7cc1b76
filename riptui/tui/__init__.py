"""The app: screens that read the disk and write requests. Knows the store; never torch, never the engine."""
