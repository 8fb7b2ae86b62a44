"""The report of a plant for a month, quarter or year: energy, gap and savings, and what they rest on."""

from elc.records.report import FLEET, FleetReport, Report, read_report
from elc.report.build import Judged, build_report, choose_period, find_inside
from elc.report.files import find_edition, keep_page, write_files
from elc.report.fleet import build_fleet, find_period, read_end, read_fleet, write_fleet
from elc.report.known import Known, read_known
from elc.report.period import Period, find_last_month, read_period

__all__ = [
    "FLEET",
    "FleetReport",
    "Judged",
    "Known",
    "Period",
    "Report",
    "build_fleet",
    "build_report",
    "choose_period",
    "find_edition",
    "find_inside",
    "find_last_month",
    "find_period",
    "keep_page",
    "read_end",
    "read_fleet",
    "read_known",
    "read_period",
    "read_report",
    "write_files",
    "write_fleet",
]
