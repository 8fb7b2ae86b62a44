"""The report of a period: how the plant did, what it avoided, and what that rests on."""

from elc.pages.report.head import write_answer, write_head
from elc.pages.report.remarks import say_remark
from elc.pages.report.tables import (
    build_bookings_table,
    build_carriers_table,
    build_findings_table,
    build_main_table,
    build_months,
    build_months_table,
    build_savings_table,
    build_shares,
    write_avoided,
    write_gap,
)
from elc.pages.report.texts import name_doubts, write_advice, write_basis, write_method, write_shares
from elc.pages.report.words import name_period, sec_unit, strip_marks

__all__ = [
    "build_bookings_table",
    "build_carriers_table",
    "build_findings_table",
    "build_main_table",
    "build_months",
    "build_months_table",
    "build_savings_table",
    "build_shares",
    "name_doubts",
    "name_period",
    "say_remark",
    "sec_unit",
    "strip_marks",
    "write_advice",
    "write_answer",
    "write_avoided",
    "write_basis",
    "write_gap",
    "write_head",
    "write_method",
    "write_shares",
]
