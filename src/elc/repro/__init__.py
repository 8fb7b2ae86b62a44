"""What `dvc repro` does, with stages that do not need each other side by side."""

from elc.repro.run import reproduce
from elc.repro.stages import Report

__all__ = ["Report", "reproduce"]
