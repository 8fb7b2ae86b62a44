"""What a report leaves: its record, its tables for whoever goes on calculating, and the editions that it replaced."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from elc.files import replace_file, replace_folder
from elc.paths import Project
from elc.records import RecordError
from elc.records.report import Replaced, Report, read_report, write_report
from elc.report.tables import build_tables

WORKBOOK, PAGE = "report.xlsx", "report.ipynb"
CREATED = datetime(2000, 1, 1)  # of every workbook: equal tables give equal bytes


def find_edition(folder: Path, report: Report, *, is_kept: bool) -> Report:
    """Find which edition a report is, by what its folder holds; the same report again is the edition that is there.

    What operation reported stays (`is_kept`). The report of a candidate is not such a record: it is made again.

    Raises:
        RecordError: the report that is there cannot be read.
    """
    former = _read_former(folder) if is_kept else None
    if former is None:
        return report
    is_same = former.model_copy(update={"edition": 1, "replaced": ()}) == report
    return former if is_same else _follow(report, former)


def write_files(folder: Path, report: Report, hours: pd.DataFrame, *, is_kept: bool) -> None:
    """Write a report, an edition of its own (see `find_edition`), and its tables to the folder of its period.

    The files of the edition before it move to `edition-<n>`. Of a candidate the report of another period is removed.
    """
    former = _read_former(folder) if is_kept else None
    if former == report:
        return
    if former is not None:
        _keep_aside(folder, former.edition)
    elif not is_kept and folder.parent.is_dir():
        for other in filter(Path.is_dir, list(folder.parent.iterdir())):
            shutil.rmtree(other)
    write_tables(folder, build_tables(report, hours))
    write_report(folder, report)


def keep_page(project: Project, plant: str, period: str) -> None:
    """Keep the executed notebook of a report beside its record, where the next report does not replace it."""
    with replace_file(project.report(plant, period) / PAGE) as path:
        shutil.copyfile(project.reports / plant / "90_report.ipynb", path)


def _read_former(folder: Path) -> Report | None:
    try:
        return read_report(folder)
    except RecordError as error:
        if error.is_missing:
            return None
        raise


def _follow(report: Report, former: Report) -> Report:
    """Make a report the next edition of a former one."""
    gap, savings = former.whole.gap, former.whole.savings
    replaced = Replaced(
        edition=former.edition,
        data_until=former.data_until,
        judged_by=former.judged_by,
        energy_gj=former.whole.energy_gj,
        gap_gj=None if gap is None else gap.energy_gj,
        avoided_gj=None if savings is None else savings.avoided.energy_gj,
    )
    return report.model_copy(update={"edition": former.edition + 1, "replaced": (*former.replaced, replaced)})


def _keep_aside(folder: Path, edition: int) -> None:
    """Copy the files of an edition to a folder of its own, from where nothing removes them."""
    with replace_folder(folder / f"edition-{edition}") as kept:
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                shutil.copyfile(path, kept / path.name)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as a workbook, a sheet each, and as CSV, a file each; equal tables give equal bytes."""
    for name, table in tables.items():
        with replace_file(folder / f"{name}.csv") as path:
            table.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%SZ")
    with replace_file(folder / WORKBOOK) as path:
        _write_workbook(path, tables)


def _write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    import xlsxwriter

    options = {"remove_timezone": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": CREATED})
        bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, table in tables.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for column, title in enumerate(table):
                is_time = isinstance(table[title].dtype, pd.DatetimeTZDtype)
                sheet.set_column(column, column, max(len(str(title)) + 2, 10), time if is_time else None)
                sheet.write_string(0, column, str(title), bold)
                values = table[title].dt.tz_convert("UTC").dt.to_pydatetime() if is_time else table[title]
                sheet.write_column(1, column, [None if pd.isna(value) else value for value in values])
