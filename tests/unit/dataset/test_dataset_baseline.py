"""The baseline in the formats of SageMaker Model Monitor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import dataset
from elc.fields import ENERGY
from tests.unit.dataset.hours import LOAD, NAN, build_hours, build_tags

COLUMNS = [ENERGY, LOAD, "air_temp_degc", "flue_o2_pct"]


def build_train(count: int = 1000) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    hours = build_hours(list(rng.normal(90, 5, count))).assign(air_temp_degc=rng.normal(0, 5, count))
    hours.loc[: count // 4 - 1, "flue_o2_pct"] = NAN
    return hours


def read_feature(train: pd.DataFrame, column: str) -> dict[str, Any]:
    features = dataset.build_statistics(train, build_tags())["features"]
    assert [feature["name"] for feature in features] == COLUMNS
    found: dict[str, Any] = features[COLUMNS.index(column)]
    return found


def test_statistics_are_those_of_the_hours() -> None:
    train = build_train()
    assert dataset.build_statistics(train, build_tags())["dataset"] == {"item_count": 1000}
    for column in (ENERGY, LOAD, "air_temp_degc"):
        found = read_feature(train, column)["numerical_statistics"]
        assert found["common"] == {"num_present": 1000, "num_missing": 0}
        assert found["sum"] == pytest.approx(train[column].sum())
        assert found["mean"] == pytest.approx(train[column].mean())
        assert found["std_dev"] == pytest.approx(train[column].std(ddof=0))
        assert (found["min"], found["max"]) == (train[column].min(), train[column].max())


def test_buckets_are_ten_that_join_and_hold_every_value_once() -> None:
    train = build_train()
    buckets = read_feature(train, LOAD)["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (train[LOAD].min(), train[LOAD].max())
    assert [b["upper_bound"] for b in buckets[:-1]] == [b["lower_bound"] for b in buckets[1:]]
    for bucket in buckets[:-1]:
        assert bucket["count"] == train[LOAD].between(*list(bucket.values())[:2], inclusive="left").sum()
    assert sum(bucket["count"] for bucket in buckets) == 1000


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000, 8760])
def test_sketch_keeps_every_rank_to_its_promise(count: int) -> None:
    train = build_train(count)
    sketch = read_feature(train, LOAD)["numerical_statistics"]["distribution"]["kll"]["sketch"]
    items = [(value, 2**level) for level, values in enumerate(sketch["data"]) for value in values]
    values, weights = np.array(sorted(items)).T
    assert weights.sum() == count
    assert len(values) <= 256 + 2 ** len(sketch["data"])
    assert set(values) <= set(train[LOAD])
    ordered = np.sort(train[LOAD].to_numpy())
    ranks = np.searchsorted(ordered, values, side="right")
    assert np.abs(ranks - (weights.cumsum() - weights / 2)).max() <= max(count / sketch["parameters"]["k"], 1)


def test_missing_values_are_counted_and_not_in_the_statistics() -> None:
    found = read_feature(build_train(), "flue_o2_pct")
    assert found["inferred_type"] == "Fractional"
    assert found["numerical_statistics"]["common"] == {"num_present": 750, "num_missing": 250}
    assert (found["numerical_statistics"]["mean"], found["numerical_statistics"]["std_dev"]) == (2.0, 0.0)
    counts = [b["count"] for b in found["numerical_statistics"]["distribution"]["kll"]["buckets"]]
    assert counts == [0] * 9 + [750]


def test_column_without_a_value_is_of_unknown_type() -> None:
    train = build_train().assign(flue_o2_pct=NAN)
    assert read_feature(train, "flue_o2_pct") == {
        "name": "flue_o2_pct",
        "inferred_type": "Unknown",
        "numerical_statistics": {"common": {"num_present": 0, "num_missing": 1000}},
    }
    constraint = dataset.build_constraints(train, build_tags())["features"][-1]
    assert (constraint["inferred_type"], constraint["completeness"]) == ("Unknown", 0.0)


def test_constraints_hold_for_the_training_hours_and_take_the_sign_from_the_tag_list() -> None:
    train = build_train().assign(air_temp_degc=lambda hours: hours["air_temp_degc"].abs())
    constraints = dataset.build_constraints(train, build_tags())
    found = {feature["name"]: feature for feature in constraints["features"]}
    assert list(found) == COLUMNS
    assert {name: feature["completeness"] for name, feature in found.items()} == dict(
        zip(COLUMNS, (1.0, 1.0, 1.0, 0.75), strict=True)
    )
    # Air may freeze although it did not in these hours, and nothing is said of flue O2.
    assert [feature["num_constraints"]["is_non_negative"] for feature in found.values()] == [True, True, False, False]
    assert constraints["monitoring_config"]["distribution_constraints"] == {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    }


def test_files_are_json_and_do_not_depend_on_the_order_of_hours(tmp_path: Path) -> None:
    train = build_train()
    for name, hours in (("one", train), ("two", train.sample(frac=1, random_state=2))):
        (tmp_path / name).mkdir()
        dataset.write_baseline(tmp_path / name, hours, build_tags())
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["constraints.json", "statistics.json"]
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    read = json.loads((tmp_path / "one" / "statistics.json").read_text(encoding="utf-8"))
    assert read == dataset.build_statistics(train, build_tags())
