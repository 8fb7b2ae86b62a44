"""The command `elc`."""

from elc.cli.main import main

__all__ = ["main"]
