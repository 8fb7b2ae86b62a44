"""The words of advice: what to move and what that would save, or why nothing is advised; and what came of it."""

from elc.pages.advise.moves import REASONS, build_moves_table, write_advice
from elc.pages.advise.outcomes import build_outcomes_table, write_outcome

__all__ = ["REASONS", "build_moves_table", "build_outcomes_table", "write_advice", "write_outcome"]
