"""What `import elc` gives: a curve of one's own from any table of hours, and the plants of a project."""

from __future__ import annotations

from elc.library.curve import Curve
from elc.library.plant import Plant

__all__ = ["Curve", "Plant"]
