"""Quality as a whole: a clean table is left alone, masks are a choice, verdicts stay, no odd table breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from elc import quality
from elc.fields import coverage
from elc.pages.findings import say_findings
from elc.settings import IngestSettings

GAS, STEAM, LOAD, AIR, O2 = (
    "gas_energy_gj_per_h",
    "steam_energy_gj_per_h",
    "load_t_per_h",
    "air_temp_degc",
    "flue_o2_pct",
)


def test_clean_table_is_left_alone(made) -> None:
    before = made.hourly.copy()
    checked, findings = made.check()
    assert len(findings) == 0
    pd.testing.assert_frame_equal(checked, made.hourly)
    pd.testing.assert_frame_equal(made.hourly, before)


def test_check_that_is_no_mask_finds_and_keeps(made) -> None:
    made.freeze(O2, slice(500, 511))
    made.tell(masks=[])
    checked, findings = made.check()
    assert say_findings(findings) == ["flue O2 (AI-1) has not moved at all."]
    pd.testing.assert_frame_equal(checked, made.hourly)


def test_unknown_mask_is_refused_with_the_valid_ones(fjord) -> None:
    with pytest.raises(ValidationError, match="'range', 'frozen', 'spike', 'unit', 'clipped', 'clock' or 'drift'"):
        IngestSettings.model_validate({**fjord.ingest.model_dump(), "masks": ["frosen"]})


def test_energy_is_missing_where_a_carrier_was_masked(made) -> None:
    made.put(STEAM, slice(200, 200), 900.0)
    checked, _ = made.check()
    assert checked["energy_gj_per_h"].isna().to_numpy().nonzero()[0].tolist() == [200]
    kept = checked.drop(index=200)
    np.testing.assert_allclose(kept["energy_gj_per_h"], kept[GAS] - kept[STEAM])


def test_energy_survives_a_masked_driver(made) -> None:
    made.put(AIR, slice(200, 209), 90.0)
    assert made.check()[0]["energy_gj_per_h"].notna().all()


def test_new_day_does_not_change_the_verdict_on_past_hours(made) -> None:
    made.tell_plant(train_until="2024-07-01")
    made.freeze(O2, slice(500, 511))
    made.traces.high.loc[850, GAS] *= 1.3
    for frame in (made.hourly, made.traces.low, made.traces.high):
        frame.loc[760:800, STEAM] /= 4.1868
    before, found = made.first(976).check()
    after, more = made.check()
    assert set(found["check"]) == {"frozen", "spike", "unit"}
    pd.testing.assert_frame_equal(found, more)
    pd.testing.assert_frame_equal(before, after.iloc[:976])


def test_habits_are_learnt_up_to_the_cut_off(made) -> None:
    made.tell_plant(train_until="2024-07-01")
    noise = np.random.default_rng(2).normal(0, 5, 200)
    later = made.traces.high.loc[800:, O2].to_numpy() + np.abs(noise)
    made.traces.high.loc[800:, O2] = later
    assert made.check()[1].query("check == 'spike' and column == @O2")["hours"].sum() > 10


@pytest.mark.parametrize("rows", [1, 3, 25])
def test_short_table_is_checked(made, rows: int) -> None:
    checked, findings = made.first(rows).check()
    assert len(checked) == rows
    assert len(findings) == 0


def test_all_columns_missing_are_gaps(made) -> None:
    for tag in made.tags:
        made.lose(tag.column, slice(0, 999))
    checked, findings = made.check()
    assert set(findings["check"]) == {"gap", "low_coverage"}
    assert checked["energy_gj_per_h"].isna().all()


def test_constant_columns_and_no_limits_are_checked(made) -> None:
    made.tags = replace(made.tags, tags=tuple(replace(tag, low=None, high=None) for tag in made.tags))
    for tag in made.tags:
        made.put(tag.column, slice(0, 999), 5.0)
    assert set(made.check()[1]["check"]) == set()


def test_equal_inputs_give_equal_findings(made) -> None:
    made.put(O2, slice(200, 209), 9.0)
    first, second = made.check(), made.check()
    pd.testing.assert_frame_equal(first[0], second[0])
    pd.testing.assert_frame_equal(first[1], second[1])


def test_summary_tells_coverage_and_range_of_every_column(made) -> None:
    made.hourly.loc[:249, O2] = np.nan
    made.hourly.loc[:249, coverage(O2)] = 0.2
    summary = quality.summarise(made.hourly, made.tags).set_index("column")
    assert list(summary.index) == [tag.column for tag in made.tags]
    assert (summary.loc[O2, "tag"], summary.loc[O2, "role"], summary.loc[O2, "missing"]) == ("AI-1", "setpoint", 250)
    assert summary.loc[O2, "covered"] == pytest.approx(0.8)
    assert summary.loc[O2, "high"] == made.hourly[O2].max()
