"""What a report leaves: equal bytes of equal reports, tables that can be read back, editions that are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from elc import report
from elc.records.report import Report
from elc.report.files import WORKBOOK
from tests.unit.report.conftest import Build


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_equal_reports_have_equal_bytes_and_no_times(build: Build, tmp_path: Path) -> None:
    built = build("2025-05")
    for name in ("one", "two"):
        report.write_files(tmp_path / name / "2025-05", built.report, built.hours, is_kept=True)
    assert read_all(tmp_path / "one") == read_all(tmp_path / "two")
    with zipfile.ZipFile(tmp_path / "one" / "2025-05" / WORKBOOK) as book:
        assert {info.date_time[0] for info in book.infolist()} == {1980}


def test_the_workbook_and_the_csv_hold_the_reports_figures(build: Build, tmp_path: Path) -> None:
    built = build("2025-05")
    folder = tmp_path / "2025-05"
    report.write_files(folder, built.report, built.hours, is_kept=True)
    sheets = pd.read_excel(folder / WORKBOOK, sheet_name=None, engine="calamine")
    assert list(sheets) == ["summary", "months", "bookings", "carriers", "shares", "hours"]
    summary, table = sheets["summary"].set_index("span"), pd.read_csv(folder / "summary.csv").set_index("span")
    whole = built.report.whole
    assert whole.savings is not None
    for found in (summary, table):
        assert found.loc["period", "energy_gj"] == whole.energy_gj
        assert found.loc["period", "avoided_eur"] == whole.savings.avoided.money
        assert found.loc["period", "production_t"] == whole.production
    assert sheets["hours"]["energy_gj_per_h"].sum() == pytest.approx(whole.energy_gj, rel=1e-12)
    assert pd.read_csv(folder / "hours.csv")["energy_gj_per_h"].sum() == whole.energy_gj


def test_a_report_is_never_silently_rewritten(build: Build, tmp_path: Path) -> None:
    built, folder = build("2025-05"), tmp_path / "2025-05"
    first = report.find_edition(folder, built.report, is_kept=True)
    report.write_files(folder, first, built.hours, is_kept=True)
    before = read_all(folder)
    assert report.find_edition(folder, built.report, is_kept=True) == first
    report.write_files(folder, first, built.hours, is_kept=True)
    assert read_all(folder) == before
    other = built.report.model_copy(update={"judged_by": "v2.0.0 in prod"})
    second = report.find_edition(folder, other, is_kept=True)
    report.write_files(folder, second, built.hours, is_kept=True)
    assert (second.edition, [one.judged_by for one in second.replaced]) == (2, ["v1.0.0 in prod"])
    assert {f"edition-1/{name}": content for name, content in before.items()}.items() <= read_all(folder).items()
    assert report.find_edition(folder, other, is_kept=True) == second
    assert report.read_report(folder) == second


def test_a_candidate_leaves_the_report_of_one_period(build: Build, tmp_path: Path) -> None:
    for name in ("2025-04", "2025-05"):
        built = build(name)
        made: Report = report.find_edition(tmp_path / name, built.report, is_kept=False)
        assert made.edition == 1
        report.write_files(tmp_path / name, made, built.hours, is_kept=False)
    assert [path.name for path in tmp_path.iterdir()] == ["2025-05"]
