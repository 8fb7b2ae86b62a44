"""What drives consumption against a background, and whether it still ranks as in training."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc import curve, explain, pages
from elc.curve import Package
from elc.fields import BEST, IS_OUTSIDE
from elc.pages.findings import say_findings
from elc.records.attribution import TrainingAttribution
from tests.unit.explain.packages import (
    AIR,
    FEATURES,
    FEED,
    LOAD,
    build_package,
    build_scored,
    build_settings,
)


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
    background = pd.DataFrame(package.attribution.background.rows, columns=FEATURES)
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


def test_ndcg_by_hand() -> None:
    training = {"a": 4.0, "b": 2.0, "c": 1.0}
    assert explain.measure_ndcg(training, {"a": 9.0, "b": 5.0, "c": 0.1}) == pytest.approx(1.0)
    turned = (1 + 2 / np.log2(3) + 4 / 2) / (4 + 2 / np.log2(3) + 1 / 2)
    assert explain.measure_ndcg(training, {"a": 1.0, "b": 2.0, "c": 3.0}) == pytest.approx(turned)
    assert np.isnan(explain.measure_ndcg({"a": 0.0}, {"a": 1.0}))
    assert explain.measure_ndcg(training, {"c": 1.0, "a": 2.0}) == pytest.approx(1.0)  # b is gone


def measure(package: Package, scored: pd.DataFrame, kept: Path) -> pd.DataFrame:
    chosen = build_settings()
    return explain.measure_drift(explain.choose_weeks(package, scored, chosen), chosen, kept=kept)


def test_ranking_as_in_training_is_no_finding_and_another_is_one(tmp_path: Path) -> None:
    package, chosen = build_package(), build_settings()
    scored = build_scored(package)
    drift = measure(package, scored, tmp_path)
    assert drift["what"].tolist() == ["drivers", "setpoints"]
    assert drift["hours"].tolist() == [47, 47]  # the last hour begins a day at the site
    assert drift["ndcg"].tolist() == pytest.approx([1.0, 1.0])
    assert explain.find_drift(drift, scored, chosen).empty
    late = replace(package, attribution=TrainingAttribution(drivers={LOAD: 1.0, AIR: 5.0, FEED: 50.0}))
    drift = measure(late, scored, tmp_path / "late")
    found = explain.find_drift(drift, scored, chosen)
    assert found[["check", "plant", "column"]].to_numpy().tolist() == [
        ["feature_attribution_drift_check", "fjord", LOAD]
    ]
    sentence = say_findings(found)[0]
    assert sentence.startswith(
        "Over the last 28 days what drives consumption ranks differently than in training: nDCG 0."
    )
    assert "expected at least 0.90. Load rose most: " in sentence
    assert sentence.endswith(", 1.0 GJ/h in training.")
    table = pages.explain.build_drift_table(drift, chosen.explain)
    assert table["as in training"].tolist() == ["no"]


def test_too_few_hours_or_no_baseline_measure_nothing(tmp_path: Path) -> None:
    package = build_package()
    assert measure(package, build_scored(package, 23), tmp_path).empty
    bare = replace(package, attribution=TrainingAttribution())
    assert measure(bare, build_scored(package), tmp_path).empty
