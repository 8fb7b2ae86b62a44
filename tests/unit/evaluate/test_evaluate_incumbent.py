"""The version in use beside the candidate: the same hours, and what is chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import evaluate, settings
from elc.errors import ElcError
from elc.fields import ENERGY, TIME
from elc.paths import Project

LOAD, AIR = "load_t_per_h", "air_temp_degc"
ROWS = 100 * 24


@pytest.fixture
def scored(linear: Any) -> pd.DataFrame:
    """Hours on the candidate's best and 0 to 20 GJ/h above it, scored by the candidate."""
    random = np.random.default_rng(2)
    frame = pd.DataFrame({LOAD: random.uniform(40, 60, ROWS), AIR: 5.0})
    frame[ENERGY] = 10 * frame[LOAD] - 2 + random.uniform(0, 20, ROWS)
    frame.insert(0, TIME, pd.date_range("2024-03-01", periods=ROWS, freq="h", tz="UTC"))
    return pd.concat([frame, linear.package().predict(frame)], axis=1)


def test_a_worse_version_in_use_is_worse_beyond_chance(
    scored: pd.DataFrame, linear: Any, chosen: settings.StageSettings
) -> None:
    found = evaluate.compare(scored, linear.package(shift=-8.0), chosen.evaluate)
    assert found["rows"] == ROWS
    assert found["candidate"]["coverage_best_frac"] == pytest.approx(0.1, abs=0.02)
    assert found["in_use"]["coverage_best_frac"] == 0.0
    assert found["difference_gj_per_h"] == pytest.approx(
        found["candidate"]["pinball_best_gj_per_h"] - found["in_use"]["pinball_best_gj_per_h"]
    )
    assert found["difference_low_gj_per_h"] < found["difference_gj_per_h"] < found["difference_high_gj_per_h"] < 0
    sentence = evaluate.write_comparison({"incumbent": found})
    assert sentence.startswith("On the 2400 intervals that both can score, the candidate's pinball loss of best")
    assert sentence.endswith("from that of the version in use: the candidate is better beyond chance.")
    table = evaluate.build_comparison({"incumbent": found})
    assert table["model"].tolist() == ["candidate", "in use"]


def test_a_better_version_in_use_is_said_so(scored: pd.DataFrame, linear: Any, chosen: settings.StageSettings) -> None:
    worse = scored.drop(columns=[name for name in scored if name.endswith("_pred")])
    worse = pd.concat([worse, linear.package(shift=-8.0).predict(worse)], axis=1)
    found = evaluate.compare(worse, linear.package(), chosen.evaluate)
    assert evaluate.write_comparison({"incumbent": found}).endswith("the candidate is worse beyond chance.")


def test_the_same_version_differs_by_nothing(scored: pd.DataFrame, linear: Any, chosen: settings.StageSettings) -> None:
    found = evaluate.compare(scored, linear.package(), chosen.evaluate)
    assert (found["difference_low_gj_per_h"], found["difference_high_gj_per_h"]) == (0.0, 0.0)
    assert evaluate.write_comparison({"incumbent": found}).endswith(": that is within chance.")


def test_only_hours_that_both_can_score_are_compared(
    scored: pd.DataFrame, linear: Any, chosen: settings.StageSettings
) -> None:
    scored.loc[:99, AIR] = np.nan
    assert evaluate.compare(scored, linear.package(), chosen.evaluate)["rows"] == ROWS - 100
    with pytest.raises(ElcError, match=r"plant fjord: no test interval can be scored by both.*of 2400.*card.json"):
        evaluate.compare(scored.assign(**{AIR: np.nan}), linear.package(), chosen.evaluate)


def test_it_is_said_where_the_version_in_use_has_seen_these_hours(
    scored: pd.DataFrame, linear: Any, chosen: settings.StageSettings
) -> None:
    later = linear.package(last="2024-04-01T00:00:00+00:00")
    sentence = evaluate.write_comparison({"incumbent": evaluate.compare(scored, later, chosen.evaluate)})
    assert sentence.endswith("The version in use has learnt from some of these hours, which flatters it.")


def test_without_one_there_is_nothing_to_compare(scored: pd.DataFrame, chosen: settings.StageSettings) -> None:
    assert evaluate.compare(scored, None, chosen.evaluate) == {}
    assert evaluate.write_comparison({}) == (
        "There is no version in use to compare with: the parameter `incumbent` names none."
    )
    assert evaluate.build_comparison({}).empty


def test_it_is_read_from_a_folder_or_refused(tmp_path: Any) -> None:
    assert evaluate.read_incumbent(Project(tmp_path), "") is None
    with pytest.raises(ElcError, match=r"incumbent old: card.json was not found, expected the folder.*--out old"):
        evaluate.read_incumbent(Project(tmp_path), "old")
