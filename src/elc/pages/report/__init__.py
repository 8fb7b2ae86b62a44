"""The report of a period: how the plant did, what it avoided, and what that rests on."""

from elc.pages.report.fleet import (
    list_fleet_remarks,
    write_fleet_answer,
    write_fleet_basis,
    write_fleet_head,
    write_fleet_remarks,
    write_sum,
)
from elc.pages.report.fleet_tables import (
    build_basis_table,
    build_fleet_bars,
    build_gap_table,
    build_use_table,
    write_table,
)
from elc.pages.report.head import write_answer, write_head
from elc.pages.report.months import build_months, build_months_table
from elc.pages.report.remarks import say_remark
from elc.pages.report.tables import (
    build_bookings_table,
    build_carriers_table,
    build_findings_table,
    build_main_table,
    build_savings_table,
    build_shares,
    write_avoided,
    write_gap,
)
from elc.pages.report.texts import name_doubts, write_advice, write_basis, write_method, write_shares
from elc.pages.report.words import name_period, sec_unit, strip_marks

__all__ = [
    "build_basis_table",
    "build_bookings_table",
    "build_carriers_table",
    "build_findings_table",
    "build_fleet_bars",
    "build_gap_table",
    "build_main_table",
    "build_months",
    "build_months_table",
    "build_savings_table",
    "build_shares",
    "build_use_table",
    "list_fleet_remarks",
    "name_doubts",
    "name_period",
    "say_remark",
    "sec_unit",
    "strip_marks",
    "write_advice",
    "write_answer",
    "write_avoided",
    "write_basis",
    "write_fleet_answer",
    "write_fleet_basis",
    "write_fleet_head",
    "write_fleet_remarks",
    "write_gap",
    "write_head",
    "write_method",
    "write_shares",
    "write_sum",
    "write_table",
]
