"""The terminal app. It knows what is on disk and asks workers; it never computes a picture."""
