"""Pictures are the same bytes in every run and hold no date, and say what they show."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from elc.fields import BEST, ENERGY, GAP, GAP_FRAC, STATE, TIME, TYPICAL
from elc.pages import figures
from elc.pages.figures import Chart
from elc.pages.figures.colours import COST, GOOD, INTERVAL, PALE
from elc.pages.labels import say_heading

LOAD = "load_t_per_h"
NAN = float("nan")
TIMES = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")


def build_scored() -> pd.DataFrame:
    hours = np.arange(48)
    scored = pd.DataFrame({TIME: TIMES, LOAD: 50.0 + hours / 10, STATE: "run", GAP_FRAC: 0.03 * np.sin(hours)})
    scored.loc[10:14, STATE] = ["trip", "trip", "trip", "start", "start"]
    scored.loc[10:14, GAP_FRAC] = NAN
    scored[TYPICAL] = 28 * scored[LOAD]
    return scored.assign(**{ENERGY: scored[TYPICAL] + np.cos(hours)})


def build_hours(*, days: int = 2, step_h: int = 1) -> pd.DataFrame:
    """Build the hours of a report from midnight at the site: 1 % above best, 3 % at 06:00, none judged at noon."""
    times = pd.date_range("2024-01-01", periods=days * 24 // step_h, freq=f"{step_h}h", tz="Europe/Oslo")
    gaps = np.where(times.hour == 6, 30.0, np.where(times.hour == 12, NAN, 10.0))
    loads = np.arange(len(times)) % 20 + 40.0
    return pd.DataFrame({TIME: times.tz_convert("UTC"), BEST: 1000.0, GAP: gaps, LOAD: loads})


def draw_curve(*, is_above: bool = True) -> Chart:
    load = np.linspace(40.0, 60.0, 30)
    points = pd.DataFrame({"load": load, "sec": 28.5 + np.sin(load)})
    lines = pd.DataFrame({"load": load, "best": 28.0, "typical": 28.5})
    now = pd.Series({"load": 55.0, "sec": 29.5 if is_above else 27.5, "best": 28.0})
    return figures.plot_curve(LOAD, points, lines, now)


def draw_shares() -> Chart:
    names = ["flue_o2_pct", "chiller_temp_degc", "unexplained"]
    return figures.plot_shares(
        pd.DataFrame({"setpoint": names, "share_gj_per_h": [4.2, -1.1, 0.5]}), "setpoint", size=1000.0
    )


def build_conditions() -> SimpleNamespace:
    """Build what `curve.build_conditions` gives: three temperatures, 0.4 GJ/t apart."""
    load = np.linspace(40.0, 60.0, 30)
    lines = []
    for number, value in enumerate((8, 12, 16)):
        best = 28 + 0.4 * number + (load - 55) ** 2 / 400
        columns = {"best": best, "best_low": best - 0.1, "best_high": best + 0.1, "typical": best + 0.3}
        frame = pd.DataFrame({"load": load, **columns, "high": best + 0.6})
        lines.append(frame.assign(condition=f"cooling water temperature {value} °C"))
    joined = pd.concat(lines, ignore_index=True)
    points = joined[["condition", "load"]].assign(sec=joined["typical"] + 0.2 * np.sin(40 * joined["load"]))
    return SimpleNamespace(throughput=LOAD, driver="cooling_water_temp_degc", lines=joined, points=points)


def build_calibration() -> pd.DataFrame:
    """Build three quantiles in two load bands; best in the second is far too low."""
    bands = ["40 to 50 t/h", "50 to 60 t/h"]
    rows = [
        (quantile, band, wanted, wanted + 0.01, wanted - 0.03, wanted + 0.05)
        for quantile, wanted in (("best", 0.1), ("typical", 0.5), ("high", 0.9))
        for band in bands
    ]
    rows[1] = ("best", bands[1], 0.1, 0.02, 0.01, 0.04)
    return pd.DataFrame(rows, columns=["quantile", "band", "wanted_frac", "coverage_frac", "low_frac", "high_frac"])


def build_bands() -> pd.DataFrame:
    columns = {"bias_frac": [0.004, -0.002], "cv_rmse_frac": [0.011, 0.008], "below_best_frac": [0.08, 0.12]}
    return pd.DataFrame({"load": ["40 to 50 t/h", "50 to 60 t/h"], "intervals": [1200, 901], **columns})


def draw_history() -> Chart:
    with TemporaryDirectory() as folder:
        return figures.plot_history(build_scored(), LOAD, kept=Path(folder))


PICTURES: dict[str, Callable[[], Chart]] = {
    "curve": draw_curve,
    "gaps": lambda: figures.plot_gaps(build_scored(), 7, 0.02, "Europe/Oslo", size=1000.0),
    "cusum": lambda: figures.plot_residual_cusum(build_scored()),
    "conditions": lambda: figures.plot_conditions(build_conditions()),
    "calibration": lambda: figures.plot_calibration(build_calibration()),
    "bands": lambda: figures.plot_bands(build_bands()),
    "shares": draw_shares,
    "learning": lambda: figures.plot_learning(pd.DataFrame({"loss": [3.0, 2.0, 1.5], "val_loss": [3.5, 2.5, 2.6]}), 1),
    "residuals": lambda: figures.plot_residuals(build_scored()),
    "history": draw_history,
    "calendar": lambda: figures.plot_calendar(build_hours(), "Europe/Oslo"),
    "against": lambda: figures.plot_against(build_hours(), [LOAD]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_the_same_bytes_twice(name: str) -> None:
    first, second = PICTURES[name]().data, PICTURES[name]().data
    assert first == second
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("name", PICTURES)
def test_picture_holds_no_date_and_no_maker(name: str) -> None:
    text = PICTURES[name]().data
    assert "<dc:date>" not in text
    assert "<dc:creator>" not in text
    assert str(pd.Timestamp.now().date()) not in text
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text)


def test_other_data_are_another_picture() -> None:
    assert draw_curve(is_above=True).data != draw_curve(is_above=False).data


def test_mark_of_the_present_is_red_above_best_and_green_below() -> None:
    above, below = (draw_curve(is_above=is_above).data for is_above in (True, False))
    assert COST in above
    assert COST not in below
    assert "now 29.50 GJ/t" in above
    assert "now 27.50 GJ/t" in below


def test_shares_are_named_with_their_sign_and_colour() -> None:
    text = draw_shares().data
    for word in ("flue O2", "chiller temperature", "unexplained", "+4.2", "−1.1", "GJ/h", COST, GOOD, PALE):
        assert word in text


def test_stops_are_named_in_the_picture_of_gaps() -> None:
    assert PICTURES["gaps"]().data.count(" stop<") == 1
    running = figures.plot_gaps(build_scored().assign(**{STATE: "run"}), 7, 0.02, "UTC", size=1000.0)
    assert " stop<" not in running.data


def test_curve_without_hours_is_an_empty_picture() -> None:
    empty = pd.DataFrame(columns=["load", "sec", "best", "typical"])
    text = figures.plot_curve(LOAD, empty, empty, None).data
    assert "now" not in text
    assert "GJ/t" in text


def test_hours_without_a_gap_are_a_picture_of_none() -> None:
    assert "% of best" in figures.plot_gaps(build_scored().assign(**{GAP_FRAC: NAN}), 7, 0.02, "UTC", size=1000.0).data


def test_no_shares_are_an_empty_picture() -> None:
    nothing = pd.DataFrame({"setpoint": pd.Series(dtype="str"), "share_gj_per_h": pd.Series(dtype=float)})
    assert "Nothing to show." in figures.plot_shares(nothing, "setpoint", size=1000.0).data


def test_no_hours_are_an_empty_cusum() -> None:
    assert "GJ above typical" in figures.plot_residual_cusum(build_scored().iloc[:0]).data


def test_cusum_sums_hours_by_their_step_and_ends_in_its_total() -> None:
    hourly = build_scored()
    hourly[ENERGY] = hourly[TYPICAL] + 100
    assert "+4.80 TJ" in figures.plot_residual_cusum(hourly).data
    quarters = hourly.assign(**{TIME: pd.date_range("2024-01-01", periods=48, freq="15min", tz="UTC")})
    quarters.loc[5, ENERGY] = NAN
    assert "+1.18 TJ" in figures.plot_residual_cusum(quarters.iloc[::-1]).data


def test_interval_of_best_is_shaded_where_it_is_known() -> None:
    lines = pd.DataFrame({"load": [40.0, 60.0], "best": 28.0, "typical": 28.5, "high": 29.0})
    points = pd.DataFrame({"load": [45.0, 55.0], "sec": [28.2, 28.6]})
    known = figures.plot_curve(LOAD, points, lines.assign(best_low=27.9, best_high=28.1), None).data
    missing = figures.plot_curve(LOAD, points, lines.assign(best_low=NAN, best_high=NAN), None).data
    assert INTERVAL in known
    assert INTERVAL not in missing
    assert missing == figures.plot_curve(LOAD, points, lines, None).data


def test_mark_of_the_present_tells_the_interval_of_its_gap() -> None:
    load = np.linspace(40.0, 60.0, 30)
    points = pd.DataFrame({"load": load, "sec": 28.5 + np.sin(load)})
    lines = pd.DataFrame({"load": load, "best": 28.0, "typical": 28.5})
    now = pd.Series({"load": 55.0, "sec": 28.4, "best": 28.0, "gap_low": -0.1, "gap_high": 0.9})
    assert "gap +0.40 (−0.10 to +0.90)" in figures.plot_curve(LOAD, points, lines, now).data
    unknown = now.where(~now.index.isin(["gap_low", "gap_high"]))
    assert "gap" not in figures.plot_curve(LOAD, points, lines, unknown).data


def test_present_stays_in_view_below_best() -> None:
    lines = pd.DataFrame({"load": [40.0, 60.0], "best": 28.0, "typical": 28.5})
    points = pd.DataFrame({"load": [45.0, 55.0], "sec": [28.2, 28.6]})
    now = pd.Series({"load": 50.0, "sec": 24.0, "best": 28.0})
    assert ">24<" in figures.plot_curve(LOAD, points, lines, now).data


def test_best_stays_in_view_far_below_the_hours() -> None:
    lines = pd.DataFrame({"load": [40.0, 60.0], "best": 20.0, "typical": 20.5})
    points = pd.DataFrame({"load": [45.0, 55.0], "sec": [28.2, 28.6]})
    assert ">20<" in figures.plot_curve(LOAD, points, lines, None).data


def test_conditions_are_a_panel_each_and_best_elsewhere_is_named() -> None:
    text = figures.plot_conditions(build_conditions()).data
    assert text.count("cooling water temperature") == 1
    assert text.count("load, t/h") == 3
    for word in (">8 °C<", ">12 °C<", ">16 °C<", "best, 8 °C", "best, 12 °C", ">typical<", ">high<", "GJ/t", INTERVAL):
        assert word in text


def test_conditions_without_a_driver_are_one_panel() -> None:
    view = build_conditions()
    one = view.lines["condition"] == "cooling water temperature 8 °C"
    lines, points = (frame[one.to_numpy()].assign(condition="all hours") for frame in (view.lines, view.points))
    text = figures.plot_conditions(SimpleNamespace(throughput=LOAD, driver=None, lines=lines, points=points)).data
    assert ">all hours<" in text
    assert text.count("load, t/h") == 1


def test_no_conditions_are_an_empty_picture() -> None:
    view = build_conditions()
    empty = SimpleNamespace(throughput=LOAD, driver=None, lines=view.lines.iloc[:0], points=view.points.iloc[:0])
    assert "GJ/t" in figures.plot_conditions(empty).data


def test_share_off_its_line_is_red() -> None:
    text = figures.plot_calibration(build_calibration()).data
    for word in ("% of hours below best", "(wanted: 10)", "% of hours below typical", "(wanted: 90)", "40 to 50 t/h"):
        assert word in text
    assert ">2<" in text  # the one that misses, with its number
    assert COST in text
    assert COST not in figures.plot_calibration(build_calibration().assign(low_frac=0.0, high_frac=1.0)).data


def test_bands_tell_error_size_and_number_of_hours() -> None:
    text = figures.plot_bands(build_bands()).data
    for word in ("40 to 50 t/h (n = 1,200)", "+0.4", "-0.2", ">1.1<", ">8<", "wanted: 10", "bias of typical, %"):
        assert word in text
    assert "nan" not in figures.plot_bands(build_bands().assign(below_best_frac=NAN)).data


def test_no_bands_are_an_empty_picture() -> None:
    assert "bias" in figures.plot_bands(build_bands().iloc[:0]).data


def test_share_that_is_missing_is_no_number() -> None:
    table = build_calibration().assign(low_frac=NAN, coverage_frac=NAN, high_frac=NAN)
    assert "wanted: 10" in figures.plot_calibration(table).data


def test_epoch_that_was_kept_is_marked() -> None:
    assert "kept: epoch 1" in PICTURES["learning"]().data
    from_one = pd.DataFrame({"loss": [3.0, 2.0, 1.5], "val_loss": [3.1, 2.5, 2.4]}, index=[1, 2, 3])
    assert "kept: epoch 3" in figures.plot_learning(from_one, 3).data


def build_steps() -> pd.DataFrame:
    rows = [
        ("best", "level", "best", float("nan"), 0.0, 100.0),
        ("good_hours", "good_hours", "good hours", -2.0, 100.0, 98.0),
        ("flue_o2_pct", "setpoint", "flue O2", 5.0, 98.0, 103.0),
        ("loop_inerts_pct", "setpoint", "loop inerts", -1.0, 103.0, 102.0),
        ("actual", "level", "actual", float("nan"), 0.0, 102.0),
    ]
    columns = ["step", "kind", "label", "change_gj_per_h", "start_gj_per_h", "end_gj_per_h"]
    return pd.DataFrame(rows, columns=columns)


def test_bars_of_a_waterfall_hang_between_their_ends() -> None:
    bars = figures.build_bars(build_steps(), size=1000.0)
    assert bars["text"].tolist() == ["100.0", "−2.0", "+5.0", "−1.0", "102.0"]
    assert bars["high"].tolist() == [100.0, 100.0, 103.0, 103.0, 102.0]
    assert bars["low"].tolist()[1:4] == [98.0, 98.0, 102.0]
    assert bars["low"].iloc[0] == bars["low"].iloc[4] < 98.0  # a level starts at the left end
    assert bars["colour"].tolist()[1:4] == [PALE, COST, GOOD]


def test_waterfall_is_drawn_with_its_words_and_without_a_step() -> None:
    drawn = figures.plot_waterfall(build_steps(), size=1000.0).data
    for word in ("best", "flue O2", "+5.0", "actual", "102.0", "GJ/h", COST, GOOD, PALE):
        assert word in drawn
    assert "Nothing to show." in figures.plot_waterfall(build_steps().iloc[:0], size=1000.0).data


def test_ticks_of_a_waterfall_stand_apart_however_small_the_plant() -> None:
    """Of a plant that takes 1 GJ/h, and moves by hundredths."""
    steps = build_steps().replace({"step": {"flue_o2_pct": "reformer_outlet_temp_degc"}})
    steps[["start_gj_per_h", "end_gj_per_h"]] = [
        [0.0, 1.0472],
        [1.0472, 1.0402],
        [1.0402, 1.0535],
        [1.0535, 1.0573],
        [0.0, 1.0573],
    ]
    chart = figures.plot_waterfall(steps.assign(change_gj_per_h=[NAN, -0.007, 0.0133, 0.0038, NAN]), size=1.05)
    for drawn in (chart.data, chart.narrow):
        ticks = re.findall(r'text-anchor: middle[^>]* x="([\d.]+)"[^>]*>([\d.]+)</text>', drawn)
        apart = np.diff([float(x) for x, _ in ticks]).min()
        assert apart > 8 * max(len(text) for _, text in ticks)


@pytest.mark.parametrize(("scale", "first"), [(1.0, "40.0"), (1e-3, "0.0400"), (100.0, "4,000.0")])
def test_loads_behind_a_curve_have_the_digits_of_their_size(scale: float, first: str) -> None:
    lines = pd.DataFrame({"load": np.linspace(40.0, 60.0, 3) * scale, "best": 28.0, "typical": 28.5})
    points = pd.DataFrame({"load": lines["load"], "sec": 28.6})
    table = figures.plot_curve(LOAD, points, lines, None).table
    assert table is not None
    assert table["rows"][0] == [first, "28.00", "28.50"]


def test_effects_have_a_panel_each_with_their_interval() -> None:
    value = np.linspace(0.0, 1.0, 20)
    effect = pd.DataFrame({"value": value, "best": value / 100, "typical": value / 50})
    effect = effect.assign(low=effect["best"] - 0.001, high=effect["best"] + 0.001)
    names = [LOAD, "air_temp_degc", "cooling_water_temp_degc"]
    effects = pd.concat([effect.assign(feature=name) for name in names], ignore_index=True)
    chart = figures.plot_effects(effects)
    for drawn in (chart.data, chart.narrow):
        assert drawn.count("%</text>") == 3
        assert [say_heading(name) in drawn for name in names] == [True, True, True]
        assert drawn.count(GOOD) >= 3
        assert drawn.count(INTERVAL) >= 3


def test_calendar_says_of_each_day_its_mean_and_its_worst_hour() -> None:
    table = figures.plot_calendar(build_hours(), "Europe/Oslo").table
    assert table is not None
    assert table["columns"] == ["day", "mean gap, % of best", "highest, % of best", "at"]
    assert table["rows"] == [["1 Jan", "+1.1", "+3.0", "06:00"], ["2 Jan", "+1.1", "+3.0", "06:00"]]


def test_calendar_leaves_what_was_not_judged_blank() -> None:
    every = build_hours().assign(**{GAP: 10.0})
    noon = every.assign(**{GAP: build_hours()[GAP].where(build_hours()[GAP].isna(), 10.0)})
    whole, broken = (figures.plot_calendar(hours, "Europe/Oslo").data for hours in (every, noon))
    drawn = [max(path.count("M") for path in re.findall(r' d="([^"]*)"', text)) for text in (whole, broken)]
    assert drawn == [2, 4]  # a rectangle a day, or one before noon and one after


def test_long_calendar_has_a_column_for_each_week() -> None:
    table = figures.plot_calendar(build_hours(days=92), "Europe/Oslo").table
    assert table is not None
    assert table["columns"][0] == "week from"
    assert [row[0] for row in table["rows"][:2]] == ["1 Jan", "8 Jan"]
    assert len(table["rows"]) == 14


def test_calendar_of_days_has_one_row() -> None:
    table = figures.plot_calendar(build_hours(days=31, step_h=24), "Europe/Oslo").table
    assert table is not None
    assert table["rows"][0] == ["1 Jan", "+1.0", "+1.0", "00:00"]


def test_gap_against_conditions_says_the_mean_of_each_third() -> None:
    hours = build_hours(days=3).assign(**{GAP: lambda hours: 10 * (hours[LOAD] - 39), "still_pct": 1.0})
    table = figures.plot_against(hours, [LOAD, "still_pct"]).table
    assert table is not None
    assert [row[0] for row in table["rows"]] == [say_heading(LOAD)]  # what does not move has no panel
    low, middle, high = (float(text) for text in table["rows"][0][1:])
    assert low < middle < high
    assert np.mean([low, middle, high]) == pytest.approx(hours[GAP].mean() / 10, abs=0.1)


def test_nothing_judged_is_nothing_to_show() -> None:
    hours = build_hours().assign(**{GAP: NAN})
    assert "Nothing to show." in figures.plot_calendar(hours, "UTC").data
    assert "Nothing to show." in figures.plot_calendar(hours.iloc[:0], "UTC").data
    assert "Nothing to show." in figures.plot_against(hours, [LOAD]).data


def test_history_is_drawn_anew_once_a_day(tmp_path: Path) -> None:
    scored = build_scored()
    whole = figures.plot_history(scored, LOAD, kept=tmp_path)
    kept = (tmp_path / "history.json").stat().st_mtime_ns
    last = scored[TIME].max().normalize()
    today = scored.assign(**{ENERGY: scored[ENERGY].where(scored[TIME] < last, 1.0)})
    assert figures.plot_history(today, LOAD, kept=tmp_path) == whole
    assert (tmp_path / "history.json").stat().st_mtime_ns == kept
    earlier = scored.assign(**{ENERGY: scored[ENERGY].where(scored[TIME] >= last, 1.0)})
    assert figures.plot_history(earlier, LOAD, kept=tmp_path) != whole
