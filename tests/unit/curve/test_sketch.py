"""The robust distance between a sample and the sketch of the training hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset
from elc.settings import Tag, TagList

LOAD = "load_t_per_h"
TAGS = TagList("fjord", (Tag("FT1", LOAD, "throughput", "", 1.0, 0.0, None, None, ""),))


def build_sketch(values: np.ndarray) -> curve.Sketch:
    frame = pd.DataFrame({LOAD: values, "energy_gj_per_h": values})
    sketch = curve.read_sketch(dataset.build_statistics(frame, TAGS)["features"][1])
    assert sketch is not None
    return sketch


TRAIN = np.random.default_rng(1).uniform(0, 100, 8000)


def test_alike_samples_have_no_distance() -> None:
    sketch = build_sketch(TRAIN)
    assert sketch.count == 8000
    assert curve.measure_distance(sketch, np.random.default_rng(2).uniform(0, 100, 168)) == 0.0


def test_distance_is_the_largest_difference_less_chance() -> None:
    half = np.random.default_rng(3).uniform(50, 100, 500)
    chance = 1.8 * np.sqrt(8500 / (8000 * 500))
    assert curve.measure_distance(build_sketch(TRAIN), half) == pytest.approx(0.5 - chance, abs=0.02)
    assert curve.measure_distance(build_sketch(TRAIN), half + 1000) == pytest.approx(1.0 - chance, abs=0.01)


def test_missing_values_are_left_out_and_none_at_all_have_no_distance() -> None:
    sample = np.array([np.nan, *np.random.default_rng(4).uniform(50, 100, 500)])
    assert curve.measure_distance(build_sketch(TRAIN), sample) == curve.measure_distance(
        build_sketch(TRAIN), sample[1:]
    )
    assert np.isnan(curve.measure_distance(build_sketch(TRAIN), np.array([np.nan])))


def test_quantiles_are_those_of_the_training_hours() -> None:
    sketch = build_sketch(TRAIN)
    assert [sketch.find_quantile(share) for share in (0.05, 0.5, 0.95)] == pytest.approx([5, 50, 95], abs=2)


def test_column_without_a_value_has_no_sketch() -> None:
    assert curve.read_sketch({"name": LOAD, "numerical_statistics": {"common": {"num_present": 0}}}) is None
