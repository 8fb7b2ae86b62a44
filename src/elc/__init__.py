"""Energy load curves: the least energy a plant has shown it can run on, and the gap to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elc.library import Curve, Plant

__all__ = ["Curve", "Plant", "__version__"]
__version__ = "0.1.0"

# nbformat imports jsonschema, which builds a grammar of web addresses (RFC 3987) where it is installed: a second of
# every stage, for a check that no notebook asks for. jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def __getattr__(name: str) -> Any:
    """Import what a notebook asks for when it asks: each part of the pipeline needs less."""
    if name in ("Curve", "Plant"):
        try:
            from elc import library
        except ModuleNotFoundError as error:
            from elc.extras import build_missing

            raise build_missing(error, where=f"elc.{name}") from None

        return getattr(library, name)
    raise AttributeError(f"module elc has no attribute {name}")
