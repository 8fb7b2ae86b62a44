"""What monitoring finds in a plant that was changed in one known way, and what it recommends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from elc import curve, findings, monitor, settings
from elc.errors import ElcError
from elc.fields import ENERGY, IS_OUTSIDE, IS_STEADY, STATE, TIME
from elc.findings import Reason
from elc.monitor.errors import Figure, build_judged, measure_models
from elc.monitor.status import find_touched
from elc.monitor.verdict import build_health
from elc.pages.findings import say_finding, say_findings
from elc.pages.monitor import say_recommendation
from elc.records.quality import Level
from tests.unit.monitor.sound import (
    AIR,
    FEED,
    FLUE,
    FUEL,
    LOAD,
    START,
    STEAM,
    TRAINED_DAYS,
    build_hours,
    build_later,
    build_package,
    build_settings,
    score,
)
from tests.unit.written import build_written

NOTHING = findings.build_frame([])
AT = 24 * 40  # the row at which something changes, of 60 days
DAY = START + pd.Timedelta(TRAINED_DAYS + 40, "D")


def check(hours: pd.DataFrame, **changes: object) -> tuple[monitor.Check, monitor.Verdict]:
    package, chosen = build_package(), build_settings(**changes)
    found = monitor.check_hours(hours, NOTHING, package, chosen)
    return found, judge(found, hours, package, chosen)


def judge(
    found: monitor.Check,
    hours: pd.DataFrame,
    package: curve.Package,
    chosen: settings.StageSettings,
    *,
    doubts: pd.DataFrame = NOTHING,
    reasons: Sequence[Reason] = (),
) -> monitor.Verdict:
    health = build_health(found, find_touched(hours, doubts, found), chosen)
    return monitor.build_verdict(found, package, chosen, hour=hours.iloc[-1], no_gap_reasons=reasons, health=health)


def change(column: str, factor: float, *, rows: int = AT) -> pd.DataFrame:
    hours = build_later(60)
    hours.loc[rows:, column] *= factor
    return score(hours)


def test_sound_plant_has_no_finding() -> None:
    found, verdict = check(build_later(60))
    assert found.findings.empty
    assert found.violations == []
    assert found.concept.kind == "none"
    assert verdict == monitor.Verdict("Completed", "none", Reason("all_well"))
    assert found.judged_h == 28 * 24
    assert found.inside_frac == 1.0


def test_figures_stand_beside_their_baseline_and_limits() -> None:
    package, chosen = build_package(), build_settings()
    figures = measure_models(build_judged(build_later(60), package), package, chosen)
    named = {(one.model, one.name): one for one in figures}
    assert set(named) == {
        *((model, name) for model in ("typical", "response") for name in ("rmse", "mae", "bias", "r2")),
        ("typical", "coverage of best"),
    }
    bias = named["typical", "bias"]
    assert bias.low is not None
    assert bias.high is not None
    assert bias.low == -bias.high
    assert abs(bias.now) < bias.high == pytest.approx(0.005 * 20 * 60, rel=0.1)
    assert all(one.deviation is not None and one.deviation > 0 for one in figures if one.name != "coverage of best")
    assert not any(one.is_violated for one in figures)


def test_hours_below_best_are_limited_as_the_bias_that_moves_them() -> None:
    package, chosen = build_package(), build_settings(max_bias_frac=0.005)
    errors = package.baseline.quality.models["typical"]
    assert errors is not None
    assert errors.levels["error"] is not None
    spread = errors.levels["error"].model_copy(update={"hour_sd": 0.0065})
    below = Level(mean=0.1, hour_sd=0.3, day_sd=0.15, day_lag=0.1, slow_sd=0.02, days=448)
    typical = errors.model_copy(update={"levels": errors.levels | {"error": spread, "below_best": below}})
    models = package.baseline.quality.models | {"typical": typical}
    quality = package.baseline.quality.model_copy(update={"models": models})
    package = replace(package, baseline=replace(package.baseline, quality=quality))
    judged = build_judged(build_later(60), package)

    def measure(share: float) -> Figure:
        below = np.arange(len(judged)) % 100 < 100 * share
        figures = measure_models(judged.assign(is_below_best=below.astype(float)), package, chosen)
        return next(one for one in figures if one.name == "coverage of best")

    assert measure(0.1).high == pytest.approx(NormalDist().cdf(NormalDist().inv_cdf(0.1) + 0.005 / 0.0065), abs=0.002)
    assert not measure(0.27).is_violated  # half a percent, which the bias may be, brings so many below best
    assert measure(0.35).is_violated


def test_limits_widen_as_days_are_fewer() -> None:
    package, chosen = build_package(), build_settings(max_bias_frac=0.0001)
    limits = []
    for days in (2, 28):
        figures = measure_models(build_judged(build_later(days), package), package, chosen)
        limits.append(next(one.high for one in figures if one.name == "bias"))
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[0] > 2 * limits[1]


def test_hours_that_the_version_learnt_from_are_not_judged() -> None:
    found, verdict = check(build_hours(TRAINED_DAYS))
    assert (found.judged_h, found.figures, found.concept.kind) == (0.0, [], "unknown")
    assert (verdict.status, verdict.action) == ("Completed", "none")


@pytest.mark.parametrize(
    ("column", "factor", "named"), [(FEED, 1.02, FEED), (LOAD, 1 / 1.02, LOAD), (FUEL, 1.08, FUEL)]
)
def test_step_of_a_meter_is_told_from_the_carriers(column: str, factor: float, named: str) -> None:
    found, verdict = check(change(column, factor))
    assert found.concept.kind == "relation"
    assert found.concept.change is not None
    assert abs(found.concept.change.start - DAY) <= pd.Timedelta(1, "D")
    row = found.findings.assign(sentence=say_findings)[found.findings["check"] == "relation"].iloc[0]
    assert row["column"] == named
    assert verdict.status == "CompletedWithViolations"
    if column == FUEL:  # fuel also rises where a plant fouls
        assert "meter of fuel_gas_energy_gj_per_h (FT5) or fouling" in row["sentence"]
        assert verdict.action == "look"
    else:
        assert verdict.action == "recalibrate"
        assert say_recommendation(verdict.recommendation).startswith(f"Recalibrate the meter of {named} (FT")


def test_change_that_lasts_and_no_meter_explains_asks_for_training() -> None:
    hours = change(FUEL, 1.08, rows=24 * 25)
    assert check(hours)[1].action == "retrain"
    assert check(hours, retrain_after_days=50)[1].action == "look"


def test_change_says_its_size() -> None:
    found, _ = check(change(FEED, 1.02))
    assert found.concept.size_frac == pytest.approx(0.015, abs=0.001)
    assert found.concept.size_gj_per_h == pytest.approx(0.015 * 1200, rel=0.1)
    row = found.findings[found.findings["check"] == "relation"].iloc[0]
    assert json.loads(row["values"])["relation_frac"] == pytest.approx(0.015, abs=0.002)
    assert found.cusum["is_change"].sum() == 1


def test_set_point_left_off_is_named_and_is_no_change_of_the_relation() -> None:
    hours = build_later(60)
    hours.loc[AT:, FLUE] += 1.0
    hours.loc[AT:, FUEL] += 0.01 * 20 * hours.loc[AT:, LOAD]
    found, verdict = check(score(hours))
    assert found.concept.kind == "setpoints"
    assert [one.column for one in found.left_off] == [FLUE]
    assert found.left_off[0].cost_frac == pytest.approx(0.01, abs=0.001)
    assert found.findings["check"].isin(["setpoint", "baseline_drift_check", "model_typical"]).all()
    assert (verdict.action, "flue_o2_pct (AI3)" in say_recommendation(verdict.recommendation)) == ("look", True)


def test_cheaper_set_point_is_no_finding() -> None:
    hours = build_later(60)
    hours.loc[AT:, FLUE] -= 0.15
    hours.loc[AT:, FUEL] -= 0.0015 * 20 * hours.loc[AT:, LOAD]
    assert check(score(hours))[0].left_off == []


def test_other_weather_is_inputs_alone() -> None:
    hours = build_later(60)
    hours.loc[AT:, AIR] = 15.1
    found, _ = check(score(hours), tags={AIR: {"max_drift": 1.0}})
    assert (found.concept.kind, found.concept.inputs) == ("inputs", (AIR,))
    assert found.findings.empty


def test_drift_has_a_threshold_of_its_own_for_each_column() -> None:
    hours = build_later(60)
    hours.loc[AT:, AIR] = 14.9
    found, verdict = check(score(hours))
    assert [(one.kind, one.column) for one in found.violations] == [("baseline_drift_check", AIR)]
    assert found.violations[0].description.startswith("Baseline drift distance: 0.")
    assert "air_temp_degc (TI2) has moved: median 14.9 °C" in say_finding(found.violations[0].finding)
    assert verdict.action == "none"
    assert say_recommendation(verdict.recommendation).startswith("air_temp_degc (TI2) has moved since about ")


def test_missing_share_has_a_threshold_of_its_own_for_each_column() -> None:
    hours = build_later(60)
    hours.loc[hours.index[-60:], FLUE] = np.nan
    found, _ = check(hours)
    assert [(one.kind, one.column) for one in found.violations] == [("completeness_check", FLUE)]
    assert found.violations[0].description == "Completeness: 0.643 is below the constraint: 0.800"
    assert "flue_o2_pct (AI3) is missing in 36% of the 168 running intervals" in say_finding(
        found.violations[0].finding
    )
    assert check(hours, tags={FLUE: {"max_missing_frac": 0.5}})[0].violations == []


def test_hours_of_a_trip_are_not_missing() -> None:
    hours = build_later(60)
    hours.loc[hours.index[-60:], [FLUE, AIR]] = np.nan
    hours.loc[hours.index[-60:], STATE] = "trip"
    hours.loc[hours.index[-60:], IS_STEADY] = False
    assert check(hours)[0].violations == []


def test_unknown_column_of_tags_is_refused_with_the_nearest() -> None:
    wanted = r"^monitor\.tags: flue_o3_pct is not a column of the model: did you mean flue_o2_pct\?$"
    with pytest.raises(ElcError, match=wanted):
        check(build_later(2), tags={"flue_o3_pct": {"max_drift": 0.5}})


def test_new_column_is_told() -> None:
    found, verdict = check(build_later(60).assign(purge_t_per_h=1.0))
    assert [(one.kind, one.column) for one in found.violations] == [("extra_column_check", "purge_t_per_h")]
    assert (
        say_recommendation(verdict.recommendation) == "Check purge_t_per_h: it was mapped after the model was trained."
    )


def test_text_outside_its_domain_is_a_violation() -> None:
    package = build_package()
    package.baseline.constraints["features"].append(
        {"name": "mode", "completeness": 1.0, "string_constraints": {"domains": ["auto", "manual"]}}
    )
    hours = build_later(60).assign(mode="auto")
    hours.loc[hours.index[-100:], "mode"] = "test"
    found = monitor.check_hours(hours, NOTHING, package, build_settings())
    assert ("categorical_values_check", "mode") in [(one.kind, one.column) for one in found.violations]


def test_plant_outside_what_was_learnt_asks_for_training() -> None:
    hours = build_later(60)
    hours[IS_OUTSIDE] = np.arange(len(hours)) % 2 == 0
    found, verdict = check(hours)
    assert found.inside_frac == pytest.approx(0.5)
    assert (verdict.action, say_recommendation(verdict.recommendation)) == (
        "retrain",
        "Train again: the plant runs where the model was not trained.",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({ENERGY: np.nan, "gap_gj_per_h": np.nan}, "no valid value of energy_gj_per_h in 28 days"),
        ({STATE: "trip", IS_STEADY: False, "gap_gj_per_h": np.nan}, "the plant did not run steadily in 28 days"),
    ],
)
def test_nothing_to_judge_fails_with_its_reason(changes: dict[str, object], reason: str) -> None:
    found, verdict = check(build_later(30).assign(**changes))  # type: ignore[arg-type]
    assert (verdict.status, verdict.action) == ("Failed", "look")
    assert say_recommendation(verdict.recommendation) == f"Nothing can be judged: {reason}."
    assert found.figures == []


def test_less_than_a_day_gives_no_figure() -> None:
    found, verdict = check(build_later(1).iloc[:20])
    assert (found.figures, found.inside_frac) == ([], None)
    assert verdict.status == "Completed"


def test_package_for_another_tag_list_fails_in_words() -> None:
    package, chosen = build_package(), build_settings()
    hourly, lacking = curve.fit_hours(build_later(30).drop(columns=[AIR]), package)
    found = monitor.check_hours(hourly, lacking, package, chosen)
    verdict = judge(found, hourly, package, chosen)
    assert hourly[AIR].isna().all()
    assert say_findings(lacking) == [
        "air_temp_degc (TI2) is not in the hourly table, expected by the model. Map it in "
        "data/plants/fjord/tags.csv, or use a version for this tag list."
    ]
    assert [(one.kind, one.column) for one in found.violations] == [("missing_column_check", AIR)]
    assert say_recommendation(verdict.recommendation) == (
        "Nothing can be judged: the hourly table gives no air_temp_degc, which the model needs."
    )


def test_violations_are_written_in_the_known_format(tmp_path: Path) -> None:
    hours = change(FEED, 1.02)
    hours.loc[hours.index[-60:], FLUE] = np.nan
    found, _ = check(hours)
    monitor.write_check(tmp_path, found)
    content = json.loads((tmp_path / "constraint_violations.json").read_text(encoding="utf-8"))
    assert content == {
        "violations": [
            {
                "feature_name": FLUE,
                "constraint_check_type": "completeness_check",
                "description": "Completeness: 0.643 is below the constraint: 0.800",
            }
        ]
    }
    written = findings.read_findings(tmp_path / "findings.parquet")
    assert {"completeness_check", "relation"} <= set(written["check"])
    assert list(written.columns) == findings.COLUMNS


def test_limits_are_written_as_they_are_applied() -> None:
    """What `constraints.json` tells of a column is the limit beyond which the check speaks, not the format's own."""
    package = build_package()
    chosen = build_settings(tags={FLUE: {"max_drift": 0.3, "max_missing_frac": 0.5}})
    limits = monitor.check_hours(build_later(30), NOTHING, package, chosen).limits
    by_name = {feature["name"]: feature for feature in limits["features"]}
    assert by_name.keys() == {feature["name"] for feature in package.baseline.constraints["features"]}
    told = {name: it["monitoring_config_overrides"]["distribution_constraints"] for name, it in by_name.items()}
    assert told[FLUE] == {"perform_comparison": "Enabled", "comparison_threshold": 0.3, "comparison_method": "Robust"}
    assert told[ENERGY] == {"perform_comparison": "Disabled"}
    habit = package.baseline.quality.distances.columns[AIR]
    assert told[AIR]["comparison_threshold"] == pytest.approx(habit.most + 0.1 if habit else 1.0)
    assert by_name[FLUE]["completeness"] == 0.5
    assert by_name[AIR]["completeness"] == pytest.approx(0.8)
    assert limits["monitoring_config"]["datatype_check_threshold"] == 1.0
    # One hour more than may be missing is a violation, one hour less is none.
    hours = build_later(30)
    for missing, expected in ((83, []), (85, [("completeness_check", FLUE)])):
        changed = hours.copy()
        changed.loc[changed.index[-missing:], FLUE] = np.nan
        found = monitor.check_hours(changed, NOTHING, package, chosen).violations
        assert [(it.kind, it.column) for it in found if it.kind == "completeness_check"] == expected, missing


def test_steam_is_booked_as_an_export() -> None:
    hours = build_later(1)
    assert (hours[ENERGY] == hours[FEED] + hours[FUEL] - hours[STEAM]).all()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([FUEL], f"Check {FUEL} (FT5): it has no valid reading in the last interval."),
        (
            [FUEL, LOAD],
            f"Check {FUEL} (FT5) first, and 1 more: they have no valid reading in the last interval.",
        ),
    ],
)
def test_interval_without_a_gap_names_what_is_missing(columns: list[str], words: str) -> None:
    hours = build_later(60)
    hours.loc[hours.index[-1], [*columns, ENERGY, "gap_gj_per_h"]] = np.nan
    verdict = check(hours)[1]
    assert (verdict.action, say_recommendation(verdict.recommendation)) == ("look", words)


def test_interval_of_a_trip_lacks_nothing() -> None:
    hours = build_later(60)
    hours.loc[hours.index[-1], [FUEL, ENERGY, "gap_gj_per_h"]] = np.nan
    hours.loc[hours.index[-1], STATE] = "trip"
    assert check(hours)[1].action == "none"


def test_meter_whose_value_only_holds_is_to_be_looked_at() -> None:
    hours, package, chosen = build_later(60), build_package(), build_settings()
    end = hours[TIME].iloc[-1] + pd.Timedelta("1h")
    silent = build_written("silent", "It is silent.", "fjord", FUEL, end - pd.Timedelta("4h"), end)
    found = monitor.check_hours(hours, findings.build_frame([silent]), package, chosen)
    verdict = judge(found, hours, package, chosen)
    assert (
        say_recommendation(verdict.recommendation)
        == f"Check {FUEL} (FT5): it has no valid reading in the last interval."
    )


@pytest.mark.parametrize(
    ("state", "is_doubtful", "action", "words"),
    [
        ("run", False, "look", "Find out why no gap can be judged: no valid reading of air temperature."),
        ("unknown", True, "look", "Find out why no gap can be judged: no valid reading of air temperature."),
        ("trip", False, "none", "There is nothing to judge now: no valid reading of air temperature."),
        ("trip", True, "look", "Check the data of the last 24 hours: their findings say what is doubtful."),
    ],
)
def test_nothing_needs_to_be_done_is_not_said_beside_a_missing_gap(
    state: str, is_doubtful: bool, action: str, words: str
) -> None:
    hours, package, chosen = build_later(60), build_package(), build_settings()
    hours.loc[hours.index[-1], STATE] = state
    end = hours[TIME].iloc[-1]
    doubt = build_written("spike", "It jumped.", "fjord", FUEL, end - pd.Timedelta("4h"), end)
    doubts = findings.build_frame([doubt] if is_doubtful else [])
    found = monitor.check_hours(hours, doubts, package, chosen)
    verdict = judge(found, hours, package, chosen, doubts=doubts, reasons=[Reason("unread", {"columns": [AIR]})])
    assert (verdict.action, say_recommendation(verdict.recommendation)) == (action, words)


def test_doubtful_data_and_a_model_that_is_not_judged_are_said() -> None:
    hours, package, chosen = build_later(60), build_package(), build_settings()
    end = hours[TIME].iloc[-1]
    doubts = findings.build_frame([build_written("spike", "It jumped.", "fjord", FUEL, end, end)])
    found = monitor.check_hours(hours, doubts, package, chosen)
    assert say_recommendation(judge(found, hours, package, chosen, doubts=doubts).recommendation) == (
        "Check the data of the last 24 hours: their findings say what is doubtful."
    )
    young = build_later(1).iloc[:20]
    verdict = judge(monitor.check_hours(young, NOTHING, package, chosen), young, package, chosen)
    assert verdict.action == "none"
    assert say_recommendation(verdict.recommendation) == (
        "The data are sound; the model is not judged: no whole day in the last 28 days is judged and later than the "
        "hours that the version was trained on."
    )
