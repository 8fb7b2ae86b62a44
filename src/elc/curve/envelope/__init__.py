"""The training envelope: where the plant has been, feature by feature and in combination."""

from elc.curve.envelope.build import build_envelope
from elc.curve.envelope.model import Envelope, read_envelope, write_envelope
from elc.curve.envelope.ranges import Range

__all__ = ["Envelope", "Range", "build_envelope", "read_envelope", "write_envelope"]
