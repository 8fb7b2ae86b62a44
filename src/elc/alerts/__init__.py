"""What somebody must be told: a gap or a doubt that lasts, a stage that failed, data that stay away, and their end."""

from elc.alerts.channels import Channel, UndeliveredError, build_channels
from elc.alerts.deliver import deliver, deliver_all, send_test
from elc.alerts.model import Alert, read_alerts, write_alerts
from elc.alerts.sources import UNJUDGED, Found, find_open
from elc.alerts.state import State, read_state

__all__ = [
    "UNJUDGED",
    "Alert",
    "Channel",
    "Found",
    "State",
    "UndeliveredError",
    "build_channels",
    "deliver",
    "deliver_all",
    "find_open",
    "read_alerts",
    "read_state",
    "send_test",
    "write_alerts",
]
