"""What drives consumption against a background, and whether it still ranks as in training."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, explain, settings
from elc.fields import BEST, ENERGY, GAP, IS_OUTSIDE, TIME
from elc.pages import say_findings
from elc.paths import Project

LOAD, AIR, FEED, FLUE, RATIO = (
    "load_t_per_h",
    "air_temp_degc",
    "feed_c2plus_pct",
    "flue_o2_pct",
    "steam_to_carbon_ratio",
)
FEATURES, SETPOINTS = [LOAD, AIR, FEED], [FLUE, RATIO]


class Network:
    """Stands where an ONNX Runtime session does: 10 load + load * air / 20 + feed ** 2, and the cost of set-points."""

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        load, air, feed, *points = feeds["features"].astype(float).T
        energy = 10 * load + load * air / 20 + feed**2
        if points:
            energy = energy + 3 * (points[0] - 2) ** 2 + 40 * (points[1] - 3) ** 2
        return [np.column_stack([energy] * 5)]


def build_package(**groups: str) -> curve.Package:
    def describe(column: str, low: float, high: float) -> dict[str, Any]:
        return {"column": column, "low": low, "high": high, "median": (low + high) / 2, "group": groups.get(column, "")}

    rng = np.random.default_rng(1)
    hours = pd.DataFrame(
        {LOAD: rng.uniform(40, 60, 60), AIR: rng.uniform(-10, 30, 60), FEED: rng.uniform(2, 8, 60)}
        | {FLUE: rng.uniform(1, 5, 60), RATIO: rng.uniform(2.5, 3.5, 60)}
    )
    features = [describe(LOAD, 40, 60), describe(AIR, -10, 30), describe(FEED, 2, 8)]
    card = {"features": features, "setpoints": [describe(FLUE, 1, 5), describe(RATIO, 2.5, 3.5)], "throughput": LOAD}
    envelope = curve.build_envelope(hours, FEATURES, np.arange(60) % 2, margin_frac=0.02, prototypes=10)
    background = {"features": FEATURES, "rows": hours[FEATURES].head(4).to_numpy().tolist()}
    attribution = {
        "background": background,
        "drivers": {LOAD: 50.0, AIR: 20.0, FEED: 10.0},
        "setpoints": {FLUE: 5.0, RATIO: 2.0},
    }
    return curve.Package(card, hours, envelope, Network(), Network(), attribution)  # type: ignore[arg-type]


def build_scored(package: curve.Package, count: int = 60) -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=count, freq="h", tz="UTC")
    hours = package.precedents.head(count).reset_index(drop=True)
    return hours.assign(**{TIME: times, IS_OUTSIDE: False, GAP: 5.0, ENERGY: 600.0})


def build_settings(**values: float) -> settings.StageSettings:
    chosen = settings.read_plant(Project(Path(__file__).parents[3]), "fjord")
    return replace(chosen, explain=chosen.explain.model_copy(update={"like_hours": 20, **values}))


def share_by_permutations(package: curve.Package, now: pd.Series, before: pd.Series) -> dict[str, float]:
    """The definition: the mean over all orders of what each player adds when it comes."""
    shares = dict.fromkeys(FEATURES, 0.0)
    orders = list(permutations(FEATURES))
    for order in orders:
        row = before.copy()
        for name in order:
            start = package.predict(row.to_frame().T)[BEST].iloc[0]
            row[name] = now[name]
            shares[name] += (package.predict(row.to_frame().T)[BEST].iloc[0] - start) / len(orders)
    return shares


def test_shares_of_drivers_are_those_of_the_definition_over_the_background() -> None:
    package = build_package()
    now = pd.Series({LOAD: 58.0, AIR: 25.0, FEED: 7.0})
    background = pd.DataFrame(package.attribution["background"]["rows"], columns=FEATURES)
    each = [share_by_permutations(package, now, before) for _, before in background.iterrows()]
    found = explain.explain_drivers(package, now).set_index("driver")
    for name in FEATURES:
        wanted = np.mean([shares[name] for shares in each])
        assert found.loc[name, "share_gj_per_h"] == pytest.approx(wanted, abs=1e-3)  # inputs of 32 bits
    assert found.index[0] == LOAD
    assert found.loc[AIR, ["now", "median"]].tolist() == [25.0, 10.0]


def test_hour_outside_the_envelope_has_no_shares_of_drivers() -> None:
    hour = pd.Series({LOAD: 58.0, AIR: 25.0, FEED: 7.0, IS_OUTSIDE: True})
    assert explain.explain_drivers(build_package(), hour).empty


def test_group_of_drivers_is_one_player_with_the_sum_of_an_additive_pair() -> None:
    now = pd.Series({LOAD: 58.0, AIR: 25.0, FEED: 7.0})
    alone = explain.explain_drivers(build_package(), now).set_index("driver")["share_gj_per_h"]
    grouped = explain.explain_drivers(build_package(**{AIR: "outside", FEED: "outside"}), now).set_index("driver")
    assert sorted(grouped.index) == [LOAD, "outside"]
    assert grouped.loc["outside", "share_gj_per_h"] == pytest.approx(alone[AIR] + alone[FEED], abs=1e-3)
    assert np.isnan(grouped.loc["outside", "now"])


def test_consumption_of_a_period_is_the_mean_of_its_hours() -> None:
    package = build_package()
    scored = build_scored(package, 10)
    found = explain.explain_consumption(package, scored, build_settings().explain).set_index("driver")
    each = pd.DataFrame(
        [explain.explain_drivers(package, hour).set_index("driver")["share_gj_per_h"] for _, hour in scored.iterrows()]
    )
    for name in FEATURES:
        assert found.loc[name, "share_gj_per_h"] == pytest.approx(each[name].mean())
        assert found.loc[name, "size_gj_per_h"] == pytest.approx(each[name].abs().mean())
    none = scored.assign(**{IS_OUTSIDE: True})
    assert explain.explain_consumption(package, none, build_settings().explain).empty


def test_ndcg_by_hand() -> None:
    training = {"a": 4.0, "b": 2.0, "c": 1.0}
    assert explain.measure_ndcg(training, {"a": 9.0, "b": 5.0, "c": 0.1}) == pytest.approx(1.0)
    turned = (1 + 2 / np.log2(3) + 4 / 2) / (4 + 2 / np.log2(3) + 1 / 2)
    assert explain.measure_ndcg(training, {"a": 1.0, "b": 2.0, "c": 3.0}) == pytest.approx(turned)
    assert np.isnan(explain.measure_ndcg({"a": 0.0}, {"a": 1.0}))
    assert explain.measure_ndcg(training, {"c": 1.0, "a": 2.0}) == pytest.approx(1.0)  # b is gone


def test_ranking_as_in_training_is_no_finding_and_another_is_one() -> None:
    package, chosen = build_package(), build_settings()
    scored = build_scored(package)
    drift = explain.measure_drift(package, scored, chosen)
    assert drift["what"].tolist() == ["drivers", "setpoints"]
    assert drift["hours"].tolist() == [48, 48]
    assert drift["ndcg"].tolist() == pytest.approx([1.0, 1.0])
    assert explain.find_drift(drift, scored, chosen).empty
    late = replace(
        package, attribution={**package.attribution, "drivers": {LOAD: 1.0, AIR: 5.0, FEED: 50.0}, "setpoints": {}}
    )
    drift = explain.measure_drift(late, scored, chosen)
    found = explain.find_drift(drift, scored, chosen)
    assert found[["check", "plant", "column"]].to_numpy().tolist() == [
        ["feature_attribution_drift_check", "fjord", LOAD]
    ]
    sentence = say_findings(found)[0]
    assert sentence.startswith(
        "Over the last 28 days what drives consumption ranks otherwise than in training: nDCG 0."
    )
    assert "expected at least 0.90. Load rose most: " in sentence
    assert sentence.endswith(", 1.0 GJ/h in training.")
    table = explain.build_drift_table(drift, chosen.explain)
    assert table["as in training"].tolist() == ["no"]


def test_too_few_hours_or_no_baseline_measure_nothing() -> None:
    package, chosen = build_package(), build_settings()
    assert explain.measure_drift(package, build_scored(package, 23), chosen).empty
    bare = replace(package, attribution={})
    assert explain.measure_drift(bare, build_scored(package), chosen).empty
