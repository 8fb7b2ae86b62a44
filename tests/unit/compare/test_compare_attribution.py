"""What moves best in each of two packages, on the same hours from the same reference."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from elc import compare, pages, settings

LOAD, AIR = "load_t_per_h", "air_temp_degc"
WEEK_H = 168
Build = Callable[[int], pd.DataFrame]
Write = Callable[..., compare.Pair]


def test_attributions_are_each_drivers_own_move_from_the_median(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair, hourly = write_pair({"factor": 1.01}, {}), build_hours(8 * WEEK_H)
    found = compare.build_comparison(pair, compare.score_pair(hourly, pair, chosen), chosen)
    hours = hourly[WEEK_H:]
    # The curve is a sum, so each share is slope x (value - median); means over hours that are spread evenly.
    load, air = ((hours[name] - hours[name].median()).abs().mean() for name in (LOAD, AIR))
    shares = found.attribution.shares_gj_per_h
    assert found.attribution.intervals == 200
    assert shares["right"][LOAD] == pytest.approx(10 * load, rel=0.02)
    assert shares["right"][AIR] == pytest.approx(air, rel=0.02)
    assert shares["left"][LOAD] == pytest.approx(1.01 * shares["right"][LOAD], rel=1e-3)
    table = pages.compare.build_drivers(found)
    assert table.columns.tolist() == ["driver", "candidate, GJ/h (rank)", "v1.0.0 in prod, GJ/h (rank)"]
    assert table["driver"].tolist() == ["load", "air temperature"]
    assert table.iloc[1, 2] == f"{shares['right'][AIR]:.1f} (2)"
