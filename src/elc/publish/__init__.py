"""Results of each hour where operators look: best, gap, condition and advice, by MQTT, in a database or in PI."""

from elc.publish.deliver import Sent, publish_hours
from elc.publish.hours import Hour, build_hours

__all__ = ["Hour", "Sent", "build_hours", "publish_hours"]
