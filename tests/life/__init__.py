"""A project lives through simulated hours as a plant does, by the public commands, and every hour is checked.

`python -m tests.life --hours 72`, or `make life HOURS=72`; see `story` for what happens, `checks` for what must hold.
"""
