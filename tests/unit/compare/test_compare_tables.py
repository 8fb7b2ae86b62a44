"""Curves and cards side by side, the file that holds them, and the page in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from elc import compare, pages, settings
from elc.cli.compare import render_comparison
from elc.errors import ElcError
from elc.pages import figures
from elc.records.comparison import Comparison

pytestmark = pytest.mark.usefixtures("explain_few")
LOAD, AIR, PRESSURE = "load_t_per_h", "air_temp_degc", "feed_pressure_bar"
WEEK_H = 168
Build = Callable[[int], pd.DataFrame]
Write = Callable[..., compare.Pair]


def run(pair: compare.Pair, hourly: pd.DataFrame, chosen: settings.StageSettings) -> Comparison:
    return compare.build_comparison(pair, compare.score_pair(hourly, pair, chosen), chosen)


def test_a_curve_of_one_percent_more_is_that_at_every_load(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({"factor": 1.01}, {}), build_hours(8 * WEEK_H), chosen)
    hours = build_hours(8 * WEEK_H)[WEEK_H:]
    low = hours[LOAD] <= hours[LOAD].median()
    assert [band.intervals for band in found.bands] == [low.sum(), (~low).sum()]
    for band, rows in zip(found.bands, (hours[low], hours[~low]), strict=True):
        assert band.difference_frac == pytest.approx(0.01, rel=1e-3)
        assert band.difference_gj_per_h == pytest.approx(0.01 * (10 * rows[LOAD] + rows[AIR]).mean(), rel=1e-3)
        assert band.load_low == pytest.approx(rows[LOAD].min(), rel=0.01)
    table = pages.compare.build_bands(found)
    assert table.columns.tolist() == ["load, t/h", "n", "difference, GJ/h", "from", "to", "difference, %"]
    assert table["difference, %"].tolist() == pytest.approx([1.0, 1.0], rel=1e-3)
    shares = pages.compare.build_band_shares(found)
    assert shares["band"].tolist()[0] == f"load {found.bands[0].load_low:.1f} to {found.bands[0].load_high:.1f}"
    assert "50.0" in figures.plot_shares(shares, "band", size=1000.0).data


def test_what_one_package_alone_has_is_named(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair = write_pair(
        {"features": (LOAD, AIR, PRESSURE), "card": {"settings": {"seed": 8, "epochs": 300}, "rated_load": 60.0}}, {}
    )
    found = run(pair, build_hours(8 * WEEK_H).assign(**{PRESSURE: 1.0}), chosen)
    assert pages.compare.write_columns(found).endswith("Only candidate has feed pressure.")
    drivers = pages.compare.build_drivers(found)
    assert drivers.iloc[2].tolist() == ["feed pressure", "0.0 (3)", "–"]
    ranges = pages.compare.build_ranges(found).set_index("column")
    assert ranges.loc["feed pressure, bar"].tolist() == ["−10.0 to 30.0", "–"]
    assert ranges.loc["flue O2, %"].tolist() == ["1.00 to 5.00", "1.00 to 5.00"]
    changes = pages.compare.build_changes(found)
    assert changes.to_numpy().tolist() == [["rated load", "60", "62.5"], ["train.seed", "8", "7"]]
    training = pages.compare.build_training(found).set_index("what")
    assert training.loc["valid: last"].tolist() == ["2024-03-03 23:00"] * 2
    assert training.loc["train: rows"].tolist() == ["1,000"] * 2


def test_a_load_that_never_moves_is_one_band(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    hourly = build_hours(8 * WEEK_H).assign(**{LOAD: 50.0})
    bands = run(write_pair({"factor": 1.01}, {}), hourly, chosen).bands
    assert [(band.load_low, band.load_high, band.intervals) for band in bands] == [(50.0, 50.0, 8 * WEEK_H)]


def test_the_terminal_shows_the_words_and_tables_of_the_page(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({"shift": 8.0}, {}), build_hours(10 * WEEK_H), chosen)
    text = render_comparison(found)
    lines = text.splitlines()
    assert max(len(line) for line in lines) <= 120
    assert " ".join(text.split()).startswith(pages.compare.build_answer(found))
    assert "Best of candidate less best of v1.0.0 in prod, by load:" in lines
    start = lines.index("Figures on the same hours, with intervals:")
    assert lines[start + 3].split("  ")[0] == "pinball loss of best, GJ/h"
    assert "3.825 (3.825 to 3.825)  1.000 (1.000 to 1.000)" in lines[start + 3]
    band = next(line for line in lines if line.startswith("42.0 to 50.0"))
    count = str(found.bands[0].intervals)
    assert band.split() == ["42.0", "to", "50.0", count, "+8.00", "+8.00", "+8.00", "+1.74"]
    assert "Made with other settings:" not in lines


def test_a_long_meaning_is_wrapped_in_the_terminal(
    write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    limit = "feed gas, fuel gas, electricity, less steam export; lower heating value"
    pair = write_pair({"card": {"battery_limit": limit}}, {"card": {"battery_limit": f"{limit}, less flare"}})
    lines = render_comparison(run(pair, build_hours(WEEK_H), chosen)).splitlines()
    start = lines.index("Made with other settings:")
    assert lines[start + 3].startswith("battery limit  feed gas, fuel gas, electricity,")
    assert max(len(line) for line in lines) <= 120


def test_the_terminal_says_little_where_nothing_is_in_use(
    write_package: Callable[..., Path], build_hours: Build, chosen: settings.StageSettings
) -> None:
    pair = compare.build_pair(write_package("left"), "candidate", None, "")
    text = render_comparison(run(pair, build_hours(0), chosen))
    assert text.startswith("There is nothing to compare the candidate with")
    assert "by load:" not in text
    assert "Learnt from (UTC):" in text


def test_the_file_comes_back_with_the_same_bytes(
    tmp_path: Path, write_pair: Write, build_hours: Build, chosen: settings.StageSettings
) -> None:
    found = run(write_pair({"shift": 8.0}, {}), build_hours(WEEK_H), chosen)
    folder, contents = tmp_path / "fjord", []
    for _ in range(2):
        compare.write_comparison(folder, found)
        contents.append((folder / "comparison.json").read_bytes())
    assert contents[0] == contents[1]
    assert compare.read_comparison(folder) == found
    assert [path.name for path in folder.iterdir()] == ["comparison.json"]


def test_missing_comparison_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"fjord/comparison\.json: not found\. Run elc compare fjord\.$"):
        compare.read_comparison(tmp_path / "fjord")
