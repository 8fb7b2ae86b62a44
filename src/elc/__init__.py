"""Energy load curves: the least energy a plant has shown it can run on, and the gap to it."""

__version__ = "0.1.0"
