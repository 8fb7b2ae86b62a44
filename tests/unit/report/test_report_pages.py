"""A report in words: savings, losses and doubts, in English and Norwegian; and all plants together."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from elc import pages, settings
from elc.cli import main
from elc.pages import figures, language
from elc.pages.report.remarks import SENTENCES
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import Remark, Report
from elc.render.receipts import Page
from elc.render.reports import build_reports, read_reports
from tests.unit.records.examples import AMOUNT, REPORT, SPAN

ENGLISH = re.compile(r"\b(the|and|of|is|its|than|which|from|hour|below|above|gap|load|with|was|not)\b", re.IGNORECASE)
VALUES: dict[str, Any] = {
    "until": "2026-05-21T00:00:00+00:00",
    "intervals": 744,
    "unknown": 90,
    "outside": 90,
    "running": 700,
    "judged": 300,
    "least_h": 672.0,
    "days": 180,
    "least": 365,
    "known": 90,
    "inside": 1,
    "cv_rmse": 0.4,
    "most": 0.3,
    "carrier": "gas",
    "all": 0,
    "first": "2026-05-01",
    "last": "2026-05-02",
    "day": "2026-05-04",
    "before": 10.0,
    "after": 12.0,
    "count": 3,
    "names": "v1, v2",
    "judged_by": "v2 in prod",
    "kind": "cleaning",
    "reason": "vasket",
}


@pytest.fixture
def fjord(chosen: settings.StageSettings) -> settings.StageSettings:
    return replace(chosen, plant=chosen.plant.model_copy(update={"time_zone": "Europe/Oslo"}))


def build_report(**changes: Any) -> Report:
    return parse_record(json.dumps(REPORT | changes), Report, name="report", cure="")


def save(energy_gj: float, *, is_sure: bool) -> dict[str, Any]:
    savings = SPAN["savings"] | {"avoided": AMOUNT | {"energy_gj": energy_gj}, "frac": energy_gj / 1e6}
    return SPAN | {"savings": savings | {"is_sure": is_sure, "error": AMOUNT | {"energy_gj": 2000.0}}}


@pytest.mark.parametrize(
    ("energy_gj", "is_sure", "words"),
    [
        (5000.0, True, "it [avoided 5,000 GJ ± 2,000 GJ]{.good}: 0.5"),
        (-5000.0, True, "it used [5,000 GJ ± 2,000 GJ more]{.cost} than it would have under these conditions then"),
        (800.0, False, "no saving can be shown: the difference of 800 GJ is within its uncertainty of 2,000 GJ."),
    ],
)
def test_savings_are_told_with_their_doubt(
    energy_gj: float, is_sure: bool, words: str, fjord: settings.StageSettings
) -> None:
    report = build_report(whole=save(energy_gj, is_sure=is_sure))
    answer, rest = pages.report.write_answer(report, fjord)
    assert answer.startswith("In May 2026 Fjord used [8,585 GJ more]{.cost} than its best")
    assert words in rest
    assert "Against 1 Jul 2024 to 30 Jun 2025" in rest


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_each_remark_is_a_sentence_in_both_languages(name: str, fjord: settings.StageSettings) -> None:
    remark = Remark(name=name, values=VALUES)
    assert pages.report.say_remark(remark, fjord).endswith(".")
    language.choose("nb")
    said = pages.report.say_remark(remark, fjord)
    assert said.endswith(".")
    assert ENGLISH.findall(said) == []


def test_a_report_is_norwegian(fjord: settings.StageSettings) -> None:
    language.choose("nb")
    report = build_report(remarks=[], whole=save(5000.0, is_sure=True))
    texts = [
        pages.report.write_head(report, fjord),
        pages.report.write_method(report, fjord),
        pages.report.write_shares(report),
        pages.report.write_advice(report, fjord),
        pages.report.write_basis(report, fjord),
        pages.report.build_main_table(report, fjord).to_string(),
        pages.report.build_savings_table(report, fjord).to_string(),
        pages.report.build_months_table(report).to_string(),
        pages.report.build_carriers_table(report, fjord).to_string(),
        pages.report.build_bookings_table(report).to_string(),
        pages.report.build_findings_table(report).to_string(),
    ]
    seen = "\n".join(texts).replace(fjord.plant.battery_limit, "")
    assert ENGLISH.findall(seen) == []
    assert "I mai 2026 brukte Fjord [8" in seen


def test_a_report_that_was_made_again_says_so_first(fjord: settings.StageSettings) -> None:
    head = pages.report.write_head(build_report(), fjord)
    assert "edition 2" in head
    assert "Edition 2: this report was made again and replaces the one that knew the data until 2 Jun 2026" in head


def test_tables_of_numbers_have_them_to_the_right_and_a_sum(fjord: settings.StageSettings) -> None:
    steam = {"carrier": "steam", "is_export": True, "amount": {"energy_gj": -500.0, "money": None, "co2_t": -40.0}}
    report = build_report(carriers=[*REPORT["carriers"], steam])
    table = pages.report.build_carriers_table(report, fjord)
    assert table.iloc[-1].tolist() == ["all", f"{AMOUNT['energy_gj'] - 500:,.0f}", "–", "–"]
    lines = figures.show_table(table).data.splitlines()
    assert lines[1] == "|:--|--:|--:|--:|"
    assert figures.show_table(pages.report.build_findings_table(report)).data.splitlines()[1] == "|:--|:--|--:|--:|"
    assert len(pages.report.build_carriers_table(build_report(), fjord)) == 1  # the sum of one is that one


@pytest.mark.parametrize(
    ("production", "shown"), [(43651.2, "43,651 t"), (2905.4, "2,905 t"), (29.101, "29.10 t"), (0.291, "0.2910 t")]
)
def test_production_has_the_digits_of_its_size(production: float, shown: str, fjord: settings.StageSettings) -> None:
    span = SPAN | {"production": production, "name": "2026-05"}
    report = build_report(whole=span, months=[span])
    assert pages.report.build_main_table(report, fjord).iloc[1, 1] == shown
    assert pages.report.build_months_table(report).iloc[0, 2] == shown.removesuffix(" t")


@pytest.mark.parametrize(
    ("avoided", "error", "shown"),
    [
        (5.87, 15.2, "+6 ± 15 €"),
        (5.87, 1.5, "+5.87 ± 1.50 €"),
        (-500.4, 2.2, "−500 ± 2 €"),
        (None, None, "no known price"),
    ],
)
def test_money_and_its_doubt_have_equal_digits(
    avoided: float | None, error: float | None, shown: str, fjord: settings.StageSettings
) -> None:
    amounts = {"avoided": AMOUNT | {"money": avoided}, "error": AMOUNT | {"money": error}}
    report = build_report(whole=SPAN | {"savings": SPAN["savings"] | amounts})
    assert pages.report.build_savings_table(report, fjord).iloc[6, 1] == shown


def test_what_the_table_of_doubts_leaves_out_is_said() -> None:
    doubt = REPORT["findings"][0]
    assert pages.report.name_doubts(build_report(findings=[doubt] * 8)) == "### Doubtful data"
    said = pages.report.name_doubts(build_report(findings=[doubt] * 9))
    assert said == "### Doubtful data\n\nWhat lasted longest; 1 shorter kind of doubt is in `report.json` alone."


@pytest.mark.parametrize(
    ("bias", "words"), [(-0.0123, "1.23\u00a0% below typical."), (0.0123, "1.23\u00a0% above typical.")]
)
def test_the_bias_is_told_by_its_side(bias: float, words: str, fjord: settings.StageSettings) -> None:
    assert words in pages.report.write_basis(build_report(bias_frac=bias), fjord)


def test_months_without_a_figure_have_no_bar_and_none_at_all_no_picture() -> None:
    none = dict.fromkeys(("judged_gj", "judged_production", "best_gj"), 0.0)
    report = build_report(months=[SPAN, SPAN | none | {"name": "2026-06", "savings": None}])
    months = pages.report.build_months(report)
    assert months["actual"].isna().tolist() == [False, True]
    assert months["is_chosen"].tolist() == [True, True]
    assert "May 26" in figures.plot_months(months, "GJ/t").data
    assert "Nothing to show." in figures.plot_months(months.assign(actual=None, baseline=None, best=None), "GJ/t").data
    assert pd.isna(months["baseline"].iloc[1])


def test_all_plants_stand_together_on_the_page_of_all_plants(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    for plant, period in (("fjord", "2026-05"), ("delta", "2026-05"), ("steppe", "2026-04")):
        folder = project.report(plant, period)
        folder.mkdir(parents=True)
        content = REPORT | {"plant": plant, "name": plant.title(), "period": period}
        (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
    faults: list[str] = []
    reports = read_reports(project, ["fjord", "delta", "steppe"], faults)
    assert ([one.plant for one in reports], faults) == (["fjord", "delta"], [])
    page = Page("fjord", "report", "Fjord: Report", tmp_path / "90_report.ipynb")
    heading, said, table = build_reports(reports, [page], "EUR")
    assert heading == "## Report of May 2026"
    assert said.startswith("2 plants used 17,170 GJ more than their best, at 180,288 €.")
    assert "| [Fjord](fjord/90_report.ipynb) |" in table
    assert "| Delta |" in table
    assert build_reports([], [], "EUR") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--month", "2026-05", "--year", "2026"], "name a month, a quarter or a year."),
        (["--month", "2026-Q2"], "--month 2026-Q2: this is a quarter. Write --quarter."),
        (["--quarter", "May"], "expected a month, quarter or year. Write it as in 2026-05"),
    ],
)
def test_the_command_refuses_what_is_no_period(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(main, ["report", "fjord", *arguments])
    assert done.exit_code != 0
    assert words in done.output
