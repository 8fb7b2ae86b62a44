"""Energy load curves: the least energy a plant has shown it can run on, and the gap to it."""

import sys

__version__ = "0.1.0"

# nbformat imports jsonschema, which builds a grammar of web addresses (RFC 3987) where it is installed: a second of
# every stage, for a check that no notebook asks for. jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
