"""Explanations are objects of shap, and hold what shap's own exact explainer gives for the same package."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap

from elc import curve, explain
from elc.errors import ElcError
from elc.explain import explanation
from elc.fields import BEST, GAP
from tests.unit.explain.packages import (
    AIR,
    FEATURES,
    FEED,
    FLUE,
    LOAD,
    RATIO,
    SETPOINTS,
    build_package,
    build_scored,
    build_settings,
)

LIKE = build_settings().explain
NAN = float("nan")


def explain_by(what: str, package: curve.Package, scored: pd.DataFrame, **more: Any) -> shap.Explanation:
    return explain.build_explanation(package, scored, LIKE, what=what, **{"days": None, "most": 20, **more})


def test_drivers_are_those_of_shaps_exact_explainer() -> None:
    package = build_package()
    found = explain_by("drivers", package, build_scored(package))
    explainer = explain.build_explainer(package)
    assert isinstance(explainer, shap.ExactExplainer)
    wanted = explainer(pd.DataFrame(found.data, columns=FEATURES), silent=True)
    assert list(found.feature_names) == list(wanted.feature_names) == FEATURES
    assert found.values.shape == (20, 3)
    for name in ("values", "base_values", "data"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=0, atol=1e-8)


def test_set_points_are_those_of_shaps_exact_explainer_from_best_practice() -> None:
    """Best practice is another in each hour, so shap's explainer is another, too: its background is that one row."""
    package = build_package()
    scored = build_scored(package, 8)
    found = explain_by("setpoints", package, scored)
    reference = curve.build_best_practice(package, scored, LIKE.like_hours)
    for place, (_, hour) in enumerate(scored.iterrows()):
        drivers = hour[FEATURES].to_numpy(np.float32)

        def score(points: Any, drivers: Any = drivers) -> Any:
            rows = np.column_stack([np.tile(drivers, (len(points), 1)), points]).astype(np.float32)
            return package.score_response(rows).mean(axis=1)

        masker = shap.maskers.Independent(reference.iloc[[place]].to_numpy(float))
        now = hour[SETPOINTS].to_numpy(float)[None]
        wanted = shap.ExactExplainer(score, masker)(now, silent=True)
        np.testing.assert_allclose(found.values[place], wanted.values[0], rtol=0, atol=1e-8)
        np.testing.assert_allclose(found.base_values[place], wanted.base_values[0], rtol=0, atol=1e-8)


@pytest.mark.parametrize("groups", [{}, {AIR: "outside", FEED: "outside", FLUE: "furnace", RATIO: "furnace"}])
def test_values_add_up_from_their_base(groups: dict[str, str]) -> None:
    package = build_package(**groups)
    scored = build_scored(package)
    drivers, setpoints = (explain_by(what, package, scored, most=60) for what in ("drivers", "setpoints"))
    best = package.predict(scored)[BEST].to_numpy()
    taken = package.predict_response(scored).mean(axis=1)
    np.testing.assert_allclose(drivers.values.sum(axis=1) + drivers.base_values, best, rtol=0, atol=1e-8)
    np.testing.assert_allclose(setpoints.values.sum(axis=1) + setpoints.base_values, taken, rtol=0, atol=1e-8)


def test_group_is_one_player_without_a_value() -> None:
    package = build_package(**{AIR: "outside", FEED: "outside"})
    found = explain_by("drivers", package, build_scored(package))
    assert found.feature_names == [LOAD, "outside"]
    assert np.isfinite(found.data[:, 0]).all()
    assert np.isnan(found.data[:, 1]).all()


def test_last_days_alone_are_explained_where_asked() -> None:
    package = build_package()
    scored = build_scored(package, 60)
    found = explain_by("drivers", package, scored, days=1, most=100)
    np.testing.assert_array_equal(found.data, scored[FEATURES].tail(24))


def test_hours_that_nothing_is_known_of_are_left_out() -> None:
    package = build_package()
    scored = build_scored(package)
    scored.loc[:9, AIR] = NAN
    scored.loc[10:29, GAP] = NAN
    scored.loc[30:34, FLUE] = NAN
    assert len(explain_by("drivers", package, scored, most=100).values) == 50
    assert len(explain_by("setpoints", package, scored, most=100).values) == 25
    bare = replace(package, precedents=package.precedents.iloc[:0])
    assert explain_by("setpoints", bare, scored).values.shape == (0, 2)


def test_plant_without_set_points_has_no_players() -> None:
    package = build_package()
    bare = replace(package, card={**package.card, "setpoints": []})
    assert explain_by("setpoints", bare, build_scored(package)).values.shape == (0, 0)


def test_what_is_nothing_to_explain_by_is_refused() -> None:
    package = build_package()
    with pytest.raises(ElcError, match="explain: driver is nothing to explain by: did you mean drivers"):
        explain_by("driver", package, build_scored(package))


def test_many_drivers_are_explained_by_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "MOST_EXACT", 2)
    package = build_package()
    found = explain_by("drivers", package, build_scored(package), most=5)
    assert isinstance(explain.build_explainer(package), shap.PermutationExplainer)
    assert found.feature_names == FEATURES
    best = package.predict(pd.DataFrame(found.data, columns=FEATURES))[BEST].to_numpy()
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, best, rtol=0, atol=1e-8)


def test_sizes_are_read_of_an_explanation_as_of_an_attribution() -> None:
    package = build_package()
    scored = build_scored(package)
    held = explain.measure_sizes(explain.attribute(package, scored, LIKE, what="drivers"))
    assert explain.measure_sizes(explain_by("drivers", package, scored, most=60)) == held
    assert explain.measure_ndcg(package.attribution.drivers, held) == pytest.approx(1.0)
    assert explain.measure_sizes(explain_by("drivers", package, scored.iloc[:0])) == {}


def test_weeks_are_days_that_are_over_and_change_with_what_they_hold() -> None:
    package, chosen = build_package(), build_settings()
    scored = build_scored(package)  # to 11:00 UTC of the third day, noon at the site
    weeks = explain.choose_weeks(package, scored, chosen)
    assert weeks.find_times("drivers").max() == pd.Timestamp("2024-01-02 23:00", tz="Europe/Oslo")
    assert weeks.explain("setpoints").values.shape == (47, 2)
    later = explain.choose_weeks(package, scored.iloc[:-5], chosen)
    assert later.key == weeks.key
    scored.loc[3, AIR] += 1
    assert explain.choose_weeks(package, scored, chosen).key != weeks.key
    assert explain.choose_weeks(package, scored.head(5), chosen).explain("drivers").values.shape == (0, 3)


def test_shap_is_imported_only_where_it_is_asked_for_and_drift_is_measured_without_it(tmp_path: Path) -> None:
    command = (
        "import sys, elc.explain, elc.pages.figures, elc.library, elc.workers.process; from pathlib import Path;"
        "from tests.unit.explain.packages import *; from elc import explain;"
        "package, chosen = build_package(), build_settings();"
        "weeks = explain.choose_weeks(package, build_scored(package), chosen);"
        "drift = explain.measure_drift(weeks, chosen, kept=Path(sys.argv[1]));"
        "sys.exit('shap' in sys.modules or len(drift) != 2)"
    )
    assert subprocess.run([sys.executable, "-c", command, str(tmp_path)]).returncode == 0
