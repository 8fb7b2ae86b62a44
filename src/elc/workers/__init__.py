"""Processes for stages, forked from one that has imported what stages need."""

from elc.workers.process import (
    EndedError,
    Task,
    Worker,
    Workers,
    end_with_parent,
    fork,
    join,
    note_cost,
    open_workers,
)

__all__ = ["EndedError", "Task", "Worker", "Workers", "end_with_parent", "fork", "join", "note_cost", "open_workers"]
