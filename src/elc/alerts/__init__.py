"""What somebody must be told: a gap or a doubt that lasts, a stage that failed, data that stay away, and their end."""

from elc.alerts.channels import Channel, UndeliveredError, build_channels
from elc.alerts.deliver import deliver, deliver_all, send_test
from elc.alerts.reports import is_fleet_wanted, mail_fleet_report, mail_reports
from elc.alerts.sources import OpenAlerts, find_open
from elc.alerts.state import find_told
from elc.records.alerts import Alert, AlertState, build_alert, read_alerts, write_alerts

__all__ = [
    "Alert",
    "AlertState",
    "Channel",
    "OpenAlerts",
    "UndeliveredError",
    "build_alert",
    "build_channels",
    "deliver",
    "deliver_all",
    "find_open",
    "find_told",
    "is_fleet_wanted",
    "mail_fleet_report",
    "mail_reports",
    "read_alerts",
    "send_test",
    "write_alerts",
]
