"""Effects of the additive part, against those that the hours were made with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from elc.train import arrange_hours, build_effects, fit_additive
from tests.unit.train.simulated import AIR, FEATURES, LOAD, PRESSURE, SETTINGS, build_hours, split_hours


def draw_effects(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training hours and their effects, with the effect that they were made with in `made`."""
    train, valid = split_hours(build_hours(1500, seed), 1200)
    design = arrange_hours(train, valid, FEATURES, {LOAD: 1}, SETTINGS, fixed_gj_per_h=0.0)
    effects = build_effects(design, fit_additive(design, SETTINGS), SETTINGS)
    truth = {
        LOAD: lambda value: -0.1 * np.log(value / train[LOAD].median()),
        AIR: lambda value: 0.002 * (value - train[AIR].median()),
        PRESSURE: lambda value: -0.004 * (value - train[PRESSURE].median()),
    }
    made = pd.concat([np.expm1(truth[str(name)](effect["value"])) for name, effect in effects.groupby("feature")])
    return train, effects.assign(made=made)


def test_effects_are_those_of_the_plant_against_its_median() -> None:
    train, effects = draw_effects(1)
    assert list(effects["feature"].unique()) == FEATURES
    for column in ("best", "typical"):
        assert effects[column].to_numpy() == pytest.approx(effects["made"].to_numpy(), abs=0.005)
    assert (effects["low"] <= effects["best"]).all()
    assert (effects["best"] <= effects["high"]).all()
    for feature, values in effects.groupby("feature")["value"]:
        assert train[feature].min() <= values.min() < values.max() <= train[feature].max()


def test_interval_holds_the_true_effect_of_most_plants() -> None:
    effects = pd.concat([draw_effects(seed)[1] for seed in range(2, 8)])
    assert 0.6 < effects["made"].between(effects["low"], effects["high"]).mean() < 0.95
