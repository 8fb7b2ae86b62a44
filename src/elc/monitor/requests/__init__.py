"""What the service was asked, as far as it kept it: rows by version, how far they lie from training, what is lost."""

from elc.monitor.requests.doubts import BROKEN_CHECK, CHECKS, LOST_CHECK, OUTSIDE_CHECK
from elc.monitor.requests.read import Asked, Far, read_asked

__all__ = ["BROKEN_CHECK", "CHECKS", "LOST_CHECK", "OUTSIDE_CHECK", "Asked", "Far", "read_asked"]
