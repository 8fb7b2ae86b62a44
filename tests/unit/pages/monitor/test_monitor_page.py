"""The sentences and tables of the monitoring page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from elc import findings, monitor, pages, settings
from elc.curve import Cost
from elc.fields import ENERGY, GAP, TIME
from elc.findings import Reason
from elc.paths import Project
from tests.unit.written import build_written

STATE_WORDS = {
    "run": "running",
    "ramp": "changing load",
    "start": "in start-up",
    "trip": "down",
    "unknown": "without enough load readings",
}

NAN = float("nan")
MONTH = monitor.Month(
    gap=Cost(12345.6, 129628.8, 692.6),
    gap_frac=0.0123,
    stop_energy_gj=4567.8,
    stops=2,
    judged=1234,
    intervals=2000,
)
HEALTH = monitor.Health("sound", (), "not judged", Reason("no_whole_day", {"days": 28}), ())


def build_settings(currency: str = "EUR", **plant: Any) -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[4]), "fjord")
    gas = settings.Carrier(price_per_gj=10.5, co2_kg_per_gj=56.1)
    changes = {"name": "Fjord", "carriers": {"gas": gas}, "battery_limit": "feed and fuel", **plant}
    return replace(
        chosen,
        plant=chosen.plant.model_copy(update=changes),
        site=settings.SiteSettings(currency=currency, language="en"),
    )


def build_status(
    gap: float | None, state: str = "run", reasons: tuple[Reason, ...] = (), **changes: Any
) -> monitor.PlantState:
    """Build a status whose best is 1,000 GJ/h."""
    hour = pd.Series({TIME: pd.Timestamp("2026-06-30 21:00", tz="UTC"), ENERGY: 1000 + (gap or 0.0), GAP: gap})
    status = monitor.PlantState(
        hour=hour,
        state=state,
        state_since=hour[TIME],
        gap=None if gap is None else Cost(gap, gap * 10.5, gap * 0.0561),
        interval=None,
        day_gap_gj=None,
        month=MONTH,
        health=HEALTH,
        no_gap_reasons=reasons,
    )
    return replace(status, **changes)


def test_answer_says_gap_money_and_co2() -> None:
    assert pages.monitor.write_answer(build_status(25.0), build_settings()) == (
        "Fjord uses [25 GJ/h]{.cost} more than its best at this load and weather: 2.5\N{NO-BREAK SPACE}%, "
        "262 € and 1.4 t CO₂ an hour."
    )


@pytest.mark.parametrize("co2_t", [1.4, float("nan")])
def test_answer_without_a_price_says_so(co2_t: float) -> None:
    status = replace(build_status(25.0), gap=Cost(25.0, float("nan"), co2_t))
    assert pages.monitor.write_answer(status, build_settings()) == (
        "Fjord uses [25 GJ/h]{.cost} more than its best at this load and weather: 2.5\N{NO-BREAK SPACE}%. "
        "The price of energy is not known."
    )


def test_answer_below_best_is_good_and_has_no_minus() -> None:
    assert pages.monitor.write_answer(build_status(-25.0), build_settings()) == (
        "Fjord runs [25 GJ/h below]{.good} its best curve at this load and weather: 2.5\N{NO-BREAK SPACE}%."
    )


@pytest.mark.parametrize(
    ("gap", "low", "high", "words"),
    [
        (25.0, 18.4, 31.6, "uses [25 GJ/h (18 to 32)]{.cost} more"),
        (3.14, 2.2, 4.0, "uses [3.1 GJ/h (2.2 to 4.0)]{.cost} more"),
        (-25.0, -31.6, -18.4, "runs [25 GJ/h (18 to 32) below]{.good} its best"),
        (3.14, -0.02, 6.3, "[at its best]{.good} at this load and weather, as far as that is known: 3.1 GJ/h (0.0 to"),
        (-3.14, -7.3, 1.0, "as far as that is known: 3.1 GJ/h (−1.0 to 7.3) below it, 0.3"),
        (68.0, -10.0, 146.0, "uses [68 GJ/h (−10 to 146)]{.look} more"),
    ],
)
def test_gap_has_its_interval_in_brackets(gap: float, low: float, high: float, words: str) -> None:
    status = build_status(gap, interval=monitor.Interval(low, high, 0.8))
    assert words in pages.monitor.write_answer(status, build_settings())


def test_health_says_what_the_brackets_are() -> None:
    status = build_status(25.0, interval=monitor.Interval(18.0, 32.0, 0.8))
    found = pages.monitor.write_health(status, "", findings.build_frame([]), build_settings())
    assert "In brackets after the gap: its 80\N{NO-BREAK SPACE}% interval, as far as best itself is known." in found


def test_answer_exactly_at_best_has_no_minus() -> None:
    answer = "Fjord runs [at its best]{.good} at this load and weather."
    assert pages.monitor.write_answer(build_status(0.0), build_settings()) == answer


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ((Reason("unread", {"columns": [ENERGY]}),), "no valid reading of energy"),
        (
            (Reason("unread", {"columns": [ENERGY]}), Reason("no_turnaround")),
            "of energy and no turnaround before it is",
        ),
    ],
)
def test_answer_without_a_gap_says_why(reasons: tuple[Reason, ...], words: str) -> None:
    found = pages.monitor.write_answer(build_status(None, reasons=reasons), build_settings())
    assert found.startswith("Fjord has no gap to judge: no valid reading")
    assert words in found


@pytest.mark.parametrize(("currency", "shown"), [("EUR", "1,050 €"), ("USD", "1,050 $"), ("UZS", "1,050 UZS")])
def test_money_is_in_the_currency_of_the_site(currency: str, shown: str) -> None:
    assert f", {shown} and" in pages.monitor.write_answer(build_status(100.0), build_settings(currency))


@pytest.mark.parametrize(("state", "words"), STATE_WORDS.items())
def test_head_says_hour_state_answer_and_advice(state: str, words: str) -> None:
    found = pages.monitor.write_head(
        "An answer.", "Advice.", build_status(25.0, state), build_settings(), version="v1.2.0 in prod"
    )
    assert found == (
        f"::: {{.small}}\nTue 30 Jun 2026 23:00–24:00, Europe/Oslo · {words} · model: v1.2.0 in prod · "
        "data [sound]{.good} · model [not judged]{.look} · simulated\n:::\n\n::: {.answer}\nAn answer.\n:::\n\n"
        "::: {.advice}\nAdvice.\n:::"
    )


def test_only_a_simulated_plant_is_called_so() -> None:
    real = replace(build_settings(), is_simulated=False)
    found = pages.monitor.write_head("An answer.", "Advice.", build_status(25.0), real, version="candidate")
    assert "simulated" not in found
    assert '[Tue 30 Jun 2026 23:00–24:00, Europe/Oslo]{.hour until="2026-06-30T22:00Z" late="3"} · ' in found


def test_head_marks_what_is_doubtful() -> None:
    doubtful = replace(HEALTH, data="2 findings", model="look")
    found = pages.monitor.write_head("", "", build_status(25.0, health=doubtful), build_settings(), version="")
    assert "data [2 findings]{.look} · model [look]{.look}" in found


def test_month_becomes_a_table() -> None:
    table = pages.monitor.build_month_table(MONTH, build_settings(), size=1000.0)
    assert table.set_index("this month")["so far"].to_dict() == {
        "Energy above best": "12,346 GJ (1.2\N{NO-BREAK SPACE}%)",
        "Cost": "129,629 €",
        "CO₂": "693 t",
        "Stops and start-ups, booked apart": "2 · 4,568 GJ",
        "Intervals judged": "1,234 of 2,000",
    }


def test_health_says_what_can_be_believed_and_what_numbers_include() -> None:
    enough, chosen = findings.build_frame([]), build_settings(note="Mind the coal.")
    found = pages.monitor.write_health(build_status(25.0), "All was tested.", enough, chosen)
    assert found == (
        "**Recommended:** Nothing was checked.\n\n"
        "**Data, sound:** no finding in the last 24 hours, and no violation in the last week.\n\n"
        "**Model, not judged:** no whole day in the last 28 days is judged and later than the hours that the "
        "version was trained on.\n\n"
        "**Condition of the plant:** not known; it needs a week of judged hours after training.\n\n"
        "**Test:** All was tested.\n\n**Baseline:** the history that the curve was trained on meets every rule of "
        "sufficiency, and nothing in it is doubtful.\n\n::: {.small}\nBattery limit: feed and fuel. The gap is priced "
        "as gas: 10.5 EUR/GJ and 56.1 kg CO₂/GJ. Mind the coal.\n:::"
    )


CONDITION = monitor.Condition(0.02, 0.016, 0.024, pd.Timestamp("2024-04-20", tz="UTC"), 25.0, 3.0)


def test_named_condition_splits_the_gap_everywhere_alike() -> None:
    status = replace(build_status(28.0), condition=CONDITION, month=replace(MONTH, condition_gj=9000.0))
    answer = pages.monitor.write_answer(status, build_settings())
    assert answer.endswith(
        "The condition of the plant takes 25 GJ/h (20 to 30) more than in training, since about 2024-04-20; without "
        "that the gap is 3.0 GJ/h."
    ), answer
    health = pages.monitor.write_health(status, "", findings.build_frame([]), build_settings())
    assert "**Condition of the plant:** 2.0\N{NO-BREAK SPACE}% (1.6\N{NO-BREAK SPACE}% to 2.4" in health
    table = pages.monitor.build_month_table(status.month, build_settings(), size=1000.0)
    assert table.set_index("this month")["so far"]["Of it the condition of the plant"] == "9,000 GJ"
    cleaned = replace(status, condition=replace(CONDITION, frac=-0.02, low=-0.024, high=-0.016, energy_gj_per_h=-25.0))
    assert "takes 25 GJ/h (20 to 30) less than in training" in pages.monitor.write_answer(cleaned, build_settings())


def test_condition_that_is_not_sure_is_told_and_splits_nothing() -> None:
    status = replace(build_status(28.0), condition=replace(CONDITION, frac=0.002, low=-0.001, high=0.005, since=None))
    assert "condition" not in pages.monitor.write_answer(status, build_settings())
    assert "too little to be sure of" in pages.monitor.write_health(
        status, "", findings.build_frame([]), build_settings()
    )


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (["sufficiency", "sufficiency"], "trained on is incomplete; trust"),
        (["soundness", "ageing"], "trained on is doubtful in part; trust"),
        (["sufficiency", "soundness"], "trained on is incomplete, and doubtful in part; trust"),
    ],
)
def test_doubts_about_the_baseline_are_named_one_by_one(checks: list[str], words: str) -> None:
    start = pd.Timestamp("2024-06-01", tz="UTC")
    weak = findings.build_frame(
        build_written(check, f"Sentence {number}.", "fjord", "", start, start + pd.Timedelta("1D"))
        for number, check in enumerate(checks)
    )
    text = pages.monitor.write_health(build_status(25.0), "All was tested.", weak, build_settings())
    assert all(f"- Sentence {number}.\n" in text for number in range(len(checks)))
    assert words in text


def test_doubts_are_told_with_their_end_in_site_time() -> None:
    end = pd.Timestamp("2026-06-30 21:00", tz="UTC")
    scored, chosen = pd.DataFrame({TIME: [end]}), build_settings()
    found = findings.build_frame(
        build_written("spike", f"load jumped {hours} h.", "fjord", "load_t_per_h", end - pd.Timedelta(hours, "h"), end)
        for hours in (1, 3)
    )
    row = pages.monitor.build_doubts_table(found, scored, chosen).iloc[0]
    assert row.tolist() == ["load jumped 3 h.", "spike", 2, 4.0, "Tue 30 Jun 2026 23:00"]
    assert pages.monitor.build_doubts_table(found.iloc[:0], scored, chosen).empty


def test_figures_of_the_models_stand_beside_their_limits() -> None:
    rows = [
        monitor.Figure("typical", "bias", "GJ/h", 9.5, 0.4, 1.0, -8.0, 8.0),
        monitor.Figure("typical", "rmse", "GJ/h", 10.0, None, 9.0, None, 12.0),
        monitor.Figure("typical", "r2", "", 0.99, None, 0.98, None, None),
    ]
    table = pages.monitor.build_figures_table(SimpleNamespace(figures=rows, size_gj_per_h=1000.0))  # type: ignore[arg-type]
    assert table["now"].tolist() == ["[9.50 ± 0.40]{.look}", "10.00", "0.99"]
    assert table["limits"].tolist() == ["−8.00 to 8.00", "at most 12.00", "–"]
    assert table["figure"].tolist() == ["bias, GJ/h", "rmse, GJ/h", "r2"]


SIZES = (0.5, 5.0, 500.0, 5000.0)


@pytest.mark.parametrize(
    ("frac", "low", "high", "words"),
    [
        (0.0004, 0.0001, 0.0007, "Fjord runs [at its best]{.good} at this load and weather."),
        (0.0679, 0.05, 0.09, "Fjord uses [#]{.cost} more than its best at this load and weather: 6.8 %, €."),
        (0.004, -0.01, 0.018, "Fjord runs [at its best]{.good} at this load and weather, as far as that is known: # "
         "above it, 0.4 %."),
        (-0.004, -0.018, 0.01, "Fjord runs [at its best]{.good} at this load and weather, as far as that is known: # "
         "below it, 0.4 %."),
        (0.0679, -0.01, 0.14, "Fjord uses [#]{.look} more than its best at this load and weather: 6.8 %, €. Best is "
         "not known well enough to be sure of that."),
        (-0.03, -0.05, -0.01, "Fjord runs [# below]{.good} its best curve at this load and weather: 3.0 %."),
    ],
)  # fmt: skip
def test_plants_of_any_size_are_told_the_same(frac: float, low: float, high: float, words: str) -> None:
    """The verdict follows from the interval and the share of best, not from GJ/h."""
    for size in SIZES:
        found = pages.monitor.write_answer(build_sized(size, frac, low, high), build_settings())
        plain = re.sub(r"[\d.,−]+ GJ/h \([\d.,−]+ to [\d.,−]+\)", "#", found).replace("\N{NO-BREAK SPACE}", " ")
        assert re.sub(r"[\d.,]+ € and [\d.,]+ t CO₂ an hour", "€", plain) == words


def build_sized(size: float, frac: float, low: float, high: float) -> monitor.PlantState:
    """Build the status of a plant whose best is `size` (GJ/h), its gap and the gap's interval shares of that."""
    gap = frac * size
    hour = pd.Series({TIME: pd.Timestamp("2026-06-30 21:00", tz="UTC"), ENERGY: size + gap, GAP: gap})
    interval = monitor.Interval(low * size, high * size, 0.8)
    cost = Cost(gap, gap * 10.5, gap * 0.0561)
    return replace(build_status(gap), hour=hour, gap=cost, interval=interval, size_gj_per_h=size)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0.5, "0.034 GJ/h (0.025 to 0.045)]{.cost} more than its best at this load and weather: 6.8 %, 0.36 € and "
         "0.0019 t"),
        (5.0, "0.34 GJ/h (0.25 to 0.45)]{.cost} more than its best at this load and weather: 6.8 %, 3.56 € and "
         "0.019 t"),
        (500.0, "34 GJ/h (25 to 45)]{.cost} more than its best at this load and weather: 6.8 %, 356 € and 1.9 t"),
        (5000.0, "340 GJ/h (250 to 450)]{.cost} more than its best at this load and weather: 6.8 %, 3,565 € and "
         "19.0 t"),
    ],
)  # fmt: skip
def test_numbers_have_the_digits_that_the_size_needs(size: float, words: str) -> None:
    found = pages.monitor.write_answer(build_sized(size, 0.0679, 0.05, 0.09), build_settings())
    assert words in found.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("size", "energy", "bias"),
    [(0.5, "3.6 GJ", "0.00480 ± 0.00020"), (5.0, "36 GJ", "0.0480 ± 0.0020"), (5000.0, "36,000 GJ", "48.0 ± 2.0")],
)
def test_tables_have_the_digits_that_the_size_needs(size: float, energy: str, bias: str) -> None:
    month = replace(MONTH, gap=Cost(7.2 * size, 1.0, 1.0), stop_energy_gj=0.0)
    shown = pages.monitor.build_month_table(month, build_settings(), size=size)["so far"]
    assert shown.iloc[0].startswith(f"{energy} (")
    assert shown.iloc[3] == "2 · 0 GJ"
    rows = [monitor.Figure("typical", "bias", "GJ/h", 0.0096 * size, 0.0004 * size, 0.0, None, None)]
    table = pages.monitor.build_figures_table(SimpleNamespace(figures=rows, size_gj_per_h=size))  # type: ignore[arg-type]
    assert table["now"].tolist() == [bias]


def test_a_plant_of_one_gj_an_hour_is_not_at_best_beside_its_own_alert() -> None:
    """A gap of 0.068 GJ/h is 6.8 % of this plant, and surely above best."""
    assert "[at its best]" not in pages.monitor.write_answer(build_sized(1.0, 0.068, 0.02, 0.116), build_settings())
