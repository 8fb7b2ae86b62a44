"""What is told is what has lasted and is still so, as a function of the data alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from elc import findings
from elc.alerts import Alert, build_alert, read_alerts, write_alerts
from elc.alerts.fold import Folded, fold
from elc.alerts.sources import OF_MONITOR
from elc.errors import ElcError
from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, STATE, TIME
from elc.findings import Reason
from elc.monitor import PlantState, Verdict, find_lasting
from elc.pages import language
from elc.pages.monitor import build_alerts
from elc.paths import Project
from elc.records.status import Outcome
from elc.settings import StageSettings, read_plant
from tests.conftest import ROOT
from tests.unit.written import build_written

NBSP = "\u00a0"
START = pd.Timestamp("2026-06-20T00:00Z")
NO_FINDINGS = findings.build_frame([])


@pytest.fixture
def fjord() -> StageSettings:
    """What the stages of a plant are told: a gap above 2 % for 3 h, a violation of 6 h."""
    told = read_plant(Project(ROOT), "fjord")
    limits = {"gap_h": 3, "max_gap_frac": 0.02, "violation_h": 6}
    return replace(told, alerts=told.alerts.model_copy(update=limits))


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    language.choose("en")


def build_hours(text: str, *, step: str = "1h", best: float = 1000.0) -> pd.DataFrame:
    """Hours by signs: `x` has a gap of 4 %, `.` none, `u` an unknown one, `e` no energy; `?` ramps, `T` is a trip."""
    signs = list(text)
    gap = pd.Series([40.0 if sign == "x" else 0.0 if sign == "." else np.nan for sign in signs])
    states = {"T": "trip", "S": "start", "?": "ramp"}
    return pd.DataFrame(
        {
            TIME: pd.date_range(START, periods=len(signs), freq=step),
            STATE: [states.get(sign, "run") for sign in signs],
            ENERGY: [np.nan if sign == "e" else best + 40 for sign in signs],
            BEST: best,
            GAP: gap,
            GAP_FRAC: gap / best,
        }
    )


def find(hours: pd.DataFrame, settings: StageSettings, found: pd.DataFrame = NO_FINDINGS) -> list[Alert]:
    status = build_status(found, "Completed", "hours_not_learnt")
    return build_alerts(find_lasting(hours, status, settings), status, settings)


def build_status(found: pd.DataFrame, status: Outcome, recommendation: str) -> PlantState:
    """What monitor leaves of a plant that has no gap, as far as alerts ask for it."""
    verdict = Verdict(status, "look", Reason(recommendation))
    checked = SimpleNamespace(check=SimpleNamespace(findings=found), verdict=verdict)
    checked.no_gap_reasons = (Reason("unread", {"columns": ["air_temp_degc"]}),)
    return checked  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "since_h"),
    [
        ("...xxx", 3),
        ("xxx", 0),
        ("..xx", None),  # not long enough
        ("..xxxx.", None),  # over
        ("..xx??x", 2),  # what is not judged neither counts nor ends it
        ("..xxx???", 2),
        ("..xx??", None),
        ("..xxx????", None),  # silent for longer than it takes
        ("..xxx????xx", None),
        ("..xxx????xxx", 9),
        ("xxxTxx", None),  # a stop ends it
        ("xxxTSSxxx", 6),
        ("xxx.xxx", 4),
        ("......", None),
        ("??????", None),
    ],
)
def test_gap_is_told_while_it_lasts(text: str, since_h: int | None, fjord: StageSettings) -> None:
    alerts = find(build_hours(text), fjord)
    if since_h is None:
        assert alerts == []
    else:
        assert [(alert.kind, alert.since) for alert in alerts] == [("gap", START + pd.Timedelta(since_h, "h"))]


def test_limit_itself_is_no_gap(fjord: StageSettings) -> None:
    at_limit = fjord.alerts.model_copy(update={"max_gap_frac": 0.04})
    assert find(build_hours("xxxx"), replace(fjord, alerts=at_limit)) == []


def test_gap_says_how_much_since_when_and_at_what_cost(fjord: StageSettings) -> None:
    (alert,) = find(build_hours("..xx?xx"), fjord)
    assert alert.sentence == (
        f"Fjord has used 40 GJ/h (4.0{NBSP}%) more than its best since Sat 20 Jun 2026 04:00: 1,680 € so far."
    )
    assert alert.values == {
        "gap_gj_per_h": 40.0,
        "gap_frac": 0.04,
        "judged_h": 4.0,
        "money": pytest.approx(4 * 40 * 10.5),
        "co2_t": pytest.approx(4 * 40 * 56.1 / 1000),
    }
    assert (alert.since, alert.last) == (datetime(2026, 6, 20, 2, tzinfo=UTC), datetime(2026, 6, 20, 7, tzinfo=UTC))


def test_gap_without_a_price_names_no_money(fjord: StageSettings) -> None:
    gas = fjord.plant.carriers["gas"].model_copy(update={"price_per_gj": {"2027-01-01": 9.0}})
    plant = fjord.plant.model_copy(update={"carriers": {**fjord.plant.carriers, "gas": gas}})
    (alert,) = find(build_hours("xxx"), replace(fjord, plant=plant))
    assert alert.sentence.endswith("more than its best since Sat 20 Jun 2026 02:00.")
    assert "money" not in alert.values
    assert "co2_t" in alert.values


def test_ten_minutes_are_counted_as_such(fjord: StageSettings) -> None:
    quick = replace(fjord, plant=fjord.plant.model_copy(update={"interval": "10min"}))
    assert find(build_hours("x" * 17, step="10min"), quick) == []
    (alert,) = find(build_hours("x" * 18, step="10min"), quick)
    assert alert.values["judged_h"] == pytest.approx(3.0)
    assert alert.values["money"] == pytest.approx(3 * 40 * 10.5)


def test_hours_that_the_table_lacks_are_not_in_a_row(fjord: StageSettings) -> None:
    hours = build_hours("xxxxxx")
    later = hours[TIME].where(hours.index < 4, hours[TIME] + pd.Timedelta("5h"))
    assert find(hours.assign(**{TIME: later}), fjord) == []


def test_order_of_the_rows_does_not_matter(fjord: StageSettings) -> None:
    hours = build_hours(".xx.xxxx")
    assert find(hours.iloc[::-1], fjord) == find(hours, fjord) != []


def test_next_hour_finds_the_same_alert(fjord: StageSettings) -> None:
    (now,), (later,) = find(build_hours(".xxx"), fjord), find(build_hours(".xxxx"), fjord)
    (other,) = find(build_hours(".xxx.xxx"), fjord)
    assert now.id == later.id != other.id
    assert now.last != later.last


@pytest.mark.parametrize(("text", "is_told"), [("..eeeeee", True), ("...eeeee", False), ("eeeeeeT", False)])
def test_energy_that_stays_away_is_told(text: str, is_told: bool, fjord: StageSettings) -> None:
    hours = build_hours(text)
    hours.loc[hours[STATE] == "trip", ENERGY] = np.nan
    alerts = find(hours, fjord)
    assert [alert.kind for alert in alerts] == (["energy"] if is_told else [])
    if is_told:
        assert alerts[0].sentence == (
            "Fjord has had no valid reading of energy since Sat 20 Jun 2026 04:00, so no gap is known."
        )
        assert alerts[0].advice == "Check its energy meters."


def build_findings(*spells: tuple[str, str, int, int]) -> pd.DataFrame:
    """Findings of a check about a column, from one hour after the start to another."""
    return findings.build_frame(
        build_written(
            check,
            f"{column}: {check} for {end - start} h.",
            "fjord",
            column,
            (START + pd.Timedelta(start, "h")).to_pydatetime(),
            (START + pd.Timedelta(end, "h")).to_pydatetime(),
        )
        for check, column, start, end in spells
    )


def test_finding_that_lasts_is_told_once(fjord: StageSettings) -> None:
    found = build_findings(
        ("drift", "a_degc", 0, 10),
        ("drift", "a_degc", 2, 9),
        ("frozen", "b_degc", 5, 10),  # too short
        ("frozen", "c_degc", 0, 9),  # ended before the last hour
        ("unit", "", 4, 10),
    )
    alerts = find(build_hours("." * 10), fjord, found)
    assert [(alert.kind, alert.subject) for alert in alerts] == [("violation", "drift:a_degc"), ("violation", "unit")]
    assert alerts[0].sentence == "a_degc: drift for 10 h."
    assert alerts[0].since == START
    assert alerts[0].last == START + pd.Timedelta("10h")


def test_plant_that_cannot_be_judged_says_what_to_do(fjord: StageSettings) -> None:
    status = build_status(NO_FINDINGS, "Failed", "not_checked")
    (alert,) = build_alerts(find_lasting(build_hours("?"), status, fjord), status, fjord)
    assert (alert.kind, alert.since) == ("failed", None)
    assert (alert.sentence, alert.advice) == ("Fjord cannot be judged.", "Nothing was checked.")
    empty = build_hours("").astype({TIME: "datetime64[us, UTC]"})
    (alert,) = build_alerts(find_lasting(empty, status, fjord), status, fjord)
    assert alert.last is None


def test_file_holds_what_was_found(tmp_path: Path, fjord: StageSettings) -> None:
    alerts = find(build_hours("..xxx"), fjord) + find(build_hours("e" * 6), fjord)
    write_alerts(tmp_path / "fjord", alerts)
    first = (tmp_path / "fjord" / "alerts.json").read_bytes()
    assert read_alerts(tmp_path / "fjord") == alerts
    write_alerts(tmp_path / "fjord", alerts)
    assert (tmp_path / "fjord" / "alerts.json").read_bytes() == first


@pytest.mark.parametrize("text", ["", "{}x", "[1]", '[{"id": "a"}]', "null"])
def test_file_that_is_something_else_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ElcError, match=r"fjord/alerts\.json: not found\. Run elc run monitor fjord\."):
        read_alerts(tmp_path / "fjord")
    (tmp_path / "fjord").mkdir()
    (tmp_path / "fjord" / "alerts.json").write_text(text)
    with pytest.raises(ElcError, match=r"alerts\.json: (.|\n)*expected(.|\n)*Run elc run monitor fjord\."):
        read_alerts(tmp_path / "fjord")


def test_sentence_can_always_be_sent() -> None:
    alert = build_alert("fjord", "stage", "ingest", "no file \udcff.csv", since=None, last=None)
    assert alert.sentence == "no file ?.csv"


@pytest.mark.parametrize(
    ("text", "since_h"),
    [
        ("..uuuuuu", 2),
        ("uuuuuuuu", 0),
        ("..uuuuu", None),  # not long enough
        ("..uuuuuu.", None),  # judged again
        ("..uuu??uuu", 2),  # ramps count nothing and end nothing
        ("..??????", None),
        ("..uuuuuuTT", 2),  # a stop judges nothing
        ("..TTTTTTTT", None),
        ("..eeeuuuuuu", 5),  # energy is back, the gap is not
        ("..uueeeeee", None),  # energy has its own alert
        ("..uuuuuueeeeee", 2),
        ("..eeeeeeTT", None),  # as long as energy is silent, that is what is told
    ],
)
def test_running_hours_without_a_gap_are_told(text: str, since_h: int | None, fjord: StageSettings) -> None:
    told = [alert for alert in find(build_hours(text), fjord) if alert.kind == "not judged"]
    if since_h is None:
        assert told == []
        return
    (alert,) = told
    since = START + pd.Timedelta(since_h, "h")
    time = language.format_time(since.tz_convert("Europe/Oslo").to_pydatetime())
    assert alert.sentence == f"Fjord has had no gap to judge since {time}: no valid reading of air temperature."
    assert (alert.since, alert.advice) == (since, "Train again: the plant runs where the model was not trained.")


def test_missing_judgement_is_told_once_and_recovers_once(fjord: StageSettings) -> None:
    told: list[tuple[int, str, str]] = []
    state = Folded({}, [], {})
    text = "...uuuuuuuuTTTSSu..xx"
    for end in range(1, len(text) + 1):
        now = (START + pd.Timedelta(end, "h")).to_pydatetime()
        alerts = find(build_hours(text[:end]), fjord)
        state = fold(state.open, alerts, state.closed, known=OF_MONITOR, now=now, repeat_h=0)
        told += [(end, message.kind, message.state) for message in state.messages]
    assert told == [(9, "not judged", "open"), (18, "not judged", "recovered")]


def test_energy_that_stays_away_is_told_once_and_not_as_a_missing_gap_too(fjord: StageSettings) -> None:
    assert [alert.kind for alert in find(build_hours("..?eeeeee"), fjord)] == ["energy"]


@pytest.mark.parametrize("size", [0.5, 5.0, 500.0, 5000.0])
def test_gap_is_told_with_digits_of_the_plants_size(size: float, fjord: StageSettings) -> None:
    hours = build_hours("xxx", best=size)
    hours[GAP], hours[GAP_FRAC], hours[ENERGY] = 0.068 * size, 0.068, 1.068 * size
    (alert,) = find(hours, fjord)
    shown = {0.5: "0.034", 5.0: "0.34", 500.0: "34", 5000.0: "340"}[size]
    assert alert.sentence.startswith(f"Fjord has used {shown} GJ/h (6.8{NBSP}%) more than its best since Sat 20 Jun")
